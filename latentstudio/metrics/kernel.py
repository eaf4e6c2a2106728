"""Kernel distance (KID): unbiased at any number of samples, with a standard error for free.

Bińkowski et al., "Demystifying MMD GANs" (2018), section 4: the squared maximum mean discrepancy
under the kernel ``k(x, y) = (x·y / d + 1)³``, by its unbiased estimator (Gretton et al., "A
Kernel Two-Sample Test", 2012, lemma 6).
"""

from __future__ import annotations

import math

import msgspec
import torch
from torch import Tensor

from latentstudio.metrics.frechet import rows

_BLOCK = 512  # 512 × 512 float64: 2 MB, which a core's cache holds


class Estimate(msgspec.Struct, frozen=True):
    """A number that was estimated from samples, with its standard error."""

    value: float
    stderr: float

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% normal interval."""
        return self.value - 1.96 * self.stderr, self.value + 1.96 * self.stderr


def kid(real: Tensor, fake: Tensor, *, degree: int = 3) -> Estimate:
    """Kernel Inception distance, in whatever feature space.

    Parameters
    ----------
    real, fake
        Features [n, d] and [m, d] of any dtype, at least 2 of each; computed in float64, in
        blocks (10,000 × 10,000 needs 2 MB beside the features).
    degree
        Of the polynomial kernel.

    Returns
    -------
    Estimate
        The unbiased MMD²: 0 on average for equal distributions, so negative half of the time.
        The standard error is that of drawing the fakes, the reals taken as given.

    Raises
    ------
    ValueError
        On features of different size, too few, or not finite.
    """
    x = rows(real)
    y = rows(fake).to(x.device)
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"features of {x.shape[1]} and {y.shape[1]} numbers cannot be compared")
    n, m = len(x), len(y)
    if min(n, m) < 2:
        raise ValueError("the kernel distance needs at least 2 samples on each side")
    real_mean = float(_within(x, degree).sum()) / (n * (n - 1))
    within = _within(y, degree) / (m - 1)
    across = _across(y, x, degree) / n
    value = real_mean + float(within.mean()) - 2.0 * float(across.mean())
    influence = 2.0 * (within - across)
    return Estimate(value, float(influence.std()) / math.sqrt(m))


def _lifted(x: Tensor, scale: float) -> Tensor:
    """A further column, so that one product gives x·y / d + 1."""
    return torch.cat([x * scale, x.new_ones(len(x), 1)], dim=1)


def _within(x: Tensor, degree: int) -> Tensor:
    """Σ over j ≠ i of k(x_i, x_j), for each i; every pair is computed once."""
    left, right = _lifted(x, 1.0 / x.shape[1]), _lifted(x, 1.0)
    sums = x.new_zeros(len(x))
    for i in range(0, len(x), _BLOCK):
        for j in range(i, len(x), _BLOCK):
            block = (left[i : i + _BLOCK] @ right[j : j + _BLOCK].T).pow_(degree)
            if i == j:
                block.fill_diagonal_(0.0)
            else:
                sums[j : j + _BLOCK] += block.sum(dim=0)
            sums[i : i + _BLOCK] += block.sum(dim=1)
    return sums


def _across(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """Σ over j of k(x_i, y_j), for each i."""
    left, right = _lifted(x, 1.0 / x.shape[1]), _lifted(y, 1.0)
    sums = x.new_zeros(len(x))
    for i in range(0, len(x), _BLOCK):
        for j in range(0, len(y), _BLOCK):
            block = (left[i : i + _BLOCK] @ right[j : j + _BLOCK].T).pow_(degree)
            sums[i : i + _BLOCK] += block.sum(dim=1)
    return sums
