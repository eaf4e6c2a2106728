"""Sheets of pictures as PNG files."""

from __future__ import annotations

import copy
import io
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from latentstudio.atomic import write_atomic
from trainer.averages import refresh_statistics
from trainer.config import RunConfig
from trainer.state import TrainingState

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


def save_grid(images: Tensor, path: Path, columns: int | None = None) -> NDArray[np.uint8]:
    """Write :func:`make_grid` as a PNG, beside and renamed.

    Parameters
    ----------
    images, columns
        As in :func:`make_grid`; 1, 3 or 4 channels.
    path
        Where to; its folder is created.

    Returns
    -------
    ndarray
        The sheet that was written.

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
    return sheet


class SampleSheet:
    """The same samples, drawn again and again while a generator learns.

    Parameters
    ----------
    state
        Gives the generator.
    config
        Gives the number of samples and their seed.
    out
        The run's folder: sheets are ``grids/fakes-KIMG.png``.
    """

    def __init__(self, state: TrainingState, config: RunConfig, out: Path) -> None:
        generator = state.average
        self.z = generator.sample_z(config.grid_size, config.seed)
        self.classes: Tensor | None = None
        if generator.num_classes:
            order = torch.arange(config.grid_size, device=self.z.device)
            self.classes = order % generator.num_classes
        self.out = out

    @torch.no_grad()
    def draw(self, state: TrainingState) -> NDArray[np.uint8]:
        """Write the sheet of the averaged generator as it is now; [H, W, channels]."""
        # A copy: looking at a run must not change it, and only one process looks.
        generator = copy.deepcopy(state.average)
        refresh_statistics(generator, samples=1024)
        parts = []
        for index in torch.split(torch.arange(len(self.z)), 16):
            classes = None if self.classes is None else self.classes[index]
            parts.append(generator(self.z[index], classes))
        images = torch.cat(parts)
        scale = generator.resolution // images.shape[2]  # of a network that still grows
        images = images.repeat_interleave(scale, dim=2).repeat_interleave(scale, dim=3)
        path = self.out / "grids" / f"fakes-{state.images // 1000:06d}.png"
        return save_grid(images, path)
