"""Precision, recall, density and coverage along a line between two sets of features.

Sample i moves from a_i to b_i: ``x_i(t) = (1 - t) a_i + t b_i``. Squared distances are quadratic
in t, so that a pair that comes within a radius for no t of [0, 1] is never looked at again; what
is left, a few dozen pairs a sample, is evaluated at each t.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentstudio.metrics.live.line_ends import BLOCK, FAR, ROUNDING, Inner, PairsEnd, Reals
from latentstudio.metrics.manifold import ManifoldScores
from latentstudio.metrics.real_side import NEIGHBOURS

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Wholes = NDArray[np.int64]


class SharesLine:
    """The four shares of m samples on their way from one set to another.

    Parameters
    ----------
    reals, a, b, middle
        As in :class:`~latentstudio.metrics.live.line_kernel.KernelLine`.
    """

    def __init__(self, reals: Reals, a: PairsEnd, b: PairsEnd, middle: Inner) -> None:
        self._m = reals.m
        step = (b.rows - a.rows).square().sum(dim=1).float()
        self._norms = [x.numpy() for x in (a.norms, b.norms, step)]
        # On the way, a pair comes closer than at both ends by a quarter of the step at most.
        slack = (step / 4 + ROUNDING * (a.norms + b.norms))[:, None]
        own, across = [], []
        for start in range(0, reals.m, BLOCK):
            i = slice(start, min(reals.m, start + BLOCK))
            pairs, reach = _neighbours(i, *(x.squared(i) for x in (a.inner, middle, b.inner)))
            own.append(pairs)
            first, last = a.squared(i), b.squared(i)
            nearest = torch.minimum(first, last).sub_(slack[i])
            radii = torch.maximum(reals.room, (reach + ROUNDING * reals.norms.amax())[:, None])
            mask = nearest.numpy() <= radii.numpy()
            across.append(_Pairs.chosen(mask, i, first, last, step[i, None]))
        self._pairs = _Pairs.joined(across)
        self._neighbours = _padded(_Pairs.joined(own), reals.m)
        self._rims = reals.rims.numpy()[self._pairs.column]

    def scores(self, t: float) -> ManifoldScores:
        """Of the samples at t in [0, 1]."""
        m = self._m
        radii = np.partition(self._neighbours.squared(t), NEIGHBOURS - 1, axis=1)
        radii = radii[:, NEIGHBOURS - 1]
        first, last, step = self._norms
        norms = first * (1 - t) + last * t - step * (t * (1 - t))
        rims = radii + ROUNDING * (norms + radii)
        row, column = self._pairs.row, self._pairs.column
        squared = self._pairs.squared(t)
        inside = squared <= self._rims
        balls = np.bincount(row[inside], minlength=m)
        covered, recalled = np.zeros(m, bool), np.zeros(m, bool)
        covered[column[inside]] = True
        recalled[column[squared <= rims[row]]] = True
        return ManifoldScores(
            precision=int((balls > 0).sum()) / m,
            recall=int(recalled.sum()) / m,
            density=float(balls.mean()) / NEIGHBOURS,
            coverage=int(covered.sum()) / m,
            density_stderr=float(balls.std(ddof=1)) / (NEIGHBOURS * math.sqrt(m)),
            n_real=m,
            n_fake=m,
        )


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Pairs whose squared distance at t is ``(1 - t) first + t last - t (1 - t) bend``."""

    row: Wholes
    column: Wholes
    first: Floats
    last: Floats
    bend: Floats

    @classmethod
    def joined(cls, parts: list[_Pairs]) -> _Pairs:
        columns = ([getattr(part, field.name) for part in parts] for field in fields(cls))
        return cls(*(np.concatenate(column) for column in columns))

    @classmethod
    def chosen(cls, mask: Flags, i: slice, first: Tensor, last: Tensor, bend: Tensor) -> _Pairs:
        """Those marked in tables of rows i."""
        row, column = np.divmod(np.flatnonzero(mask), mask.shape[1])
        values = (x.expand_as(first).numpy()[row, column] for x in (first, last, bend))
        return cls(row + i.start, column, *values)

    def where(self, kept: Flags) -> _Pairs:
        return _Pairs(*(getattr(self, field.name)[kept] for field in fields(self)))

    def squared(self, t: float) -> Floats:
        squared: Floats = self.first * (1.0 - t) + self.last * t - self.bend * (t * (1.0 - t))
        return squared


def _neighbours(i: slice, first: Tensor, middle: Tensor, last: Tensor) -> tuple[_Pairs, Tensor]:
    """Pairs of which one can be the other's k-th nearest, and a bound float32 of the radii.

    The k that are nearest half way are k neighbours everywhere: the radius is nowhere above
    their farthest, and what is nowhere nearer than one of them is nowhere among the k nearest.
    """
    index = middle.topk(NEIGHBOURS, dim=1, largest=False, sorted=False).indices
    bend = (first + last).sub_(middle, alpha=2.0).mul_(2.0)
    known = [x.gather(1, index) for x in (first, last, bend)]
    # One test for all three first: their greatest ends and their least bend are above each.
    reach = known[0].amax(dim=1), known[1].amax(dim=1)
    bounds = (*reach, known[2].amin(dim=1))
    tables = (x - y[:, None] for x, y in zip((first, last, bend), bounds, strict=True))
    among = np.zeros(first.shape, bool)
    np.put_along_axis(among, index.numpy(), True, axis=1)
    pairs = _Pairs.chosen(among | _dips(*(x.numpy() for x in tables)), i, first, last, bend)
    row = pairs.row - i.start
    kept = among[row, pairs.column]
    for column in range(NEIGHBOURS):
        p, q, e = (x.numpy()[row, column] for x in known)
        kept |= _dips(pairs.first - p, pairs.last - q, pairs.bend - e)
    return pairs.where(kept), torch.maximum(*reach)


def _dips(p: Floats, q: Floats, bend: Floats) -> Flags:
    """Whether ``(1 - t) p + t q - t (1 - t) bend`` is below 0 for any t of [0, 1]."""
    below: Flags = np.minimum(p, q) < 0.0
    # Between ends above 0 it is where the bend exceeds (√p + √q)².
    roots = np.sqrt(np.maximum(p, 0.0)) + np.sqrt(np.maximum(q, 0.0))
    below |= bend > roots * roots
    return below


def _padded(pairs: _Pairs, m: int) -> _Pairs:
    """The same pairs as a table, a row each, with far ones where a row has fewer."""
    counts = np.bincount(pairs.row, minlength=m)
    place = np.arange(len(pairs.row)) - np.repeat(np.cumsum(counts) - counts, counts)
    shape = m, int(counts.max())

    def table(values: Floats, fill: float) -> Floats:
        filled = np.full(shape, fill, np.float32)
        filled[pairs.row, place] = values
        return filled

    ends = table(pairs.first, FAR), table(pairs.last, FAR)
    return _Pairs(pairs.row, pairs.column, *ends, table(pairs.bend, 0.0))
