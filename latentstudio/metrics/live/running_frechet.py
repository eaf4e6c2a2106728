"""Fréchet distance of a set that grows: equal to that of the whole set, for the price of a step.

Up to n = d the n × n Gram matrix of the fakes grows by rows; from there on, running covariances
of the even and of the odd samples are kept in coordinates in which the trace needs eigenvalues
of one symmetric d × d matrix and no further product (see :mod:`latentstudio.metrics.frechet`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from latentstudio.metrics.estimate import Estimate
from latentstudio.metrics.frechet import (
    EPSILON,
    Accumulator,
    Statistics,
    covariance_factor,
    distance_of_roots,
)
from latentstudio.metrics.quality import ENOUGH

_BLOCK = 1024
# Multiplications that a standard error may cost in passing: all samples up to 1.8 million at
# d = 96 and 65,536 at d = 512, but 4,096 of them at d = 2,048, where it is then 1% uncertain.
_BUDGET = 2**34


class RunningFrechet:
    """FID of a growing set of fakes.

    Parameters
    ----------
    real
        Statistics of the reals.

    Notes
    -----
    The rows themselves are the caller's: each call is given all of them, float32 [n, d]. Kept
    here are n × d numbers up to n = d, and two d × d tables above.
    """

    def __init__(self, real: Statistics) -> None:
        self._real = real
        factor = covariance_factor(real)
        # Reals that are all alike have no direction: one of zeros stands for them.
        self._factor = factor if factor.shape[1] else factor.new_zeros(real.dim, 1)
        self._origin = real.mean
        rank = self._factor.shape[1]
        self._seen = torch.empty(0, rank, dtype=torch.float64)
        self._gram = torch.empty(0, 0, dtype=torch.float64)
        self._halves = (_Moments(real.dim, rank), _Moments(real.dim, rank))

    def add(self, every: Tensor) -> None:
        """Take in those of ``every`` sample so far, float32 [n, d], that are new."""
        if len(self._gram) == self._summed == 0:
            # A middle of the fakes, so that what they have in common costs no digits.
            self._origin = every.double().mean(dim=0)
        if len(every) <= self._real.dim:
            self._grow((every[len(self._gram) :].double() - self._origin) @ self._factor)
            return
        self._seen, self._gram = self._seen[:0], self._gram[:0, :0]
        for part in torch.split(every[self._summed :], _BLOCK):
            moved = part.double() - self._origin
            seen, odd = moved @ self._factor, self._summed % 2
            for half, start in zip(self._halves, (odd, 1 - odd), strict=True):
                half.add(moved[start::2], seen[start::2])

    def estimates(
        self, every: Tensor, *, thorough: bool = False
    ) -> tuple[Estimate, Estimate | None]:
        """The FID, and less its bias of order 1/n (None below four samples a dimension).

        Parameters
        ----------
        every
            All samples so far, at least two.
        thorough
            Take standard errors over all samples, whatever it costs; otherwise over as many,
            evenly spread, as take 2**34 multiplications: all but for thousands of dimensions.
        """
        n, dim = every.shape
        if n <= dim:
            value, influence = self._by_gram(every)
            return Estimate(value, _stderr(influence, n)), None
        step = 1 if thorough else math.ceil(n * dim * dim / _BUDGET)
        whole = self._whole()
        rows = [every[start::2][::step] for start in (0, 1)]
        influences = [whole.influence(part) for part in rows]
        joined = torch.cat(influences)
        estimate = Estimate(whole.value, _stderr(joined, n))
        if n < ENOUGH * dim:
            return estimate, None
        halves = [self._fit(half) for half in self._halves]
        mine = [half.influence(part) for half, part in zip(halves, rows, strict=True)]
        twice = 2.0 * joined - torch.cat([part - part.mean() for part in mine])
        small = (halves[0].value + halves[1].value) / 2
        return estimate, Estimate(2.0 * whole.value - small, _stderr(twice, n))

    def influence(self, every: Tensor) -> Tensor:
        """As in :class:`~latentstudio.metrics.frechet.FrechetError`: float64 [n]."""
        if len(every) <= self._real.dim:
            influence = self._by_gram(every)[1]
        else:
            influence = self._whole().influence(every)
        return influence - influence.mean()

    @property
    def _summed(self) -> int:
        return self._halves[0].n + self._halves[1].n

    def _grow(self, seen: Tensor) -> None:
        old = len(self._gram)
        self._seen = torch.cat([self._seen, seen])
        edge = self._seen @ seen.T
        self._gram = torch.cat([torch.cat([self._gram, edge[:old]], dim=1), edge.T])

    def _by_gram(self, every: Tensor) -> tuple[float, Tensor]:
        n = len(every)
        centred = every.double() - self._origin
        mean = centred.mean(dim=0)
        centred -= mean
        gap = mean + (self._origin - self._real.mean)
        rows = self._gram.mean(dim=0)
        gram = (self._gram - rows - rows[:, None] + rows.mean()) / (n - 1)
        values, vectors = torch.linalg.eigh(gram)
        roots = values.clamp(min=0.0).sqrt()
        lengths = centred.square().sum(dim=1)
        influence = 2.0 * (centred @ gap) + lengths - vectors.square() @ roots * (n - 1)
        # Centring leaves at most n - 1 directions; what follows is the rounding of zeros.
        roots = roots[-min(n - 1, self._factor.shape[1]) :]
        variance = float(lengths.sum()) / (n - 1)
        return distance_of_roots(self._real, float(gap.square().sum()), variance, roots), influence

    def _whole(self) -> _Fit:
        return self._fit(_Moments.joined(*self._halves))

    def _fit(self, moments: _Moments) -> _Fit:
        mean = moments.shift / moments.n
        gap = mean + (self._origin - self._real.mean)
        variance = (moments.spread - moments.n * float(mean.square().sum())) / (moments.n - 1)
        values, vectors = torch.linalg.eigh(moments.seen.statistics().cov)
        roots = values.clamp(min=0.0).sqrt()
        value = distance_of_roots(self._real, float(gap.square().sum()), variance, roots)
        # A direction without variance has nothing to transport: 0 in place of 0 / 0.
        kept = values > values[-1] * len(values) * EPSILON
        transport = self._factor @ (vectors[:, kept] * roots[kept].rsqrt())
        return _Fit(value, self._origin + mean, gap, transport)


class _Moments:
    """Sums over samples, less an origin: of themselves, their squares, and whitened outer ones."""

    def __init__(self, dim: int, rank: int) -> None:
        self.shift = torch.zeros(dim, dtype=torch.float64)
        self.spread = 0.0
        self.seen = Accumulator(rank)

    @property
    def n(self) -> int:
        return self.seen.n

    @classmethod
    def joined(cls, a: _Moments, b: _Moments) -> _Moments:
        both = cls(len(a.shift), len(a.seen.mean))
        both.shift, both.spread = a.shift + b.shift, a.spread + b.spread
        both.seen.merge(a.seen)
        both.seen.merge(b.seen)
        return both

    def add(self, moved: Tensor, seen: Tensor) -> None:
        self.shift += moved.sum(dim=0)
        self.spread += float(moved.square().sum())
        self.seen.add(seen)


@dataclass(frozen=True, eq=False)
class _Fit:
    """A Gaussian of fakes held against the reals'."""

    value: float
    mean: Tensor
    gap: Tensor
    transport: Tensor  # its square on the left is the optimal map from the fakes to the reals

    def influence(self, rows: Tensor) -> Tensor:
        """Of rows float32 [p, d], but for a constant: float64 [p]."""
        parts = []
        for part in torch.split(rows, _BLOCK):
            centred = part.double() - self.mean
            lengths = centred.square().sum(dim=1)
            transported = (centred @ self.transport).square().sum(dim=1)
            parts.append(2.0 * (centred @ self.gap) + lengths - transported)
        return torch.cat(parts)


def _stderr(influence: Tensor, n: int) -> float:
    return float(influence.std()) / math.sqrt(n)
