"""Leaky ReLU at a higher sampling rate, between two low-pass filters.

Karras et al., "Alias-Free Generative Adversarial Networks" (2021), section 3.1 and appendix D:
there one CUDA kernel, here matrix products on a few planes at a time, so that what lies between
the filters, several times as large as the features, stays in a CPU's cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from latentstudio.generators.filters import Resampling

SLOPE = 0.2
GAIN = math.sqrt(2.0)
CPU_CHUNK, CPU_BLOCK = 1 << 20, 96  # values between the filters; samples: by measurement
GPU_CHUNK, GPU_BLOCK = 1 << 26, 512


@dataclass(frozen=True)
class Rates:
    """Factors, padding and sizes of a filtered activation.

    Attributes
    ----------
    up, down
        Factors of the two filters.
    pad
        Zeros before the upsampled features on both axes; negative values crop.
    size_in, size_out
        Height and width.
    """

    up: int
    down: int
    pad: int
    size_in: int
    size_out: int

    def split(self, down_taps: int) -> tuple[Resampling, Resampling]:
        """The ways to the activation and from it; there it is as large as the output needs."""
        between = (self.size_out - 1) * self.down + down_taps
        return (
            Resampling(self.up, 1, self.pad, self.size_in, between),
            Resampling(1, self.down, 0, between, self.size_out),
        )


def filtered_lrelu(
    x: Tensor, up_taps: Tensor, down_taps: Tensor, rates: Rates, clamp: float | None
) -> Tensor:
    """Upsample, leaky ReLU with gain √2, clamp, downsample.

    Parameters
    ----------
    x
        [n, c, size_in, size_in].
    up_taps, down_taps
        [k] for either axis; ``down_taps`` also [k, k]. All between computes in their dtype,
        whatever that of ``x``.
    rates
        Factors and sizes.
    clamp
        Limit on the magnitude after the activation.

    Returns
    -------
    Tensor
        [n, c, size_out, size_out] in the dtype of ``x``. It can be differentiated once.
    """
    return _apply(x, up_taps, down_taps, rates, math.inf if clamp is None else clamp)


class _Filter:
    """A resampling along both axes of planes [p, h, w]."""

    def __init__(self, way: Resampling, taps: Tensor) -> None:
        self.way, self.taps = way, taps
        if taps.ndim == 1:
            self.blocks = way.blocks(taps, CPU_BLOCK if taps.is_cpu else GPU_BLOCK)

    def __call__(self, x: Tensor) -> Tensor:
        if self.taps.ndim == 2:
            return F.conv2d(x[None], self._kernel(len(x)), stride=self.way.down, groups=len(x))[0]
        if self.way.size_out > self.way.size_in:
            return self._columns(self._rows(x))
        return self._rows(self._columns(x))

    def transposed(self, y: Tensor) -> Tensor:
        """Multiply planes by the transposed matrix: the derivative."""
        if self.taps.ndim == 1:
            return _Filter(self.way.transposed(len(self.taps)), self.taps.flip(0))(y)
        kernel, planes = self._kernel(len(y)), len(y)
        return F.conv_transpose2d(y[None], kernel, stride=self.way.down, groups=planes)[0]

    def _kernel(self, planes: int) -> Tensor:
        return self.taps.flip((0, 1)).expand(planes, 1, -1, -1)

    def _rows(self, x: Tensor) -> Tensor:
        y = x.new_empty(len(x), self.way.size_out, x.shape[2])
        for rows, source, matrix in self.blocks:
            torch.bmm(matrix.expand(len(x), -1, -1), x[:, source], out=y[:, rows])
        return y

    def _columns(self, x: Tensor) -> Tensor:
        y = x.new_empty(*x.shape[:2], self.way.size_out)
        flat, into = x.flatten(0, 1), y.flatten(0, 1)
        for columns, source, matrix in self.blocks:
            torch.mm(flat[:, source], matrix.t(), out=into[:, columns])
        return y


class _FilteredLrelu(Function):
    """Keeps its input for the derivative, and computes the rest again."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, up_taps: Tensor, down_taps: Tensor, rates: Rates, clamp: float
    ) -> Tensor:
        ctx.save_for_backward(x, up_taps, down_taps)
        ctx.rates, ctx.clamp = rates, clamp
        y = x.new_empty(*x.shape[:2], rates.size_out, rates.size_out)
        rise, fall, chunk = _tools(up_taps, down_taps, rates)
        for source, into in zip(_split(x, chunk), _split(y, chunk), strict=True):
            between = F.leaky_relu_(rise(source.to(up_taps.dtype)), SLOPE)
            into.copy_(fall(between.clamp_(-clamp, clamp)))
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, up_taps, down_taps = ctx.saved_tensors
        dx = torch.empty(x.shape, dtype=x.dtype, device=x.device)
        rise, fall, chunk = _tools(up_taps, down_taps, ctx.rates)
        parts = (_split(tensor, chunk) for tensor in (x, grad, dx))
        for source, above, into in zip(*parts, strict=True):
            between = F.leaky_relu_(rise(source.to(up_taps.dtype)), SLOPE)
            slope = torch.where(between > 0, 1.0, SLOPE)
            slope.masked_fill_(between.abs() > ctx.clamp, 0.0)
            into.copy_(rise.transposed(fall.transposed(above.to(up_taps.dtype)).mul_(slope)))
        return dx, None, None, None, None


def _tools(up_taps: Tensor, down_taps: Tensor, rates: Rates) -> tuple[_Filter, _Filter, int]:
    """Both filters, and how many planes to filter at a time."""
    ways = rates.split(len(down_taps))
    # Upsampling multiplies by ``up`` along each axis, for the brightness that zeros took; √2
    # passes through the activation to where it costs nothing.
    rise = _Filter(ways[0], up_taps * (rates.up * math.sqrt(GAIN)))
    chunk = (CPU_CHUNK if up_taps.is_cpu else GPU_CHUNK) // ways[1].size_in ** 2
    if down_taps.ndim == 2:
        chunk = -(-chunk // 16) * 16  # oneDNN computes depthwise convolutions 16 at a time
    return rise, _Filter(ways[1], down_taps), max(1, chunk)


def _split(x: Tensor, planes: int) -> tuple[Tensor, ...]:
    return torch.split(x.flatten(0, 1), planes)


_apply: Callable[..., Tensor] = _FilteredLrelu.apply
