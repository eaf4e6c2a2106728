"""Adam for a batch of searches of which some end early."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

BETAS = (0.9, 0.99)
TINY = 1e-8


class Adam:
    """Steps for tensors whose first dimension counts searches that know nothing of each other.

    Kingma and Ba 2015, algorithm 1. Unlike ``torch.optim.Adam`` it can leave searches out.

    Parameters
    ----------
    parameters
        Of the shapes that gradients will have.
    """

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self._means = [torch.zeros_like(p) for p in parameters]
        self._squares = [torch.zeros_like(p) for p in parameters]
        self._steps = 0

    def steps(self, gradients: Sequence[Tensor]) -> list[Tensor]:
        """What to subtract from each parameter, per unit of the rate."""
        self._steps += 1
        first, second = (1.0 - beta**self._steps for beta in BETAS)
        taken = []
        for mean, square, gradient in zip(self._means, self._squares, gradients, strict=True):
            mean.lerp_(gradient, 1.0 - BETAS[0])
            square.lerp_(gradient.square(), 1.0 - BETAS[1])
            taken.append(mean / first / ((square / second).sqrt() + TINY))
        return taken

    def keep(self, rows: Tensor) -> None:
        """Go on with these searches only."""
        self._means = [mean[rows] for mean in self._means]
        self._squares = [square[rows] for square in self._squares]
