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
SLOPE = 0.2
ONEDNN = hasattr(torch.ops.mkldnn, "_convolution_pointwise")


def differentiated(*tensors: Tensor | None) -> bool:
    """Whether a derivative by any of the tensors is recorded."""
    return torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors)


def conv2d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, *, stride: int = 1, padding: int = 0
) -> Tensor:
    """``torch.nn.functional.conv2d`` for square strides and paddings."""
    if not differentiated(x, weight, bias):
        return F.conv2d(x, weight, bias, stride, padding)
    return _conv(x, weight, bias, stride, padding)


def conv_transpose2d(x: Tensor, weight: Tensor, *, stride: int = 2, padding: int = 0) -> Tensor:
    """Transposed convolution of x [n, in, h, w] with weight [in, out, k, k]."""
    n, _, h, w = x.shape
    extra = weight.shape[2] - stride - 2 * padding
    size = (n, weight.shape[1], h * stride + extra, w * stride + extra)
    if not differentiated(x, weight):
        return _input(x, weight, size, stride, padding)
    return _conv_input(x, weight, size, stride, padding)


def conv2d_lrelu(
    x: Tensor, weight: Tensor, bias: Tensor, *, stride: int = 1, padding: int = 0
) -> Tensor:
    """:func:`conv2d`, then leaky ReLU of slope 0.2; one pass over the features where it can be."""
    return _conv_lrelu(x, weight, bias, stride, padding)


