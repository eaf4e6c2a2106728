"""Ends of a line between two sets of features: products with the reals and with themselves.

Tables are float32, which is twice as fast; who compares with a radius leaves :data:`ROUNDING`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from latentstudio.metrics.kernel import kernel_sums_within
from latentstudio.metrics.real_side import RealSide
from latentstudio.metrics.spaces.precision import full_precision

BLOCK = 64  # rows: 64 × 1024 float32 take 256 kB, which a core's cache holds
ROUNDING = 1e-6  # of the squared norms: what float32 products lose
FAR = float(torch.finfo(torch.float32).max) / 8


class Reals:
    """The first m reals, ready to be held against ends of lines.

    Here and in the ends, rows are those of the feature space over √d, so that products of them
    are those of the kernel, and squared distances are measured in units of d.
    """

    def __init__(self, real: RealSide, m: int) -> None:
        wide = real.rows[:m].double()
        self.m, dim = wide.shape
        self.kernel = kernel_sums_within(wide, 3) / (self.m - 1)
        self.scale = 1.0 / math.sqrt(dim)
        wide = wide * self.scale
        self.centre = wide.mean(dim=0)
        centred = wide - self.centre
        norms, radii = centred.square().sum(dim=1), real.radii(m) / dim
        self.rows, self.norms = centred.float(), norms.float()
        self.lifts = _lifts(centred, self.centre)
        self.rims = (radii + ROUNDING * (norms + radii)).float()
        self.room = self.rims + ROUNDING * self.norms


class Inner:
    """Products of m samples, float64 [m, d], with each other, about their own mean."""

    def __init__(self, rows: Tensor) -> None:
        mean = rows.mean(dim=0)
        centred = rows - mean
        narrow = centred.float()
        with full_precision():
            self._products = narrow @ narrow.T
        self._norms = self._products.diagonal().clone()
        self._lifts = _lifts(centred, mean)

    def squared(self, i: slice) -> Tensor:
        """Squared distances of rows i from all, far from themselves."""
        table = torch.add(self._norms, self._products[i], alpha=-2.0)
        table.add_(self._norms[i, None]).clamp_(min=0.0)
        table[:, i].fill_diagonal_(FAR)
        return table

    def kernel(self, i: slice) -> Tensor:
        """``x·y + 1`` of rows i with all but themselves."""
        table = torch.add(self._lifts, self._products[i]).add_(self._lifts[i, None])
        table[:, i].fill_diagonal_(0.0)
        return table


class PairsEnd:
    """One end of a line: m samples float32 [m, d] held against m reals and themselves."""

    def __init__(self, reals: Reals, features: Tensor) -> None:
        self.rows = features.double() * reals.scale
        self.inner = Inner(self.rows)
        centred = self.rows - reals.centre
        self._reals = reals
        with full_precision():
            self._products = centred.float() @ reals.rows.T
        self.norms = centred.square().sum(dim=1).float()
        self._lifts = _lifts(centred, reals.centre)

    def squared(self, i: slice) -> Tensor:
        """Squared distances of rows i from all reals."""
        table = torch.add(self._reals.norms, self._products[i], alpha=-2.0)
        return table.add_(self.norms[i, None])

    def kernel(self, i: slice) -> Tensor:
        """``x·y + 1`` of rows i with all reals."""
        return torch.add(self._reals.lifts, self._products[i]).add_(self._lifts[i, None])


def _lifts(centred: Tensor, centre: Tensor) -> Tensor:
    """(x + c)·(y + c) + 1 is x·y, plus the lift of x, plus that of y: float32 [n]."""
    return (centred @ centre + (centre.square().sum() + 1.0) / 2).float()
