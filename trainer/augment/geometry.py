"""Where each picture of a minibatch takes its pixels from.

Coordinates are pixels from the centre, x to the right and y down; a matrix [3, 3] moves the
points (x, y, 1) of a picture to where they are afterwards.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from trainer.augment.params import AugmentParams
from trainer.augment.resample import MARGIN, halve, read, twice


def transform(images: Tensor, params: AugmentParams) -> Tensor:
    """Mirror, turn, shift, scale and stretch; what lies outside is the picture mirrored.

    Parameters
    ----------
    images
        float32 or float64 [n, c, size, size].
    params
        n rows.

    Returns
    -------
    Tensor
        Like ``images``. Pictures to which nothing happens are the same bits, those that only
        move by whole pixels are exact copies of pixels, and the rest is resampled.
    """
    warped = params.warped
    rows = torch.nonzero(params.moved & ~warped)[:, 0]
    if len(rows):
        place = rows.to(images.device)
        images = images.index_copy(0, place, _blit(images[place], params[rows]))
    rows = torch.nonzero(warped)[:, 0]
    if len(rows):
        place = rows.to(images.device)
        images = images.index_copy(0, place, _warp(images[place], params[rows]))
    return images


def matrices(params: AugmentParams, size: int) -> Tensor:
    """The transforms of pictures of ``size`` pixels as float64 matrices [n, 3, 3]."""
    zero, one = torch.zeros_like(params.flip), torch.ones_like(params.flip)
    shift, offset = (params.shift * size).round(), params.offset * size
    steps = [
        _matrix(params.flip, zero, zero, zero, one, zero),
        _rotation(params.quarters * (math.pi / 2)),
        _matrix(one, zero, shift[:, 0], zero, one, shift[:, 1]),
        _matrix(params.scale, zero, zero, zero, params.scale, zero),
        _rotation(params.turn),
        _matrix(params.stretch, zero, zero, zero, 1 / params.stretch, zero),
        _rotation(params.turn_after),
        _matrix(one, zero, offset[:, 0], zero, one, offset[:, 1]),
    ]
    whole = steps[0]
    for step in steps[1:]:
        whole = step @ whole
    return whole


def _matrix(a: Tensor, b: Tensor, c: Tensor, d: Tensor, e: Tensor, f: Tensor) -> Tensor:
    zero = torch.zeros_like(a)
    rows = [a, b, c, d, e, f, zero, zero, torch.ones_like(a)]
    return torch.stack(rows, dim=1).reshape(-1, 3, 3)


def _rotation(angle: Tensor) -> Tensor:
    """Counterclockwise on the screen, where y points down."""
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    return _matrix(cos, sin, zero, -sin, cos, zero)


def _blit(images: Tensor, params: AugmentParams) -> Tensor:
    size = images.shape[2]
    return read(images, _grid(params, size, size, 1.0, images), "nearest")


def _warp(images: Tensor, params: AugmentParams) -> Tensor:
    """Double, sample at twice the resolution, halve: little blur and little aliasing."""
    size = images.shape[2]
    fine = 2 * size + 2 * MARGIN
    grid = _grid(params, size, fine, 0.5, images)
    return halve(read(twice(images), grid, "bilinear"))


def _grid(params: AugmentParams, size: int, count: int, step: float, like: Tensor) -> Tensor:
    """Where ``count`` × ``count`` points, ``step`` pixels apart, come from: [n, count, count, 2].

    In the units of :func:`torch.nn.functional.grid_sample`: -1 and 1 are the outer edges.
    """
    back: Tensor = torch.linalg.inv(matrices(params, size))
    inverse = (back[:, :2] * (2 / size)).to(like.device, like.dtype)
    line = (torch.arange(count, dtype=like.dtype, device=like.device) - (count - 1) / 2) * step
    across = line[None, :, None] * inverse[:, None, :, 0]
    down = line[None, :, None] * inverse[:, None, :, 1] + inverse[:, None, :, 2]
    return across[:, None, :, :] + down[:, :, None, :]