def _backward(
    grad: Tensor, x: Tensor, weight: Tensor, stride: int, padding: int, mask: list[bool]
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    bias_sizes = [weight.shape[0]] if mask[2] else None
    result: tuple[Tensor | None, Tensor | None, Tensor | None]
    result = torch.ops.aten.convolution_backward(
        grad, x, weight, bias_sizes, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1, mask
    )
    return result


def _gradients(ctx: Any, grad: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor | None, ...]:
    """Derivatives of a convolution by all arguments of its Function."""
    need_x, need_w, need_b = ctx.needs_input_grad[:3]
    if not torch.is_grad_enabled():
        mask = [need_x, need_w, need_b]
        return (*_backward(grad, x, weight, ctx.stride, ctx.padding, mask), None, None)
    options = (ctx.stride, ctx.padding)
    dx = _conv_input(grad, weight, x.shape, *options) if need_x else None
    dw = _conv_weight(x, grad, weight.shape, *options) if need_w else None
    db = grad.sum(dim=(0, 2, 3)) if need_b else None
    return dx, dw, db, None, None


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
        return _gradients(ctx, grad, x, weight)


class _ConvLrelu(Function):
    """y = lrelu(x * weight + bias), whose derivative needs no more than the output's sign."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int
    ) -> Tensor:
        ctx.stride, ctx.padding = stride, padding
        if _fuses(x):
            # oneDNN applies the activation while the sums are still in registers.
            two = [stride] * 2, [1, 1]
            y: Tensor = torch.ops.mkldnn._convolution_pointwise(
                x, weight, bias, [padding] * 2, *two, 1, "leaky_relu", [SLOPE], ""
            )
        else:
            y = F.leaky_relu_(F.conv2d(x, weight, bias, stride, padding), SLOPE)
        ctx.save_for_backward(x, weight, y)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, y = ctx.saved_tensors
        grad = torch.ops.aten.leaky_relu_backward(grad, y, SLOPE, True)
        return _gradients(ctx, grad, x, weight)


def _fuses(x: Tensor) -> bool:
    return x.device.type == "cpu" and x.dtype in (torch.float32, torch.bfloat16) and ONEDNN


def _input(grad: Tensor, weight: Tensor, size: Sequence[int], stride: int, padding: int) -> Tensor:
    like = torch.empty(
        tuple(size), dtype=grad.dtype, device=grad.device, memory_format=CHANNELS_LAST
    )
    dx, _, _ = _backward(grad, like, weight, stride, padding, [True, False, False])
    assert dx is not None
    return dx


class _ConvInput(Function):
    """Derivative of _Conv by x, which is the transposed convolution of ``grad``."""

    @staticmethod
    def forward(
        ctx: Any, grad: Tensor, weight: Tensor, size: Sequence[int], stride: int, padding: int
    ) -> Tensor:
        ctx.save_for_backward(grad, weight)
        ctx.stride, ctx.padding = stride, padding
        return _input(grad, weight, size, stride, padding)

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


def fir(
    x: Tensor,
    kernel: Tensor,
    pad: tuple[int, int],
    *,
    up: int = 1,
    down: int = 1,
    bias: Tensor | None = None,
) -> Tensor:
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
    bias
        [c], added to the result; without derivatives only.

    Returns
    -------
    Tensor
        [n, c, (h·up + pad[0] + pad[1] - k) // down + 1, ...].
    """
    if differentiated(x, kernel, bias):
        assert bias is None
        return _resample(x, kernel, pad, up, down)
    return _filter(x, kernel, pad, up, down, bias)


def upsample(x: Tensor, kernel: Tensor) -> Tensor:
    """Double the height and width of ``x``, keeping its brightness."""
    taps = kernel.shape[0]
    return fir(x, kernel * 4.0, ((taps + 1) // 2, (taps - 2) // 2), up=2)


def doubling(taps: Sequence[float] | Sequence[Sequence[float]] | None, size: int) -> Tensor | None:
    """Matrix [2·size, size] that does along one axis what :func:`upsample` does along both.

    None where the taps are two-dimensional: no such matrix may exist.
    """
    kernel = torch.tensor([1.0] if taps is None else taps, dtype=torch.float32)
    if kernel.ndim != 1:
        return None
    count = len(kernel)
    # Output i meets input j, at place 2j among zeros, under this tap:
    tap = torch.arange(2 * size)[:, None] - 2 * torch.arange(size) + count - 1 - (count + 1) // 2
    inside = (tap >= 0) & (tap < count)
    return torch.where(inside, 2.0 * (kernel / kernel.sum())[tap.clamp(0, count - 1)], 0.0)


def upsample_image(x: Tensor, matrix: Tensor) -> Tensor:
    """:func:`upsample` of small pictures, plane by plane, by the matrix of :func:`doubling`.

    A depthwise convolution has nothing to work on in one to four channels; two small dense
    products take a sixth of its time.
    """
    n, channels, h, w = x.shape
    matrix = matrix.to(x.dtype)
    wide = (x.reshape(-1, w) @ matrix.t()).view(n * channels, h, 2 * w)
    return torch.bmm(matrix.expand(len(wide), -1, -1), wide).view(n, channels, 2 * h, 2 * w)


class _Fir(Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, kernel: Tensor, pad: tuple[int, int], up: int, down: int
    ) -> Tensor:
        ctx.save_for_backward(kernel)
        ctx.pad, ctx.up, ctx.down, ctx.size = pad, up, down, x.shape[2]
        return _filter(x, kernel, pad, up, down)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (kernel,) = ctx.saved_tensors
        k, before = kernel.shape[0], ctx.pad[0]
        after = ctx.size * ctx.up - grad.shape[2] * ctx.down + before - ctx.up + 1
        pad = (k - 1 - before, after)
        dx = _resample(grad, kernel.flip((0, 1)), pad, ctx.down, ctx.up)
        return dx, None, None, None, None


def _filter(
    x: Tensor,
    kernel: Tensor,
    pad: tuple[int, int],
    up: int,
    down: int,
    bias: Tensor | None = None,
) -> Tensor:
    if (up, down) == (2, 1) and kernel.shape[0] % 2 == 0 and bias is None:
        return _doubled(x, kernel, pad)
    if up > 1:
        stuffed = _empty(x, x.shape[2] * up, x.shape[3] * up).zero_()
        stuffed[:, :, ::up, ::up] = x
        x = stuffed
    before, after = pad
    if before != after or before < 0:
        x = F.pad(x, (before, after, before, after))
        before = 0
    return _depthwise(x, kernel.flip((0, 1)), down, before, bias)


def _depthwise(
    x: Tensor, taps: Tensor, stride: int, padding: int, bias: Tensor | None = None
) -> Tensor:
    """Correlate each channel of ``x`` with ``taps``."""
    channels = x.shape[1]
    weight = taps.to(x.dtype).expand(channels, 1, -1, -1)
    y = F.conv2d(x, weight, bias, stride, padding, groups=channels)
    # CUDA's depthwise kernels may answer in another order of the axes.
    if x.is_contiguous(memory_format=CHANNELS_LAST):
        return y.contiguous(memory_format=CHANNELS_LAST)
    return y


def _doubled(x: Tensor, kernel: Tensor, pad: tuple[int, int]) -> Tensor:
    """FIR upsampling by 2 without the zeros: a fourth of the taps for a fourth of the pixels."""
    taps, before = kernel.flip((0, 1)), pad[0]
    added = sum(pad) - len(kernel) + 1
    y = _empty(x, 2 * x.shape[2] + added, 2 * x.shape[3] + added)
    edge = max(before, pad[1], 0) // 2 + 1
    # Output 2p + i lies on every second tap, from the first one that meets no zero; that one
    # meets the input at p + start, which is p + start + edge among zeros at the edges.
    first = [(before - i) % 2 for i in (0, 1)]
    start = [(i + first[i] - before) // 2 + edge for i in (0, 1)]
    for i in (0, 1):
        for j in (0, 1):
            part = y[:, :, i::2, j::2]
            z = _depthwise(x, taps[first[i] :: 2, first[j] :: 2], 1, edge)
            z = z[:, :, start[i] : start[i] + part.shape[2], start[j] : start[j] + part.shape[3]]
            part.copy_(z)
    return y


def _empty(x: Tensor, height: int, width: int) -> Tensor:
    size = (*x.shape[:2], height, width)
    return torch.empty(size, dtype=x.dtype, device=x.device, memory_format=CHANNELS_LAST)


_conv: Callable[..., Tensor] = _Conv.apply
_conv_lrelu: Callable[..., Tensor] = _ConvLrelu.apply
_conv_input: Callable[..., Tensor] = _ConvInput.apply
_conv_weight: Callable[..., Tensor] = _ConvWeight.apply
_resample: Callable[..., Tensor] = _Fir.apply
