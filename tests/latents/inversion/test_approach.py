"""The approach: searches of a batch know nothing of each other."""

from __future__ import annotations

import torch
from torch import Tensor

from latentstudio.latents.inversion.approach import Approach
from latentstudio.latents.inversion.points import centred
from latentstudio.latents.inversion.schedule import Schedule
from tests.latents.inversion.plain import Plain, starts, to_goal


def approach(u: Tensor) -> Approach:
    return Approach(
        centred(Plain(), "z"),
        u,
        torch.arange(len(u)),
        to_goal,
        Schedule(20, peak=0.1, wander=0.0),
        keep={},
        prior=1.0,
        noise=None,
        random=torch.Generator(),
    )


def test_a_batch_is_as_many_searches() -> None:
    begin = starts(3)[:, None]
    together = approach(begin)
    alone = [approach(begin[i : i + 1]) for i in range(3)]
    for left in range(20, 0, -1):
        assert together.left == left
        drawn = together.step()
        for i, search in enumerate(alone):
            one = search.step()
            torch.testing.assert_close(drawn.u[i], one.u[0])
            torch.testing.assert_close(drawn.loss[i], one.loss[0])
    assert together.left == 0
    assert float(drawn.loss.max()) < 0.5 * float(to_goal(begin[:, None]).min())
