"""Adam held to PyTorch's own."""

from __future__ import annotations

import torch

from latentstudio.latents.inversion.descent import BETAS, TINY, Adam


def test_steps_are_those_of_torch_and_searches_know_nothing_of_each_other() -> None:
    random = torch.Generator().manual_seed(1)
    targets = torch.randn(3, 2, 4, generator=random, dtype=torch.float64)
    mine = torch.zeros_like(targets)
    theirs = torch.zeros_like(targets).requires_grad_(True)
    adam, reference = Adam([mine]), torch.optim.Adam([theirs], lr=0.1, betas=BETAS, eps=TINY)
    rows = torch.tensor([0, 2])
    for step in range(12):
        (theirs.grad,) = torch.autograd.grad((theirs - targets).pow(4).sum(), theirs)
        reference.step()
        if step == 5:  # one is left out: the others go on as they would have
            adam.keep(rows)
            mine, targets_left = mine[rows], targets[rows]
        elif step < 5:
            targets_left = targets
        gradient = 4 * (mine - targets_left) ** 3
        mine = mine - 0.1 * adam.steps([gradient])[0]
    torch.testing.assert_close(mine, theirs.detach()[rows])
