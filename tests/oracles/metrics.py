"""The metrics from their papers' formulas: float64 numpy, loops and eigenvalues, no shortcuts."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def frechet(mean_a: Array, cov_a: Array, mean_b: Array, cov_b: Array) -> float:
    """By the (complex) eigenvalues of the product of the covariances."""
    roots = np.sqrt(np.linalg.eigvals(cov_a @ cov_b).astype(np.complex128)).real
    return float(((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b) - 2 * roots.sum())


def frechet_of(a: Array, b: Array) -> float:
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    covs = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    return frechet(a.mean(0), next(covs), b.mean(0), next(covs))


def frechet_slope(real: Array, fake: Array, i: int, step: float = 1e-4) -> float:
    """How fast the FID changes when a little of the fakes' mass moves to sample i (Hampel)."""
    mean, cov = fake.mean(0), np.cov(fake, rowvar=False)
    away = fake[i] - mean

    def mixed(share: float) -> float:
        moved = (1 - share) * cov + share * (1 - share) * np.outer(away, away)
        return frechet(real.mean(0), np.cov(real, rowvar=False), mean + share * away, moved)

    return (mixed(step) - mixed(-step)) / (2 * step)


def kid(real: Array, fake: Array, degree: int = 3) -> float:
    def kernel(x: Array, y: Array) -> float:
        return float((x @ y / len(x) + 1) ** degree)

    within = [np.mean([kernel(x, y) for x, y in combinations(rows, 2)]) for rows in (real, fake)]
    across = np.mean([kernel(x, y) for x in real for y in fake])
    return float(sum(within) - 2 * across)


def manifold(real: Array, fake: Array, k: int) -> tuple[float, float, float, float]:
    """Precision, recall, density, coverage."""

    def squared(x: Array, y: Array) -> float:
        return float(((x - y) ** 2).sum())

    def radii(rows: Array) -> list[float]:
        return [
            sorted(squared(x, y) for j, y in enumerate(rows) if j != i)[k - 1]
            for i, x in enumerate(rows)
        ]

    r, f = radii(real), radii(fake)
    in_real = [[squared(x, y) <= radius for x, radius in zip(real, r, strict=True)] for y in fake]
    in_fake = [[squared(x, y) <= radius for y, radius in zip(fake, f, strict=True)] for x in real]
    precision = np.mean([any(row) for row in in_real])
    recall = np.mean([any(row) for row in in_fake])
    density = np.sum(in_real) / (k * len(fake))
    coverage = np.mean([any(column) for column in zip(*in_real, strict=True)])
    return float(precision), float(recall), float(density), float(coverage)
