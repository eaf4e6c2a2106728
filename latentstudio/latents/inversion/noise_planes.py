"""Noise planes as unknowns of a search.

They could hold any picture by themselves. The projector's remedy (Karras et al. 2020, appendix D)
keeps them noise: neighbours must not go together at any scale, and mean and variance stay.
"""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor

from latentstudio.checkpoints.difference import noise_planes
from latentstudio.generators.protocol import Generator

WEIGHT = 10.0  # beside losses of a few hundredths; published with 1e5 for larger ones and planes
LEAST = 8  # pixels: smaller planes are not halved further


class NoisePlanes:
    """Planes of ``n`` searches, in a copy of the generator that shares all its weights.

    Parameters
    ----------
    generator
        With noise; left as it is.
    n
        How many searches. All begin at the planes stored with the weights.

    Attributes
    ----------
    generator
        Draws n pictures, each with its own planes, where the noise is ``const``.
    planes
        [n, 1, r, r], by layer, coarse to fine.
    """

    def __init__(self, generator: Generator, n: int) -> None:
        shared = {id(t): t for t in (*generator.parameters(), *generator.buffers())}
        self.generator = copy.deepcopy(generator, shared)
        buffers = noise_planes(self.generator)
        self.layers = list(buffers)
        self._places = [name.rpartition(".")[::2] for name in buffers.values()]
        self._stored = [generator.get_buffer(name) for name in buffers.values()]
        self.planes = [plane.expand(n, 1, *plane.shape).clone() for plane in self._stored]
        self._moments = [(plane.mean(), plane.std(correction=0)) for plane in self._stored]

    def use(self, planes: list[Tensor]) -> None:
        """Draw with these from now on."""
        for (module, name), plane in zip(self._places, planes, strict=True):
            setattr(self.generator.get_submodule(module), name, plane)

    def penalty(self, planes: list[Tensor]) -> Tensor:
        """How far planes are from noise: [n]."""
        return WEIGHT * torch.stack([_correlation(plane) for plane in planes]).sum(dim=0)

    def move(self, planes: list[Tensor]) -> None:
        """Go on from these, with the mean and the variance that planes had."""
        self.planes = [
            _like(plane, *moments) for plane, moments in zip(planes, self._moments, strict=True)
        ]

    def of(self, planes: list[Tensor], i: int) -> dict[int, Tensor]:
        """Of one search, [r, r] by layer."""
        return {k: plane[i, 0].clone() for k, plane in zip(self.layers, planes, strict=True)}

    def resume(self, searches: list[dict[int, Tensor]]) -> None:
        """Go on from what :meth:`of` gave for each search; empty for the stored planes."""
        self.planes = [
            torch.stack([of.get(k, stored)[None] for of in searches])
            for k, stored in zip(self.layers, self._stored, strict=True)
        ]

    def keep(self, rows: Tensor) -> None:
        """Go on with these searches only."""
        self.planes = [plane[rows] for plane in self.planes]


def _correlation(plane: Tensor) -> Tensor:
    """Squared correlations of neighbours, summed over scales: [n]."""
    total = plane.new_zeros(len(plane))
    while True:
        for dim in (2, 3):
            total = total + (plane * plane.roll(1, dim)).mean(dim=(1, 2, 3)).square()
        if plane.shape[2] <= LEAST:
            return total
        plane = 2.0 * F.avg_pool2d(plane, 2)  # of noise, the variance stays


def _like(plane: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    flat = plane.flatten(1)
    centred = flat - flat.mean(dim=1, keepdim=True)
    scaled = centred * (std / centred.std(dim=1, correction=0, keepdim=True).clamp_min(1e-8))
    return (scaled + mean).reshape(plane.shape)
