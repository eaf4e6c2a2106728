"""Sheets of pictures as PNG files."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from latentstudio.atomic import write_atomic

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def to_uint8(images: Tensor) -> Tensor:
    """Pictures in [-1, 1] as uint8: -1 becomes 0, 1 becomes 255, rounded and clamped."""
    return (images.float() * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)


def make_grid(images: Tensor, columns: int | None = None) -> NDArray[np.uint8]:
    """Lay pictures out row by row.

    Parameters
    ----------
    images
        float [n, channels, H, W], nominally in [-1, 1].
    columns
        Pictures in a row; the square root of n, rounded up, when None.

    Returns
    -------
    ndarray
        uint8 [rows * H, columns * W, channels]; places without a picture are black.
    """
    n, channels, height, width = images.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    sheet = np.zeros((rows, columns, channels, height, width), dtype=np.uint8)
    sheet.reshape(rows * columns, channels, height, width)[:n] = to_uint8(images).cpu().numpy()
    return np.ascontiguousarray(
        sheet.transpose(0, 3, 1, 4, 2).reshape(rows * height, columns * width, channels)
    )


def save_grid(images: Tensor, path: Path, columns: int | None = None) -> None:
    """Write :func:`make_grid` as a PNG, beside and renamed.

    Parameters
    ----------
    images, columns
        As in :func:`make_grid`; 1, 3 or 4 channels.
    path
        Where to; its folder is created.

    Raises
    ------
    OSError
        If the file cannot be written; an older file of that name then stays as it was.
    """
    sheet = make_grid(images, columns)
    mode = _MODES[sheet.shape[2]]
    path.parent.mkdir(parents=True, exist_ok=True)
    png = io.BytesIO()
    Image.fromarray(sheet[:, :, 0] if mode == "L" else sheet).save(png, format="PNG")
    write_atomic(path, png.getvalue())
