"""Convolution and FIR resampling that stay fast in the first and second derivative.

torch differentiates ``conv2d`` twice by a convolution whose kernel is as large as the picture,
and depthwise convolutions with stride by slow reference loops; both dominate the training step
of a GAN with R1 on a CPU. Each function here states its derivative by the other functions of
this file instead, so every order of derivative runs on the fast kernels. The values are those
of torch's own operators.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function

CHANNELS_LAST = torch.channels_last


def conv2d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, *, stride: int = 1, padding: int = 0
) -> Tensor:
    """``torch.nn.functional.conv2d`` for square strides and paddings."""
    return _conv(x, weight, bias, stride, padding)


def conv_transpose2d(x: Tensor, weight: Tensor, *, stride: int = 2, padding: int = 0) -> Tensor:
    """Transposed convolution of x [n, in, h, w] with weight [in, out, k, k]."""
    n, _, h, w = x.shape
    extra = weight.shape[2] - stride - 2 * padding
    size = (n, weight.shape[1], h * stride + extra, w * stride + extra)
    return _conv_input(x, weight, size, stride, padding)


def _backward(
    grad: Tensor, x: Tensor, weight: Tensor, stride: int, padding: int, mask: list[bool]
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    bias_sizes = [weight.shape[0]] if mask[2] else None
    result: tuple[Tensor | None, Tensor | None, Tensor | None]
    result = torch.ops.aten.convolution_backward(
        grad, x, weight, bias_sizes, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1, mask
    )
    return result


class _Conv(Function):
    """y = x * weight + bias."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, stride: int, padding: int
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return F.conv2d(x, weight, bias, stride, padding)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        need_x, need_w, need_b = ctx.needs_input_grad[:3]
        if not torch.is_grad_enabled():
            mask = [need_x, need_w, need_b]
            return (*_backward(grad, x, weight, ctx.stride, ctx.padding, mask), None, None)
        options = (ctx.stride, ctx.padding)
        dx = _conv_input(grad, weight, x.shape, *options) if need_x else None
        dw = _conv_weight(x, grad, weight.shape, *options) if need_w else None
        db = grad.sum(dim=(0, 2, 3)) if need_b else None
        return dx, dw, db, None, None


class _ConvInput(Function):
    """Derivative of _Conv by x, which is the transposed convolution of ``grad``."""

    @staticmethod
    def forward(
        ctx: Any, grad: Tensor, weight: Tensor, size: Sequence[int], stride: int, padding: int
    ) -> Tensor:
        ctx.save_for_backward(grad, weight)
        ctx.stride, ctx.padding = stride, padding
        like = torch.empty(
            tuple(size), dtype=grad.dtype, device=grad.device, memory_format=CHANNELS_LAST
        )
        dx, _, _ = _backward(grad, like, weight, stride, padding, [True, False, False])
        assert dx is not None
        return dx

    @staticmethod
    def backward(ctx: Any, h: Tensor) -> tuple[Tensor | None, ...]:
        grad, weight = ctx.saved_tensors
        options = (ctx.stride, ctx.padding)
        need_g, need_w = ctx.needs_input_grad[:2]
        dg = _conv(h, weight, None, *options) if need_g else None
        dw = _conv_weight(h, grad, weight.shape, *options) if need_w else None
        return dg, dw, None, None, None


class _ConvWeight(Function):
    """Derivative of _Conv by weight."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, grad: Tensor, size: Sequence[int], stride: int, padding: int
    ) -> Tensor:
        ctx.save_for_backward(x, grad)
        ctx.stride, ctx.padding = stride, padding
        like = torch.empty(tuple(size), dtype=grad.dtype, device=grad.device)
        _, dw, _ = _backward(grad, x, like, stride, padding, [False, True, False])
        assert dw is not None
        return dw

    @staticmethod
    def backward(ctx: Any, h: Tensor) -> tuple[Tensor | None, ...]:
        x, grad = ctx.saved_tensors
        options = (ctx.stride, ctx.padding)
        need_x, need_g = ctx.needs_input_grad[:2]
        dx = _conv_input(grad, h, x.shape, *options) if need_x else None
        dg = _conv(x, h, None, *options) if need_g else None
        return dx, dg, None, None, None


def fir_kernel(taps: Sequence[float] | Sequence[Sequence[float]] | None) -> Tensor:
    """Normalised two-dimensional FIR kernel from 1-D or 2-D taps; None is the identity.

    1-D taps stand for their outer product.
    """
    kernel = torch.tensor([1.0] if taps is None else taps, dtype=torch.float32)
    if kernel.ndim == 1:
        kernel = kernel.outer(kernel)
    return kernel / kernel.sum()


def fir(x: Tensor, kernel: Tensor, pad: tuple[int, int], *, up: int = 1, down: int = 1) -> Tensor:
    """Insert zeros, pad, convolve each channel with ``kernel``, keep every ``down``-th pixel.

    Parameters
    ----------
    x
        [n, c, h, w].
    kernel
        [k, k].
    pad
        Zeros before and after, on both axes; negative values crop.
    up, down
        Factors of up- and downsampling.

    Returns
    -------
    Tensor
        [n, c, (h·up + pad[0] + pad[1] - k) // down + 1, ...].
    """
    return _resample(x, kernel, pad, up, down)


def upsample(x: Tensor, kernel: Tensor) -> Tensor:
    """Double the height and width of ``x``, keeping its brightness."""
    taps = kernel.shape[0]
    return fir(x, kernel * 4.0, ((taps + 1) // 2, (taps - 2) // 2), up=2)


class _Fir(Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, kernel: Tensor, pad: tuple[int, int], up: int, down: int
    ) -> Tensor:
        ctx.save_for_backward(kernel)
        ctx.pad, ctx.up, ctx.down, ctx.size = pad, up, down, x.shape[2]
        n, channels, h, w = x.shape
        if up > 1:
            stuffed = torch.empty(
                (n, channels, h * up, w * up),
                dtype=x.dtype,
                device=x.device,
                memory_format=CHANNELS_LAST,
            ).zero_()
            stuffed[:, :, ::up, ::up] = x
            x = stuffed
        before, after = pad
        if before != after or before < 0:
            x = F.pad(x, (before, after, before, after))
            before = 0
        # conv2d correlates; a FIR filter convolves.
        weight = kernel.flip((0, 1)).to(x.dtype).expand(channels, 1, -1, -1)
        return F.conv2d(x, weight, stride=down, padding=before, groups=channels)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (kernel,) = ctx.saved_tensors
        k, before = kernel.shape[0], ctx.pad[0]
        after = ctx.size * ctx.up - grad.shape[2] * ctx.down + before - ctx.up + 1
        pad = (k - 1 - before, after)
        dx = _resample(grad, kernel.flip((0, 1)), pad, ctx.down, ctx.up)
        return dx, None, None, None, None


_conv: Callable[..., Tensor] = _Conv.apply
_conv_input: Callable[..., Tensor] = _ConvInput.apply
_conv_weight: Callable[..., Tensor] = _ConvWeight.apply
_resample: Callable[..., Tensor] = _Fir.apply
