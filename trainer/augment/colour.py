"""Colours as affine maps of (red, green, blue, 1), one for each picture."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from trainer.augment.params import AugmentParams

_GREY = torch.full((3,), 1 / math.sqrt(3.0), dtype=torch.float64)  # the axis of luma


def recolour(images: Tensor, params: AugmentParams) -> Tensor:
    """Change brightness, contrast, luma, hue and saturation.

    Parameters
    ----------
    images
        float32 or float64 [n, c, h, w] in [-1, 1]. Of 3 or 4 channels the first three are
        colours. A single channel is grey: it becomes the mean of what three equal channels
        would become, so that hue and saturation leave it alone.
    params
        n rows.

    Returns
    -------
    Tensor
        Like ``images``; values may leave [-1, 1]. The same bits where nothing happens.

    Raises
    ------
    ValueError
        If there are not 1, 3 or 4 channels.
    """
    _, channels, h, w = images.shape
    if channels not in (1, 3, 4):
        raise ValueError(f"pictures of {channels} channels have no colours: expected 1, 3 or 4")
    rows = torch.nonzero(params.recoloured)[:, 0]
    if not len(rows):
        return images
    place = rows.to(images.device)
    matrix = matrices(params[rows])
    if channels == 1:
        grey = matrix[:, :3, :3].sum(dim=2).mean(dim=1), matrix[:, :3, 3].mean(dim=1)
        factor, shift = (x.to(images.device, images.dtype)[:, None, None, None] for x in grey)
        return images.index_copy(0, place, images[place] * factor + shift)
    matrix = matrix.to(images.device, images.dtype)
    pixels = images[place, :3].reshape(len(rows), 3, h * w)
    pixels = torch.baddbmm(matrix[:, :3, 3:], matrix[:, :3, :3], pixels)
    changed = pixels.reshape(len(rows), 3, h, w)
    if channels == 4:
        changed = torch.cat([changed, images[place, 3:]], dim=1)
    return images.index_copy(0, place, changed)


def matrices(params: AugmentParams) -> Tensor:
    """The colour maps as float64 matrices [n, 4, 4]."""
    n = len(params)
    eye = torch.eye(3, dtype=torch.float64)
    along = _GREY.outer(_GREY)  # projects on the grey axis
    x, y, z = _GREY.tolist()
    cross = torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]], dtype=torch.float64)
    cos, sin = params.hue.cos()[:, None, None], params.hue.sin()[:, None, None]
    hue = along + (eye - along) * cos + cross * sin  # Rodrigues' rotation
    luma = eye + (params.luma - 1)[:, None, None] * along
    saturation = along + (eye - along) * params.saturation[:, None, None]
    linear = saturation @ hue @ luma
    moved = params.contrast * params.brightness
    result = torch.eye(4, dtype=torch.float64).repeat(n, 1, 1)
    result[:, :3, :3] = linear * params.contrast[:, None, None]
    result[:, :3, 3] = linear.sum(dim=2) * moved[:, None]
    return result
