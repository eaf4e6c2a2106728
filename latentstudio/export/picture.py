"""Single pictures: a frame saved exactly, with the recipe that made it."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from latentstudio.atomic import write_atomic
from latentstudio.document.png import embed_recipe, read_recipe
from latentstudio.document.recipe import Recipe, RecipeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentstudio.engine.frame import Frame


def pixels_to_png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode uint8 [H, W, 3] or [H, W, 4] as an RGB PNG, pixel for pixel.

    The fourth byte of a frame is padding, always opaque, and is left out.

    Raises
    ------
    ValueError
        If the array has another type or shape, or no pixel.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        raise ValueError(
            f"pixels are {pixels.dtype} {list(pixels.shape)}; expected uint8 [H, W, 3] or [H, W, 4]"
        )
    if pixels.size == 0:
        raise ValueError(f"pixels are {list(pixels.shape)}: there is no picture to save")
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[:, :, :3])).save(buffer, "PNG")
    return buffer.getvalue()


def frame_to_png(frame: Frame) -> bytes:
    """Encode a frame as an RGB PNG that carries the frame's recipe.

    Raises
    ------
    ValueError
        If the frame is a preview: what is saved is exact.
    """
    refuse_preview(frame)
    return embed_recipe(pixels_to_png(frame.pixels), frame.recipe)


def save_png(path: str | os.PathLike[str], frame: Frame) -> None:
    """Save a frame with its recipe, whole or not at all.

    Raises
    ------
    ValueError
        If the frame is a preview.
    latentstudio.atomic.SaveError
        One sentence; what was on the disk is as it was.
    """
    write_atomic(path, frame_to_png(frame))


def read_picture_recipe(path: str | os.PathLike[str]) -> Recipe:
    """Read the recipe of a saved picture; of a large file only the headers are read.

    Raises
    ------
    latentstudio.document.recipe.RecipeError
        One sentence: no such file, not a PNG, no recipe in it, damaged, or from a newer version.
    """
    file = Path(path)
    try:
        if not file.exists():
            raise RecipeError(f"{file} is not there: it was moved, renamed or deleted")
        if not file.is_file():  # a folder; or a pipe, which would never end
            raise RecipeError(f"{file} is not a file, so it cannot be a picture")
        with file.open("rb") as stream:
            return read_recipe(stream, str(file))
    except OSError as error:
        raise RecipeError(f"{file} cannot be read: {error.strerror}") from error


def refuse_preview(frame: Frame) -> None:
    """Raise ValueError if the frame is coarser than what may be saved."""
    if frame.preview:
        raise ValueError("the frame is a preview: render it in full before it is saved")
