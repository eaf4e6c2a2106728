"""Squared distances between rows: exact in float64, quick by bounds in float32.

``|x - y|² = |x|² + |y|² - 2 x·y`` makes a table of distances one matrix product. In float32 the
product is twice as fast and wrong in the fifth digit, but by no more than a known bound (Higham,
"Accuracy and Stability of Numerical Algorithms", 2002, section 3.1): what lies beyond a radius by
more than that needs no second look, and the few pairs left are computed again in float64. So
every answer is that of float64.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from latentstudio.metrics.spaces.precision import full_precision

BLOCK = 512  # 512 × 512 float64: 2 MB, which a core's cache holds
_WIDE = 256  # dimensions from which a float32 product saves more than the second look costs
_SPARE = 3  # neighbours kept beyond those asked for, to be sure that none is missed
_UNIT = 2.0**-24  # rounding of float32


class Rows:
    """Rows ready to be held against others.

    Parameters
    ----------
    wide
        float64 [n, d].
    centre
        float64 [d], near the middle of all rows compared: what lies far off loses digits.
    scale
        Above all coordinates of all rows less the centre, so that float32 can hold
        their squares.
    """

    def __init__(self, wide: Tensor, centre: Tensor, scale: float) -> None:
        self.wide, self.scale = wide - centre, scale
        self.norms = torch.linalg.vector_norm(self.wide, dim=1).square_()
        self.narrow = self._narrowed() if wide.shape[1] >= _WIDE else None

    def __len__(self) -> int:
        return len(self.wide)

    def _narrowed(self) -> Tensor:
        """float32 [n, d + 1]: scaled rows, and their squared norms less the margin."""
        n, dim = self.wide.shape
        # d + 2 terms whose sizes add up to at most 2 (|x|² + |y|²), each rounded as often as
        # there are terms, and the rounding of the rows themselves.
        margin = (2 * (dim + 2) + 8) * _UNIT
        narrow = torch.empty(n, dim + 1, device=self.wide.device)
        torch.div(self.wide, self.scale, out=narrow[:, :-1])
        narrow[:, -1] = self.norms * ((1.0 - margin) / self.scale**2) - dim * 2.0**-126
        return narrow


def paired(x: Tensor, y: Tensor) -> tuple[Rows, Rows]:
    """Two float64 sets [n, d] and [m, d], to be held against each other and themselves."""
    centre = x.mean(dim=0)
    scale = max(float((side - centre).abs_().amax()) for side in (x, y)) or 1.0
    return Rows(x, centre, scale), Rows(y, centre, scale)


def tiles(n: int, m: int) -> Iterator[tuple[slice, slice]]:
    """Ranges of rows and of columns that cover a table of n × m."""
    for i in range(0, n, BLOCK):
        for j in range(0, m, BLOCK):
            yield slice(i, min(n, i + BLOCK)), slice(j, min(m, j + BLOCK))


def squared(x: Rows, y: Rows, i: slice | Tensor, j: slice | Tensor) -> Tensor:
    """Squared distances float64 of rows i of x from rows j of y: a table."""
    table = torch.addmm(y.norms[j], x.wide[i], y.wide[j].T, alpha=-2.0)
    return table.add_(x.norms[i, None])


def close_pairs(
    x: Rows, y: Rows, rows: Tensor, columns: Tensor
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """All pairs of which one lies within the radius of the other, and some beyond, in parts.

    Parameters
    ----------
    x, y
        Of one :func:`paired`.
    rows, columns
        Squared radii float64 [n] and [m] of all of x and of y.

    Yields
    ------
    tuple
        Rows of x, rows of y, both int64 [p], and their squared distances float64 [p].
    """
    # A radius is rounded up, so that no pair on its rim is lost.
    room = (1.0 + 4.0 * _UNIT) / x.scale**2
    narrow_rows, narrow_columns = ((radii * room).float() for radii in (rows, columns))
    for i, j in tiles(len(x), len(y)):
        if x.narrow is None or y.narrow is None:
            table = squared(x, y, i, j)
            near = (table <= rows[i, None]).logical_or_(table <= columns[j])
        else:
            bound = _bounds(x.narrow[i], y.narrow[j])
            near = (bound <= narrow_rows[i, None]).logical_or_(bound <= narrow_columns[j])
            table = None
        found = near.flatten().nonzero()[:, 0]
        r = found.div(near.shape[1], rounding_mode="floor").add_(i.start)
        c = found.remainder(near.shape[1]).add_(j.start)
        # One by one, a distance costs thirty times its place in a table.
        if table is None and 32 * len(found) < near.numel():
            yield r, c, _apart(x.wide, y.wide, r, c)
        else:
            table = squared(x, y, i, j) if table is None else table
            yield r, c, table.flatten()[found]


def squared_radii_of(x: Rows, k: int) -> Tensor:
    """Squared distance of each row to its k-th nearest other row, 1 <= k < n: float64 [n]."""
    if x.narrow is None:
        return _by_tables(x, torch.arange(len(x), device=x.wide.device), k)
    kept = min(k + _SPARE, len(x) - 1)
    bounds, others = _nearest(x.narrow, kept)
    own = torch.arange(len(x), device=others.device).repeat_interleave(kept)
    exact = _apart(x.wide, x.wide, own, others.flatten()).reshape(others.shape)
    radii = exact.kthvalue(k, dim=1).values
    if kept < len(x) - 1:
        # All others are beyond the farthest bound that was kept.
        unsure = radii / x.scale**2 > bounds.amax(dim=1).double()
        radii[unsure] = _by_tables(x, unsure.nonzero()[:, 0], k)
    return radii


def _bounds(x: Tensor, y: Tensor) -> Tensor:
    """Scaled squared distances float32, by no more than the margin too small."""
    with full_precision():
        table = torch.addmm(y[:, -1], x[:, :-1], y[:, :-1].T, alpha=-2.0)
    return table.add_(x[:, -1:])


def _apart(x: Tensor, y: Tensor, i: Tensor, j: Tensor) -> Tensor:
    """Squared distances float64 [p] of rows i [p] of x from rows j [p] of y, one by one."""
    size = max(1, BLOCK * BLOCK // x.shape[1])
    parts = [
        (x[a] - y[b]).square_().sum(dim=1)
        for a, b in zip(torch.split(i, size), torch.split(j, size), strict=True)
    ]
    return torch.cat(parts)


def _nearest(narrow: Tensor, kept: int) -> tuple[Tensor, Tensor]:
    """The smallest bounds of each row to others, and whose they are: float32, int64 [n, kept]."""
    n = len(narrow)
    best = narrow.new_full((n, kept), math.inf)
    index = torch.zeros((n, kept), dtype=torch.int64, device=narrow.device)

    def take(here: slice, there: slice, table: Tensor) -> None:
        values, columns = table.topk(min(kept, table.shape[1]), dim=1, largest=False)
        values, columns = (
            torch.cat([best[here], values], dim=1),
            torch.cat([index[here], columns + there.start], dim=1),
        )
        best[here], order = values.topk(kept, dim=1, largest=False)
        index[here] = columns.gather(1, order)

    for i, j in tiles(n, n):
        if i.start <= j.start:  # every pair once
            table = _bounds(narrow[i], narrow[j])
            if i == j:
                table.fill_diagonal_(math.inf)
            else:
                take(j, i, table.T)
            take(i, j, table)
    return best, index


def _by_tables(x: Rows, chosen: Tensor, k: int) -> Tensor:
    """:func:`squared_radii_of` some rows int64 [p], from tables in float64."""
    radii = x.wide.new_empty(len(chosen))
    for i in range(0, len(chosen), BLOCK):
        own = chosen[i : i + BLOCK]
        nearest = x.wide.new_full((len(own), k), math.inf)
        for j in range(0, len(x), BLOCK):
            table = squared(x, x, own, slice(j, j + BLOCK))
            inside = (own >= j) & (own < j + table.shape[1])
            table[inside, own[inside] - j] = math.inf
            closest = table.topk(min(k, table.shape[1]), largest=False).values
            nearest = torch.cat([nearest, closest], dim=1).topk(k, largest=False).values
        radii[i : i + BLOCK] = nearest.amax(dim=1).clamp(min=0.0)
    return radii
