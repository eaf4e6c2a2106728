"""Kernel distance along a line between two sets of features, for the price of a sum.

Sample i moves from a_i to b_i: ``x_i(t) = (1 - t) a_i + t b_i``. Products with the reals are
linear in t and products among the samples quadratic, so that sums of their cubes are polynomials
of degree 3 and 6: eleven coefficients a sample say all.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentstudio.metrics.estimate import Estimate
from latentstudio.metrics.kernel import kid_of_means
from latentstudio.metrics.live.line_ends import BLOCK, Inner, PairsEnd, Reals

Floats = NDArray[np.float32]
ROWS = "ij,ij->i"


class KernelLine:
    """KID of m samples on their way from one set to another.

    Parameters
    ----------
    reals
        What both ends were held against.
    a, b
        The ends: row i of both is the same sample.
    middle
        The samples half way.
    """

    def __init__(self, reals: Reals, a: PairsEnd, b: PairsEnd, middle: Inner) -> None:
        self._reals = reals
        self._within = torch.empty(reals.m, 7, dtype=torch.float64)
        self._across = torch.empty(reals.m, 4, dtype=torch.float64)
        self._real_across = torch.zeros(reals.m, 4, dtype=torch.float64)
        for start in range(0, reals.m, BLOCK):
            i = slice(start, min(reals.m, start + BLOCK))
            inner = (x.kernel(i).numpy() for x in (a.inner, middle, b.inner))
            self._within[i] = _cubes_of_quadratics(*inner)
            across = a.kernel(i).numpy(), b.kernel(i).numpy()
            self._across[i] = _cubes_of_lines(*across)
            self._real_across += _cubes_of_lines(*across, "ij,ij->j")

    def estimate(self, t: float) -> Estimate:
        """Of the samples at t in [0, 1]."""
        m, cubic = self._reals.m, _bernstein(3, t)
        return kid_of_means(
            self._reals.kernel,
            self._within @ _bernstein(6, t) / (m - 1),
            self._real_across @ cubic / m,
            self._across @ cubic / m,
        )


def _cubes_of_quadratics(first: Floats, middle: Floats, last: Floats) -> Tensor:
    """Σ over columns of q(t)³, q through three tables at 0, ½ and 1: Bernstein, float64 [p, 7]."""
    p, r = first, last
    q = 4 * middle - p - r  # (1 - t)² p + t (1 - t) q + t² r
    pp, qq, rr, pr = p * p, q * q, r * r, p * r
    return _stacked(
        _dot(pp, p),
        3 * _dot(pp, q),
        3 * (_dot(pp, r) + _dot(qq, p)),
        _dot(qq, q) + 6 * _dot(pr, q),
        3 * (_dot(rr, p) + _dot(qq, r)),
        3 * _dot(rr, q),
        _dot(rr, r),
    )


def _cubes_of_lines(first: Floats, last: Floats, way: str = ROWS) -> Tensor:
    """Σ of ((1 - t) first + t last)³ over columns (or rows): Bernstein, float64 [p, 4]."""
    pp, rr = first * first, last * last
    parts = _dot(pp, first, way), _dot(pp, last, way), _dot(rr, first, way), _dot(rr, last, way)
    return _stacked(parts[0], 3 * parts[1], 3 * parts[2], parts[3])


def _bernstein(degree: int, t: float) -> Tensor:
    """``(1 - t)^(degree - k) t^k`` for k from 0 on."""
    powers = [(1.0 - t) ** (degree - k) * t**k for k in range(degree + 1)]
    return torch.tensor(powers, dtype=torch.float64)


def _dot(x: Floats, y: Floats, way: str = ROWS) -> NDArray[np.float64]:
    dots: NDArray[np.float64] = np.einsum(way, x, y).astype(np.float64)
    return dots


def _stacked(*columns: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(np.stack(columns, axis=1))
