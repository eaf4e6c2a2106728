"""Precision and recall, density and coverage: fidelity and diversity, counted apart.

Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models"
(2019), section 2; Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models"
(2020), section 3. Both draw a ball around every sample that reaches to its k-th nearest
neighbour in the same set, and ask which samples of the other set lie inside.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec
import torch
from torch import Tensor

from latentstudio.metrics.frechet import rows

_BLOCK = 512  # 512 × 512 float64: 2 MB, which a core's cache holds
# Squared distances come from products, whose rounding must not decide ties: far above what
# float64 loses in a few thousand dimensions, far below what float32 features can tell apart.
_TIE = 4e-13


class ManifoldScores(msgspec.Struct, frozen=True):
    """What :func:`manifold_scores` counted.

    Attributes
    ----------
    precision
        Share of the fakes inside the ball of any real, 0 to 1.
    recall
        Share of the reals inside the ball of any fake, 0 to 1. Grows with the number of samples:
        compare equal numbers only.
    density
        Mean number of real balls around a fake, over k: about 1 for equal distributions,
        0 or more, may be above 1.
    coverage
        Share of the reals with a fake inside their ball, 0 to 1.
    density_stderr
        Standard error of the density, the reals taken as given.
    n_real, n_fake
        How many samples.
    """

    precision: float
    recall: float
    density: float
    coverage: float
    density_stderr: float
    n_real: int
    n_fake: int


def manifold_scores(
    real: Tensor, fake: Tensor, k: int = 3, *, real_radii: Tensor | None = None
) -> ManifoldScores:
    """Count fakes among the reals and reals among the fakes.

    Parameters
    ----------
    real, fake
        Features [n, d] and [m, d] of any dtype; best n = m. Computed in float64 and in blocks.
    k
        The radius of a ball reaches its k-th nearest neighbour (not counting the sample itself).
        A sample on the rim is inside, as in the papers' definitions; duplicates have radius 0.
    real_radii
        :func:`squared_radii` of the reals, when they are known already.

    Raises
    ------
    ValueError
        On features of different size, k or fewer samples on a side, or numbers not finite.
    """
    x = rows(real)
    y = rows(fake).to(x.device)
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"features of {x.shape[1]} and {y.shape[1]} numbers cannot be compared")
    own = squared_radii(x, k) if real_radii is None else real_radii.to(x)
    if own.shape != x.shape[:1]:
        raise ValueError(f"{len(own)} radii do not belong to {len(x)} reals")
    centre = x.mean(dim=0)
    left, right = _left(x - centre), _right(y - centre)
    reach, other = _rim(own, left[:, -2]), _rim(squared_radii(y, k), right[:, -1])
    balls = y.new_zeros(len(y))
    # How far each real is outside of the nearest fake's ball, and the nearest fake of its own.
    beyond, apart = x.new_full((len(x),), math.inf), x.new_full((len(x),), math.inf)
    for i, j, squared in _tiles(left, right):
        beyond[i] = torch.minimum(beyond[i], (squared - other[j]).amin(dim=1))
        squared -= reach[i, None]
        apart[i] = torch.minimum(apart[i], squared.amin(dim=1))
        balls[j] += (squared <= 0.0).sum(dim=0)
    return ManifoldScores(
        precision=int((balls > 0).sum()) / len(y),
        recall=int((beyond <= 0.0).sum()) / len(x),
        density=float(balls.mean()) / k,
        coverage=int((apart <= 0.0).sum()) / len(x),
        density_stderr=float(balls.std()) / (k * math.sqrt(len(y))),
        n_real=len(x),
        n_fake=len(y),
    )


def squared_radii(features: Tensor, k: int = 3) -> Tensor:
    """Squared distance of each row of [n, d] to its k-th nearest other row: float64 [n].

    ValueError when there are no k others.
    """
    x = rows(features)
    if not 1 <= k < len(x):
        raise ValueError(f"{len(x)} samples have no {k}-th nearest neighbour: take more samples")
    x = x - x.mean(dim=0)
    nearest = x.new_full((len(x), k), math.inf)
    for i, j, squared in _tiles(_left(x), _right(x)):
        if i == j:
            squared.fill_diagonal_(math.inf)
        closest = squared.topk(min(k, squared.shape[1]), largest=False).values
        nearest[i] = torch.cat([nearest[i], closest], dim=1).topk(k, largest=False).values
    return nearest.amax(dim=1).clamp_(min=0.0)


def wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Interval of a proportion ``share`` of ``n`` independent samples.

    Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (1927): unlike
    the normal interval it stays within [0, 1], and does not shrink to nothing at 0 and 1.

    Parameters
    ----------
    share
        0 to 1.
    n
        At least 1.
    z
        Quantile of the normal distribution: 1.96 for 95%.

    Raises
    ------
    ValueError
        When share or n is out of range.
    """
    if not 0.0 <= share <= 1.0 or n < 1:
        raise ValueError(f"{share} of {n} samples is no proportion")
    spread = z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def _left(x: Tensor) -> Tensor:
    """Two further columns, so that one product gives |x - y|² = |x|² + |y|² - 2 x·y."""
    return torch.cat([x, x.square().sum(dim=1, keepdim=True), x.new_ones(len(x), 1)], dim=1)


def _right(y: Tensor) -> Tensor:
    return torch.cat([-2.0 * y, y.new_ones(len(y), 1), y.square().sum(dim=1, keepdim=True)], dim=1)


def _tiles(left: Tensor, right: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """Row and column ranges, and the squared distances between them."""
    for i in range(0, len(left), _BLOCK):
        for j in range(0, len(right), _BLOCK):
            here, there = slice(i, i + _BLOCK), slice(j, j + _BLOCK)
            yield here, there, left[here] @ right[there].T


def _rim(squared: Tensor, norms: Tensor) -> Tensor:
    """Squared radii with room for rounding; ``norms`` are the squared norms of their centres."""
    return squared + _TIE * (norms + squared)
