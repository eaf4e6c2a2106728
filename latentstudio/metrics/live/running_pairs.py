"""KID, precision, recall, density and coverage of two sets that grow side by side.

All five look at pairs. A new sample is held against all others once; a ball that shrinks,
because something came nearer to its centre, is held against the other set again. Each new sample
shrinks about k balls of its own set, so that a step costs what its new pairs cost, and no table
of all pairs is kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from latentstudio.metrics.estimate import Estimate
from latentstudio.metrics.kernel import kid_of_means
from latentstudio.metrics.manifold import ManifoldScores, rim
from latentstudio.metrics.real_side import NEIGHBOURS

_STEP = 256  # new samples at a time: tables of 256 × 1024 float64 take 2 MB
_BLOCK = 1024
_DEGREE = 3


class RunningPairs:
    """The pairs of a growing number m of fakes with as many reals.

    Parameters
    ----------
    real
        float32 [at least m, d]: all reals; those before m count.
    """

    def __init__(self, real: Tensor) -> None:
        centre = real.double().mean(dim=0)
        self._real = real
        self._reals, self._fakes = _Crowd(centre), _Crowd(centre)
        self._balls = torch.zeros(0, dtype=torch.int64)  # reals' balls around each fake
        self._held = torch.zeros(0, dtype=torch.int64)  # fakes' balls around each real
        self._nearest = torch.zeros(0, dtype=torch.float64)  # squared, of a fake to each real
        self._across = torch.zeros(0, dtype=torch.float64)  # Σ k(fake, real) for each fake
        self._real_across = torch.zeros(0, dtype=torch.float64)  # and for each real

    @property
    def n(self) -> int:
        """Samples on each side."""
        return len(self._fakes)

    @property
    def real_radii(self) -> Tensor:
        """Squared radii float64 [n] of the reals."""
        return self._reals.radii

    def add(self, every: Tensor) -> None:
        """Take in those of ``every`` fake so far, float32 [m, d], that are new."""
        for start in range(self.n, len(every), _STEP):
            stop = min(len(every), start + _STEP)
            self._step(every[:stop], self._real[:stop])

    def kid(self) -> Estimate:
        """As :func:`latentstudio.metrics.kernel.kid`, from two samples on."""
        m = self.n
        return kid_of_means(
            self._reals.within / (m - 1),
            self._fakes.within / (m - 1),
            self._real_across / m,
            self._across / m,
        )

    def shares(self) -> ManifoldScores:
        """As :func:`latentstudio.metrics.manifold.manifold_scores`, from k + 1 samples on."""
        m, balls = self.n, self._balls.double()
        return ManifoldScores(
            precision=int((self._balls > 0).sum()) / m,
            recall=int((self._held > 0).sum()) / m,
            density=float(balls.mean()) / NEIGHBOURS,
            coverage=int((self._nearest <= self._reals.rims).sum()) / m,
            density_stderr=float(balls.std()) / (NEIGHBOURS * math.sqrt(m)),
            n_real=m,
            n_fake=m,
        )

    def _step(self, fake: Tensor, real: Tensor) -> None:
        old, new = slice(0, self.n), slice(self.n, len(fake))
        changes = self._reals.grow(real), self._fakes.grow(fake)
        _shrink(self._reals, *changes[0], self._fakes, self._balls)
        _shrink(self._fakes, *changes[1], self._reals, self._held)
        self._balls, self._held = _longer(self._balls, new), _longer(self._held, new)
        self._across = _longer(self._across, new)
        self._real_across = _longer(self._real_across, new)
        self._nearest = _longer(self._nearest, new, math.inf)
        self._meet(new, old)
        self._meet(slice(0, new.stop), new)

    def _meet(self, fakes: slice, reals: slice) -> None:
        """Hold fakes against reals, none of which have met."""
        for i in _blocks(fakes):
            own = self._fakes.part(i)
            for j in _blocks(reals):
                other = self._reals.part(j)
                products = own.rows @ other.rows.T
                squared = own.squared(other, products)
                self._balls[i] += (squared <= self._reals.rims[j]).sum(dim=1)
                self._held[j] += (squared <= self._fakes.rims[i, None]).sum(dim=0)
                self._nearest[j] = torch.minimum(self._nearest[j], squared.amin(dim=0))
                kernel = own.kernel(other, products)
                self._across[i] += kernel.sum(dim=1)
                self._real_across[j] += kernel.sum(dim=0)


@dataclass(frozen=True, eq=False)
class _Part:
    """Some rows, less the centre: what products of them need to become distances and kernels."""

    rows: Tensor
    norms: Tensor
    lifts: Tensor

    def squared(self, other: _Part, products: Tensor) -> Tensor:
        return torch.add(self.norms[:, None], products, alpha=-2.0).add_(other.norms)

    def kernel(self, other: _Part, products: Tensor) -> Tensor:
        """Overwrites the products."""
        lifted = products.add_(self.lifts[:, None]).add_(other.lifts)
        return lifted.div_(self.rows.shape[1]).add_(1.0).pow_(_DEGREE)


class _Crowd:
    """One of the sets: its rows, how far each one's neighbours are, its kernel sums."""

    def __init__(self, centre: Tensor) -> None:
        self._centre = centre
        self._rows = torch.empty(0, len(centre))
        self._norms, self._lifts = centre.new_empty(0), centre.new_empty(0)
        self._nearest = centre.new_empty(0, NEIGHBOURS)
        self.within = centre.new_empty(0)  # Σ k(x, y) over the others, for each
        self.radii = centre.new_empty(0)  # squared
        self.rims = centre.new_empty(0)

    def __len__(self) -> int:
        return len(self._norms)

    def part(self, chosen: slice | Tensor) -> _Part:
        rows = self._rows[chosen].double() - self._centre
        return _Part(rows, self._norms[chosen], self._lifts[chosen])

    def grow(self, every: Tensor) -> tuple[Tensor, Tensor]:
        """Take in new rows of ``every``; which of the old balls shrank, and their former rims."""
        old, new = len(self), slice(len(self), len(every))
        self._rows = every
        fresh = every[new].double() - self._centre
        # (x + c)·(y + c) = x·y + (x·c + |c|²/2) + (y·c + |c|²/2)
        lifts = fresh @ self._centre + self._centre.square().sum() / 2
        self._norms = torch.cat([self._norms, fresh.square().sum(dim=1)])
        self._lifts = torch.cat([self._lifts, lifts])
        self._nearest = torch.cat(
            [self._nearest, fresh.new_full((len(fresh), NEIGHBOURS), math.inf)]
        )
        self.within = _longer(self.within, new)
        for block in _blocks(slice(0, new.stop)):
            self._approach(new, block)
        radii = self._nearest.amax(dim=1).clamp_(min=0.0)
        shrunk = (radii[:old] < self.radii).nonzero()[:, 0]
        former = self.rims[shrunk]
        self.radii, self.rims = radii, rim(radii, self._norms)
        return shrunk, former

    def _approach(self, new: slice, block: slice) -> None:
        """Hold the new rows against a block of all."""
        own, other = self.part(new), self.part(block)
        products = own.rows @ other.rows.T
        squared = own.squared(other, products)
        kernel = own.kernel(other, products)
        themselves = torch.arange(max(new.start, block.start), max(new.start, block.stop))
        diagonal = themselves - new.start, themselves - block.start
        squared[diagonal], kernel[diagonal] = math.inf, 0.0
        self._nearest[new] = _smallest(self._nearest[new], squared)
        self.within[new] += kernel.sum(dim=1)
        old = slice(block.start, min(block.stop, new.start))
        if old.start < old.stop:
            squared = squared[:, : old.stop - old.start]
            self.within[old] += kernel[:, : old.stop - old.start].sum(dim=0)
            closer = (squared.amin(dim=0) < self.radii[old]).nonzero()[:, 0]
            chosen = closer + old.start
            self._nearest[chosen] = _smallest(self._nearest[chosen], squared[:, closer].T)


def _shrink(own: _Crowd, shrunk: Tensor, former: Tensor, other: _Crowd, counts: Tensor) -> None:
    """Take those of the other set that balls have lost off their ``counts``."""
    for chosen, rims in zip(torch.split(shrunk, _STEP), torch.split(former, _STEP), strict=True):
        part, present = own.part(chosen), own.rims[chosen, None]
        for block in _blocks(slice(0, len(counts))):
            near = other.part(block)
            squared = part.squared(near, part.rows @ near.rows.T)
            counts[block] -= ((squared <= rims[:, None]) & (squared > present)).sum(dim=0)


def _blocks(span: slice) -> Iterator[slice]:
    for start in range(span.start, span.stop, _BLOCK):
        yield slice(start, min(span.stop, start + _BLOCK))


def _smallest(known: Tensor, further: Tensor) -> Tensor:
    return torch.cat([known, further], dim=1).topk(NEIGHBOURS, dim=1, largest=False).values


def _longer(values: Tensor, new: slice, fill: float = 0) -> Tensor:
    return torch.cat([values, values.new_full((new.stop - new.start,), fill)])
