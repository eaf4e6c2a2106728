"""The reals nearest to one picture, and whether it is nearer than reals are to each other.

A generator that has learned its data by heart draws pictures that lie closer to a training
picture than training pictures lie to one another. So a distance is told by its rank among the
reals' own distances to their nearest other real.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

SAMPLE = 1000  # reals whose own nearest neighbour is looked up: ranks to a tenth of a percent
FEWEST = 100
EFFORT = 4e9  # multiplications that this may cost at most
BLOCK = 2048


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The reals nearest to a picture, nearest first.

    Attributes
    ----------
    rows
        int64 [k]: rows of the reals.
    distances
        float64 [k], in units of the feature space.
    rank
        Share, 0 to 1, of the reals whose own nearest neighbour is closer to them than the nearest
        real is to the picture.
    """

    rows: Tensor
    distances: Tensor
    rank: float


class Neighbourhood:
    """A data set to look pictures up in.

    Parameters
    ----------
    reals
        Features [m, d] in random order, at least two.

    Attributes
    ----------
    own
        float64 [s]: distances of the first s reals to their nearest other real, smallest first.

    Raises
    ------
    ValueError
        When there are fewer than two reals.
    """

    def __init__(self, reals: Tensor) -> None:
        if reals.ndim != 2 or len(reals) < 2:
            raise ValueError("there are fewer than two real pictures to compare with")
        self._reals = reals
        self.own = self._own(min(len(reals), affordable(*reals.shape)))

    def __len__(self) -> int:
        return len(self._reals)

    def nearest(self, features: Tensor, k: int) -> Neighbours:
        """Look one picture up.

        Parameters
        ----------
        features
            [d], of the same feature space.
        k
            How many neighbours; all reals where there are fewer.

        Raises
        ------
        ValueError
            When the features are of another size, or not finite.
        """
        if features.shape != self._reals.shape[1:]:
            raise ValueError(
                f"features of {len(features)} numbers cannot be looked up among features of"
                f" {self._reals.shape[1]}"
            )
        if not bool(features.isfinite().all()):
            raise ValueError("the picture's features are not finite")
        point = features.double()
        squared = torch.cat(
            [
                (part.double() - point).square_().sum(dim=1)
                for part in torch.split(self._reals, BLOCK)
            ]
        )
        nearest = squared.topk(min(k, len(squared)), largest=False)
        distances = nearest.values.sqrt()
        closer = int(torch.searchsorted(self.own, distances[:1]))
        return Neighbours(nearest.indices, distances, closer / len(self.own))

    def _own(self, count: int) -> Tensor:
        some = self._reals[:count].double()
        best = some.new_full((count,), math.inf)
        for start in range(0, len(self._reals), BLOCK):
            part = self._reals[start : start + BLOCK].double()
            table = torch.cdist(some, part)
            own = torch.arange(min(count, start), min(count, start + BLOCK))
            table[own, own - start] = math.inf
            best = torch.minimum(best, table.amin(dim=1))
        return best.sort().values


def affordable(m: int, d: int) -> int:
    """Of how many of m reals with d features the own neighbours are looked up."""
    return max(FEWEST, min(SAMPLE, int(EFFORT / (m * d))))
