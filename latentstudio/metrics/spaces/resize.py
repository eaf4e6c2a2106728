"""Bring pictures to a network's size, in the two ways that FID is computed with.

The way is part of the number: FIDs of different ways are not comparable (Parmar et al., "On
Aliased Resizing and Surprising Subtleties in GAN Evaluation", 2022).
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Resize = Literal["tf1", "clean"]


def resize(pixels: Tensor, size: int, how: Resize) -> Tensor:
    """Resize pictures to a square.

    Parameters
    ----------
    pixels
        float [n, c, H, W] in 0 to 255.
    size
        Height and width wanted.
    how
        ``tf1``: bilinear as TensorFlow 1 had it, corner on corner and without a filter, as FID
        began and torch-fidelity and pytorch-fid have it. ``clean``: bicubic with a filter as
        wide as a new pixel, each channel in float, as clean-fid has Pillow do it.

    Returns
    -------
    Tensor
        [n, c, size, size] in 0 to 255, differentiable in the pixels.
    """
    if pixels.shape[-2:] == (size, size):
        return pixels
    if how == "tf1":
        return _between_corners(_between_corners(pixels, size, 2), size, 3)
    resized = F.interpolate(pixels, size=(size, size), mode="bicubic", antialias=True)
    return resized.clamp(0.0, 255.0)


def rgb(images: Tensor) -> Tensor:
    """Three channels of [n, c, H, W]: alpha is left out, grey repeated."""
    return images[:, : 3 if images.shape[1] > 2 else 1].expand(-1, 3, -1, -1)


def _between_corners(x: Tensor, size: int, dim: int) -> Tensor:
    """Interpolate along one dimension: value i is read at ``i * old / new``."""
    count = x.shape[dim]
    at = torch.arange(size, device=x.device, dtype=x.dtype) * (count / size)
    low = at.long()
    part = (at - low).reshape(-1, *[1] * (3 - dim))
    below, above = (x.index_select(dim, i) for i in (low, (low + 1).clamp(max=count - 1)))
    return below + (above - below) * part
