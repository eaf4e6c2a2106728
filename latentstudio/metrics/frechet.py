"""Fréchet distance between two sets of features, its standard error, and its bias at small N.

Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
Equilibrium" (2017), section 4: both sets are taken for Gaussians, and
``d² = |μr - μg|² + tr(Σr + Σg - 2 (Σr Σg)^½)``. Covariances are unbiased (ddof = 1), and all
arithmetic is float64. With L Lᵀ = Σr the last trace is that of the symmetric root of
``Lᵀ Σg L``, so no root of an asymmetric matrix is taken: nothing can become complex or NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from latentstudio.metrics.estimate import Estimate

EPSILON = torch.finfo(torch.float64).eps


def rows(features: Tensor) -> Tensor:
    """Features as float64 [n, d], on their device where it has float64 (MPS has not).

    Raises
    ------
    ValueError
        When they are not a table of finite numbers with at least one row and column.
    """
    if features.ndim != 2 or 0 in features.shape:
        raise ValueError(f"features have the shape {list(features.shape)}; expected [n, d]")
    device = torch.device("cpu") if features.device.type == "mps" else features.device
    wide = features.detach().to(device).to(torch.float64)
    # A sum is finite unless a part is not: one pass, where isfinite().all() takes several.
    if not math.isfinite(float(wide.sum())):
        raise ValueError("some features are not finite: the pictures hold NaN or infinity")
    return wide


@dataclass(frozen=True, eq=False)
class Statistics:
    """Mean and covariance of a set of features: all that the Fréchet distance looks at.

    Attributes
    ----------
    n
        How many samples, at least 2.
    mean
        float64 [d], on the CPU.
    cov
        float64 [d, d], symmetric, unbiased (ddof = 1), on the CPU.
    """

    n: int
    mean: Tensor
    cov: Tensor

    @classmethod
    def of(cls, features: Tensor) -> Statistics:
        """Of the features [n, d] of any dtype and device; ValueError as :func:`rows`."""
        accumulator = Accumulator(features.shape[-1])
        accumulator.add(features)
        return accumulator.statistics()

    def without(self, part: Statistics) -> Statistics:
        """Of the samples that are left when a part of them is taken out, at least two."""
        n = self.n - part.n
        if n < 2:
            raise ValueError(f"a covariance needs at least 2 samples; {n} are left")
        mean = (self.n * self.mean - part.n * part.mean) / n
        step = part.mean - mean
        scatter = self.cov * (self.n - 1) - part.cov * (part.n - 1)
        scatter = scatter - torch.outer(step, step) * (n * part.n / self.n)
        return Statistics(n, mean, scatter / (n - 1))

    @property
    def dim(self) -> int:
        """Size d of a feature vector."""
        return len(self.mean)


class Accumulator:
    """Statistics of a set that comes in parts, without the rounding of summed squares.

    Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
    Variances" (1979), for matrices.

    Parameters
    ----------
    dim
        Size d of a feature vector.
    """

    def __init__(self, dim: int) -> None:
        self.n = 0
        self.mean = torch.zeros(dim, dtype=torch.float64)
        self.scatter = torch.zeros(dim, dim, dtype=torch.float64)

    def add(self, features: Tensor) -> None:
        """Take in features [n, d], n from 0 on; ValueError as :func:`rows`."""
        if features.ndim == 2 and len(features) == 0:
            return
        wide = rows(features)
        self._check(wide.shape[1])
        mean = wide.mean(dim=0)
        centred = wide - mean
        self._join(len(wide), mean.cpu(), (centred.T @ centred).cpu())

    def merge(self, other: Accumulator) -> None:
        """Take in all that another one has seen, of another process perhaps; it is unchanged."""
        self._check(len(other.mean))
        self._join(other.n, other.mean, other.scatter)

    def packed(self) -> Tensor:
        """Everything as one float64 [1 + d + d²], to send between processes."""
        n = torch.tensor([float(self.n)], dtype=torch.float64)
        return torch.cat([n, self.mean, self.scatter.flatten()])

    @classmethod
    def unpacked(cls, packed: Tensor) -> Accumulator:
        """From :meth:`packed`, on any device."""
        dim = (math.isqrt(4 * len(packed) - 3) - 1) // 2
        if len(packed) != 1 + dim + dim * dim:
            raise ValueError(f"{len(packed)} numbers are no packed accumulator")
        accumulator = cls(dim)
        numbers = packed.detach().cpu().to(torch.float64)
        accumulator.n = int(numbers[0])
        accumulator.mean = numbers[1 : 1 + dim].clone()
        accumulator.scatter = numbers[1 + dim :].reshape(dim, dim).clone()
        return accumulator

    def statistics(self) -> Statistics:
        """Of all that was taken in; ValueError below two samples, which have no covariance."""
        if self.n < 2:
            raise ValueError(f"a covariance needs at least 2 samples; there are {self.n}")
        cov = (self.scatter + self.scatter.T) / (2 * (self.n - 1))
        return Statistics(self.n, self.mean.clone(), cov)

    def _check(self, dim: int) -> None:
        if dim != len(self.mean):
            raise ValueError(f"features of {dim} numbers do not fit those of {len(self.mean)}")

    def _join(self, n: int, mean: Tensor, scatter: Tensor) -> None:
        if n == 0:
            return
        total = self.n + n
        step = mean - self.mean
        self.scatter = self.scatter + scatter + torch.outer(step, step) * (self.n * n / total)
        self.mean = self.mean + step * (n / total)
        self.n = total


def frechet_distance(a: Statistics, b: Statistics) -> float:
    """FID between two sets of features: 0 or more, never NaN.

    Parameters
    ----------
    a, b
        Statistics in the same feature space; covariances may be singular (fewer samples than
        dimensions, features that never fire). The order changes rounding only.

    Returns
    -------
    float
        In squared units of the features. Biased upwards at small n: compare equal n only.

    Raises
    ------
    ValueError
        When dimensions differ or a number is not finite.
    """
    if a.dim != b.dim:
        raise ValueError(f"features of {a.dim} and of {b.dim} numbers cannot be compared")
    # Through the set of lower rank, so that its null space drops out instead of leaving roots
    # of rounding errors (1e-8 each).
    low, high = (a, b) if a.n <= b.n else (b, a)
    factor = covariance_factor(low)
    roots = torch.linalg.eigvalsh(factor.T @ _finite(high.cov) @ factor).clamp(min=0.0).sqrt()
    return distance_of_roots(
        a, float((a.mean - b.mean).square().sum()), float(b.cov.trace()), roots
    )


def frechet_small(real: Statistics, fake: Tensor) -> float:
    """FID of features [n, d] by their n × n Gram matrix: the same, quicker where n < d.

    ``Σg = Xcᵀ Xc / (n - 1)`` has the nonzero eigenvalues of its Gram matrix, so
    ``tr (Σr Σg)^½ = tr (Xc Σr Xcᵀ)^½ / √(n - 1)``.
    """
    centred, gap = _centred(real, fake)
    gram = centred @ _finite(real.cov) @ centred.T / (len(centred) - 1)
    # Centring leaves at most n - 1 directions; what follows is the rounding of zeros.
    rank = min(len(centred) - 1, real.dim)
    roots = torch.linalg.eigvalsh(gram)[-rank:].clamp(min=0.0).sqrt()
    return distance_of_roots(real, float(gap.square().sum()), _variance(centred), roots)


@dataclass(frozen=True, eq=False)
class FrechetError:
    """FID with its sampling error.

    Attributes
    ----------
    value
        The FID, as :func:`frechet_distance`.
    stderr
        Standard error from drawing the fakes, the reals taken as given. It does not know the
        bias of small n, and near a distance of 0, where the FID is flat, it is too small.
    influence
        float64 [n]: how fast the FID grows when a sample gets more weight. Mean 0; the highest
        hurt it most.
    """

    value: float
    stderr: float
    influence: Tensor

    @property
    def estimate(self) -> Estimate:
        """The number with its error, without the samples behind it."""
        return Estimate(self.value, self.stderr)

    def ranking(self) -> Tensor:
        """Indices int64 [n] of the samples, those that hurt the FID most first."""
        return self.influence.argsort(descending=True, stable=True)


def frechet_error(real: Statistics, fake: Tensor) -> FrechetError:
    """FID of features [n, d] with a standard error by influence functions.

    With T the optimal transport map from the fakes' Gaussian to the reals' and xc a centred
    sample, the derivative of the FID is ``2 (μg - μr)·xc + |xc|² - xcᵀ T xc`` less its mean
    (the infinitesimal jackknife; Efron, "The Jackknife, the Bootstrap and Other Resampling
    Plans", 1982, chapter 6). The standard error is its deviation over √n.

    Raises
    ------
    ValueError
        As :func:`frechet_distance`, or below two samples.
    """
    centred, gap = _centred(real, fake)
    n = len(centred)
    if n <= real.dim:
        gram = centred @ _finite(real.cov) @ centred.T / (n - 1)
        values, vectors = torch.linalg.eigh(gram)
        roots = values.clamp(min=0.0).sqrt()
        transported = vectors.square() @ roots * (n - 1)
    else:
        seen = centred @ covariance_factor(real)
        values, vectors = torch.linalg.eigh(seen.T @ seen / (n - 1))
        roots = values.clamp(min=0.0).sqrt()
        # A direction without variance has nothing to transport: 0 in place of 0 / 0. There is no
        # direction at all where all reals are alike.
        kept = values > float(values[-1:].sum()) * len(values) * EPSILON
        transported = (seen @ vectors[:, kept]).square() @ roots[kept].reciprocal()
    influence = 2.0 * (centred @ gap) + centred.square().sum(dim=1) - transported
    influence = influence - influence.mean()
    value = distance_of_roots(real, float(gap.square().sum()), _variance(centred), roots)
    return FrechetError(value, float(influence.std()) / math.sqrt(n), influence)


def frechet_extrapolated(
    real: Statistics, fake: Tensor, whole: FrechetError | None = None
) -> Estimate:
    """FID of features [n, d] without the bias of order 1/n: ``2 f(n) - f(n / 2)``.

    f(n / 2) is the mean over the even and the odd rows. Sensible from n = 4 d on; may be
    negative. (Chong and Forsyth, "Effectively Unbiased FID and Inception Score and where to
    find them", 2020, show the bias to be linear in 1/n.)

    Parameters
    ----------
    real, fake
        As in :func:`frechet_error`, at least four fakes.
    whole
        What that gave for the same sets, where it is known already.

    Returns
    -------
    Estimate
        With the standard error of the extrapolated number, the reals taken as given: a sample
        counts twice in the whole and once in its half, so that its influence on the answer is
        ``2 IF(whole) - IF(half)``.

    Raises
    ------
    ValueError
        As :func:`frechet_error`, or below four samples.
    """
    if len(fake) < 4:
        raise ValueError(f"two halves need at least 4 samples; there are {len(fake)}")
    whole = whole or frechet_error(real, fake)
    influence = 2.0 * whole.influence
    small = 0.0
    for offset in (0, 1):
        half = frechet_error(real, fake[offset::2])
        influence[offset::2] -= half.influence
        small += half.value / 2
    return Estimate(2.0 * whole.value - small, float(influence.std()) / math.sqrt(len(fake)))


def covariance_factor(statistics: Statistics) -> Tensor:
    """L [d, rank] with L Lᵀ the covariance."""
    cov = _finite(statistics.cov)
    if statistics.n > statistics.dim:
        factor: Tensor
        factor, failed = torch.linalg.cholesky_ex(cov)
        if not failed:
            return factor
    values, vectors = torch.linalg.eigh(cov)
    kept = values > values[-1] * len(values) * EPSILON
    factor = vectors[:, kept] * values[kept].sqrt()
    return factor


def _finite(cov: Tensor) -> Tensor:
    if not math.isfinite(float(cov.sum())):
        raise ValueError("the statistics hold numbers that are not finite")
    return cov


def _centred(real: Statistics, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Fakes less their mean, and that mean less the reals', on the CPU."""
    wide = rows(fake).cpu()
    if wide.shape[1] != real.dim:
        raise ValueError(
            f"features of {wide.shape[1]} and of {real.dim} numbers cannot be compared"
        )
    if len(wide) < 2:
        raise ValueError("a covariance needs at least 2 samples; there is 1")
    mean = wide.mean(dim=0)
    return wide - mean, mean - real.mean


def _variance(centred: Tensor) -> float:
    return float(centred.square().sum()) / (len(centred) - 1)


def distance_of_roots(real: Statistics, gap: float, variance: float, roots: Tensor) -> float:
    """FID of the squared gap of the means, the fakes' variance, and the roots of the product."""
    # Below 0 only by rounding: the exact distance is a squared one.
    return max(0.0, gap + float(real.cov.trace()) + variance - 2.0 * float(roots.sum()))
