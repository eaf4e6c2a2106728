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


def realism(real: Array, fake: Array, k: int) -> list[float]:
    """Kynkäänniemi et al. 2019, equation 3, over the half of the balls up to the median radius."""
    distance = np.sqrt(((real[:, None] - real[None]) ** 2).sum(axis=2))
    radii = np.sort(distance, axis=1)[:, k]
    small = radii <= np.median(radii)
    return [
        max(
            r / np.sqrt(((x - y) ** 2).sum())
            for x, r in zip(real[small], radii[small], strict=True)
        )
        for y in fake
    ]


def inception_score(logits: Array, splits: int) -> tuple[float, list[float]]:
    """Mean and parts, from the definition."""
    scores = []
    for k in range(splits):
        part = logits[k * len(logits) // splits : (k + 1) * len(logits) // splits]
        p = np.exp(part - part.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        q = p.mean(axis=0)
        scores.append(np.exp(np.mean([(row * np.log(row / q)).sum() for row in p])))
    return float(np.mean(scores)), [float(score) for score in scores]


def ms_ssim(a: Array, b: Array) -> float:
    """Of two pictures [h, w, c] from 0 to 255, a power of two wide, as ProGAN measures them."""
    weights = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    product = 1.0
    for scale, weight in enumerate(weights):
        size = min(11, a.shape[0])
        t = np.arange(size) - (size - 1) / 2
        g = np.exp(-(t**2) / (2 * (1.5 * size / 11) ** 2))
        window = np.outer(g, g) / np.outer(g, g).sum()
        terms = []
        for c in range(a.shape[2]):
            for y in range(a.shape[0] - size + 1):
                for x in range(a.shape[1] - size + 1):
                    p, q = (i[y : y + size, x : x + size, c] for i in (a, b))
                    mp, mq = (window * p).sum(), (window * q).sum()
                    vp, vq = (window * (p - mp) ** 2).sum(), (window * (q - mq) ** 2).sum()
                    cov = (window * (p - mp) * (q - mq)).sum()
                    contrast = (2 * cov + c2) / (vp + vq + c2)
                    terms.append((contrast, (2 * mp * mq + c1) / (mp**2 + mq**2 + c1) * contrast))
        contrast, whole = np.mean(terms, axis=0)
        product *= max(0.0, whole if scale == 4 else contrast) ** weight
        a, b = (
            (i[0::2, 0::2] + i[1::2, 0::2] + i[0::2, 1::2] + i[1::2, 1::2]) / 4 if scale < 4 else i
            for i in (a, b)
        )
    return float(product)


def mirrored(index: int, size: int) -> int:
    """The pixel at an index beyond the edge, which is not repeated."""
    index = abs(index)
    return index if index < size else 2 * (size - 1) - index


def blurred(image: Array) -> Array:
    """[h, w] under the binomial window of 5 × 5."""
    taps = np.array([1, 4, 6, 4, 1]) / 16
    h, w = image.shape
    return np.array(
        [
            [
                sum(
                    taps[i] * taps[j] * image[mirrored(y + i - 2, h), mirrored(x + j - 2, w)]
                    for i in range(5)
                    for j in range(5)
                )
                for x in range(w)
            ]
            for y in range(h)
        ]
    )


def laplacian(image: Array, levels: int) -> list[Array]:
    """Burt and Adelson's pyramid of [h, w], the finest first."""
    result = []
    for _ in range(levels - 1):
        smaller = blurred(image)[::2, ::2]
        spaced = np.zeros_like(image)
        spaced[::2, ::2] = smaller
        result.append(image - 4 * blurred(spaced))
        image = smaller
    return [*result, image]


def sliced(a: Array, b: Array, axes: Array) -> float:
    """Mean over axes [k, c · p] between patches [m, c, p], each channel normalised over its set."""
    a, b = ((x - x.mean((0, 2), keepdims=True)) / x.std((0, 2), keepdims=True) for x in (a, b))
    total = [
        np.abs(np.sort(a.reshape(len(a), -1) @ t) - np.sort(b.reshape(len(b), -1) @ t)).mean()
        for t in axes
    ]
    return float(np.mean(total))
