"""Precision and recall, density and coverage: fidelity and diversity, counted apart.

Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models"
(2019), section 2; Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models"
(2020), section 3. Both draw a ball around every sample that reaches to its k-th nearest
neighbour in the same set, and ask which samples of the other set lie inside.
"""

from __future__ import annotations

import math

import msgspec
import torch
from torch import Tensor

from latentstudio.metrics.distances import (
    close_pairs,
    paired,
    squared,
    squared_radii_of,
    tiles,
)
from latentstudio.metrics.frechet import rows

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
    x, y = _both(real, fake)
    for side in (x, y):
        _check(side, k)
    reals, fakes = paired(x, y)
    own = squared_radii_of(reals, k) if real_radii is None else _fitting(real_radii, x)
    reach, other = rim(own, reals.norms), rim(squared_radii_of(fakes, k), fakes.norms)
    balls = y.new_zeros(len(y))
    recalled, covered = (torch.zeros(len(x), dtype=torch.bool, device=x.device) for _ in "rc")
    for r, c, apart in close_pairs(reals, fakes, reach, other):
        inside = apart <= reach[r]
        balls += c[inside].bincount(minlength=len(y))
        covered[r[inside]] = True
        recalled[r[apart <= other[c]]] = True
    return ManifoldScores(
        precision=int((balls > 0).sum()) / len(y),
        recall=int(recalled.sum()) / len(x),
        density=float(balls.mean()) / k,
        coverage=int(covered.sum()) / len(x),
        density_stderr=float(balls.std()) / (k * math.sqrt(len(y))),
        n_real=len(x),
        n_fake=len(y),
    )


def squared_radii(features: Tensor, k: int = 3) -> Tensor:
    """Squared distance of each row of [n, d] to its k-th nearest other row: float64 [n].

    ValueError when there are no k others.
    """
    x = rows(features)
    _check(x, k)
    return squared_radii_of(paired(x, x)[0], k)


def realism(real: Tensor, fake: Tensor, k: int = 3, *, real_radii: Tensor | None = None) -> Tensor:
    """How close each fake is to the reals, in radii of their balls: float64 [m].

    Kynkäänniemi et al. 2019, section 4.3: the greatest ratio, over the reals, of a real's radius
    to its distance from the fake. At least 1: the fake lies in a ball. The half of the reals
    with the largest balls is left out, as theirs say little. A copy of a real gets a very large
    number.

    Parameters
    ----------
    real, fake, k, real_radii
        As in :func:`manifold_scores`; the fakes may be few.

    Raises
    ------
    ValueError
        As :func:`manifold_scores`.
    """
    x, y = _both(real, fake)
    own = squared_radii(x, k) if real_radii is None else _fitting(real_radii, x)
    reals, fakes = paired(x, y)
    small = own <= rim(own.quantile(0.5), reals.norms)
    # The room for rounding above and below makes 1 of a copy of a real that has copies itself.
    reach = torch.where(small, rim(own, reals.norms), 0.0)
    best = y.new_zeros(len(y))
    for i, j in tiles(len(reals), len(fakes)):
        ratio = reach[i, None] / rim(
            squared(reals, fakes, i, j).clamp_(min=0.0), reals.norms[i, None]
        )
        best[j] = torch.maximum(best[j], ratio.nan_to_num(1.0).amax(dim=0))
    return best.sqrt()


def _both(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Both sets in float64, of one size d."""
    x = rows(real)
    y = rows(fake).to(x.device)
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"features of {x.shape[1]} and {y.shape[1]} numbers cannot be compared")
    return x, y


def _fitting(radii: Tensor, x: Tensor) -> Tensor:
    if radii.shape != x.shape[:1]:
        raise ValueError(f"{len(radii)} radii do not belong to {len(x)} reals")
    return radii.to(x)


def _check(x: Tensor, k: int) -> None:
    if not 1 <= k < len(x):
        raise ValueError(f"{len(x)} samples have no {k}-th nearest neighbour: take more samples")


def rim(squared_radii: Tensor, norms: Tensor) -> Tensor:
    """Squared radii with room for rounding; ``norms`` are the squared norms of their centres."""
    return squared_radii + _TIE * (norms + squared_radii)
