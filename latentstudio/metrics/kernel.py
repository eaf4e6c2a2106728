"""Kernel distance (KID): unbiased at any number of samples, with a standard error for free.

Bińkowski et al., "Demystifying MMD GANs" (2018), section 4: the squared maximum mean discrepancy
under the kernel ``k(x, y) = (x·y / d + 1)³``, by its unbiased estimator (Gretton et al., "A
Kernel Two-Sample Test", 2012, lemma 6).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from latentstudio.metrics.estimate import Estimate as Estimate
from latentstudio.metrics.frechet import rows

_BLOCK = 512  # 512 × 512 float64: 2 MB, which a core's cache holds


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
        The standard error is that of drawing both sides, by the influence of each sample.

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
    real_across, fake_across = kernel_sums_across(x, y, degree)
    return kid_of_means(
        kernel_sums_within(x, degree) / (n - 1),
        kernel_sums_within(y, degree) / (m - 1),
        real_across / m,
        fake_across / n,
    )


def kid_of_means(
    real_within: Tensor, fake_within: Tensor, real_across: Tensor, fake_across: Tensor
) -> Estimate:
    """KID from each sample's mean kernel with the others of its set, and with the other set.

    float64 [n], [m], [n], [m].
    """
    value = real_within.mean() + fake_within.mean() - 2.0 * fake_across.mean()
    variance = sum(
        (2.0 * (within - across)).var() / len(within)
        for within, across in ((real_within, real_across), (fake_within, fake_across))
    )
    return Estimate(float(value), math.sqrt(float(variance)))


def _lifted(x: Tensor, scale: float) -> Tensor:
    """A further column, so that one product gives x·y / d + 1."""
    return torch.cat([x * scale, x.new_ones(len(x), 1)], dim=1)


def kernel_sums_within(x: Tensor, degree: int) -> Tensor:
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


def kernel_sums_across(x: Tensor, y: Tensor, degree: int) -> tuple[Tensor, Tensor]:
    """Σ over j of k(x_i, y_j) for each i, and Σ over i for each j."""
    left, right = _lifted(x, 1.0 / x.shape[1]), _lifted(y, 1.0)
    of_x, of_y = x.new_zeros(len(x)), x.new_zeros(len(y))
    for i in range(0, len(x), _BLOCK):
        for j in range(0, len(y), _BLOCK):
            block = (left[i : i + _BLOCK] @ right[j : j + _BLOCK].T).pow_(degree)
            of_x[i : i + _BLOCK] += block.sum(dim=1)
            of_y[j : j + _BLOCK] += block.sum(dim=0)
    return of_x, of_y
