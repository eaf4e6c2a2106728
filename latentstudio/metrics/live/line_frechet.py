"""Fréchet distance along a line between two sets of features, for the price of eigenvalues.

Sample i moves from a_i to b_i: ``x_i(t) = (1 - t) a_i + t b_i``. Mean and covariance are then
polynomials in t, whose coefficients are computed once.
"""

from __future__ import annotations

import torch
from torch import Tensor

from latentstudio.metrics.estimate import Estimate
from latentstudio.metrics.frechet import (
    Statistics,
    distance_of_roots,
    frechet_error,
    frechet_extrapolated,
)
from latentstudio.metrics.quality import ENOUGH


class FrechetEnd:
    """One end of a line.

    Parameters
    ----------
    real
        Statistics of the reals.
    factor
        L [d, r] with L Lᵀ their covariance.
    features
        float32 [n, d].
    """

    def __init__(self, real: Statistics, factor: Tensor, features: Tensor) -> None:
        moved = features.double() - real.mean
        self.whole = _Whitened(moved, moved @ factor)
        error = frechet_error(real, features)
        self.stderr, self.extrapolated_stderr = error.stderr, 0.0
        self.halves: list[_Whitened] = []
        if len(features) >= ENOUGH * real.dim:
            self.extrapolated_stderr = frechet_extrapolated(real, features, error).stderr
            self.halves += [self.whole.half(start) for start in (0, 1)]


class FrechetLine:
    """FID of samples on their way from one set to another, equal to that of the samples.

    Standard errors are those at the ends, interpolated.

    Parameters
    ----------
    real
        Statistics of the reals.
    a, b
        The ends: row i of both is the same sample.
    """

    def __init__(self, real: Statistics, a: FrechetEnd, b: FrechetEnd) -> None:
        self._whole = _Way(real, a.whole, b.whole)
        self._halves = [_Way(real, *ends) for ends in zip(a.halves, b.halves, strict=True)]
        self._stderrs = a.stderr, b.stderr
        self._extrapolated_stderrs = a.extrapolated_stderr, b.extrapolated_stderr

    def estimates(self, t: float) -> tuple[Estimate, Estimate | None]:
        """At t in [0, 1]; and less the bias of order 1/n, None below four samples a dimension."""
        value = self._whole.value(t)
        estimate = Estimate(value, _between(*self._stderrs, t))
        if not self._halves:
            return estimate, None
        small = sum(half.value(t) for half in self._halves) / 2
        return estimate, Estimate(2.0 * value - small, _between(*self._extrapolated_stderrs, t))


class _Whitened:
    """Samples less the mean of the reals, [n, d], and the same in whitened coordinates [n, r]."""

    def __init__(self, moved: Tensor, seen: Tensor) -> None:
        self.gap = moved.mean(dim=0)
        self.centred = moved - self.gap
        self.seen = seen - seen.mean(dim=0)

    def half(self, start: int) -> _Whitened:
        """Every second sample."""
        return _Whitened(self.centred[start::2] + self.gap, self.seen[start::2])


class _Way:
    """The polynomials between two sets."""

    def __init__(self, real: Statistics, a: _Whitened, b: _Whitened) -> None:
        self._real = real
        self._n, rank = a.seen.shape
        self._gaps = a.gap, b.gap
        self._spreads = [float((x.centred * y.centred).sum()) for x, y in ((a, a), (a, b), (b, b))]
        # The smaller of covariance and Gram matrix: their nonzero eigenvalues are the same.
        left, right = (x.seen.T if self._n > rank else x.seen for x in (a, b))
        mixed = left @ right.T
        self._tables = left @ left.T, mixed + mixed.T, right @ right.T
        self._rank = min(self._n - 1, rank)

    def value(self, t: float) -> float:
        s = 1.0 - t
        first, mixed, last = self._tables
        table = (first * (s * s)).add_(mixed, alpha=s * t).add_(last, alpha=t * t)
        roots = torch.linalg.eigvalsh(table.div_(self._n - 1))[-self._rank :].clamp(min=0.0).sqrt()
        gap = s * self._gaps[0] + t * self._gaps[1]
        aa, ab, bb = self._spreads
        variance = (s * s * aa + 2 * s * t * ab + t * t * bb) / (self._n - 1)
        return distance_of_roots(self._real, float(gap.square().sum()), variance, roots)


def _between(first: float, last: float, t: float) -> float:
    return first * (1.0 - t) + last * t
