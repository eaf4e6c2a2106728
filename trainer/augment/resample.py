"""Resampling that is linear in the pictures and can be differentiated as often as one likes.

R1 differentiates twice through it. Where a picture ends it goes on mirrored about its edge:
``d c b a | a b c d | d c b a``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function

RADIUS = 3  # of the Lanczos window, in pixels of the coarse picture
MARGIN = 2 * RADIUS - 1  # fine pixels beyond each edge that halving needs
_MODES = ("bilinear", "nearest")
_REFLECT = 2  # ATen's number of the padding mode


def twice(images: Tensor) -> Tensor:
    """Double [n, c, size, size] to [n, c, 2·size, 2·size] by Lanczos-3 interpolation."""
    matrix = _doubling(images.shape[2]).to(images.device, images.dtype)
    return matrix @ images @ matrix.t()


def halve(images: Tensor) -> Tensor:
    """Halve [n, c, 2·size + 2·MARGIN, ...] to [n, c, size, size] after a Lanczos-3 filter."""
    matrix = _halving((images.shape[2] - 2 * MARGIN) // 2).to(images.device, images.dtype)
    return matrix @ images @ matrix.t()


def read(images: Tensor, grid: Tensor, mode: str) -> Tensor:
    """Read [n, c, h, w] at the points of ``grid`` [n, h', w', 2]: [n, c, h', w'].

    Parameters
    ----------
    images
        float32 or float64.
    grid
        x and y, where -1 and 1 are the outer edges; takes no gradient.
    mode
        ``bilinear`` or ``nearest``.
    """
    return _read(images, grid, _MODES.index(mode))


class _Read(Function):
    """y = A x, where ``grid`` decides A.

    Own derivatives, because those of grid_sample are differentiable only in recent versions
    of torch: A^T is its backward pass, and the derivative of that is A again.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, grid: Tensor, mode: int) -> Tensor:
        ctx.save_for_backward(grid)
        ctx.mode, ctx.size = mode, x.shape
        return F.grid_sample(x, grid, _MODES[mode], "reflection", align_corners=False)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        (grid,) = ctx.saved_tensors
        return _read_transposed(grad, grid, ctx.size, ctx.mode), None, None


class _ReadTransposed(Function):
    """x = A^T y."""

    @staticmethod
    def forward(ctx: Any, y: Tensor, grid: Tensor, size: Sequence[int], mode: int) -> Tensor:
        ctx.save_for_backward(grid)
        ctx.mode = mode
        like = torch.empty(tuple(size), dtype=y.dtype, device=y.device)
        x: Tensor
        x, _ = torch.ops.aten.grid_sampler_2d_backward(
            y.contiguous(), like, grid, mode, _REFLECT, False, [True, False]
        )
        return x

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        (grid,) = ctx.saved_tensors
        return _read(grad, grid, ctx.mode), None, None, None


@lru_cache
def _doubling(size: int) -> Tensor:
    """float64 [2·size, size], size at least RADIUS: interpolates a quarter pixel off each."""
    places = (torch.arange(2 * size, dtype=torch.float64) + 0.5) / 2 - 0.5
    sources = torch.arange(-RADIUS, size + RADIUS)
    weights = _lanczos(places[:, None] - sources)
    # Beyond the edges the picture is mirrored.
    folded = torch.where(sources < 0, -1 - sources, sources)
    folded = torch.where(folded >= size, 2 * size - 1 - folded, folded)
    matrix = torch.zeros(2 * size, size, dtype=torch.float64)
    matrix.index_add_(1, folded, weights)
    return matrix / matrix.sum(dim=1, keepdim=True)


@lru_cache
def _halving(size: int) -> Tensor:
    """float64 [size, 2·size + 2·MARGIN]: the same window as a low-pass filter."""
    places = 2 * torch.arange(size, dtype=torch.float64) + 0.5 + MARGIN
    sources = torch.arange(2 * size + 2 * MARGIN)
    matrix = _lanczos((places[:, None] - sources) / 2)
    return matrix / matrix.sum(dim=1, keepdim=True)


def _lanczos(t: Tensor) -> Tensor:
    window = torch.sinc(t) * torch.sinc(t / RADIUS)
    return torch.where(t.abs() < RADIUS, window, torch.zeros_like(t))


_read: Callable[..., Tensor] = _Read.apply
_read_transposed: Callable[..., Tensor] = _ReadTransposed.apply
