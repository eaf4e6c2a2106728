"""Contact sheets: several pictures in one, with a recipe for each.

A saved grid carries its recipes as JSON in an ``iTXt`` chunk with the keyword
``latentstudio-grid``: ``{"columns": 4, "recipes": [...], "version": 1}``, row by row from the
top left. It is no single picture's recipe, so opening a grid as a picture gives a sentence.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from latentstudio.atomic import write_atomic
from latentstudio.document.png import GRID_KEYWORD, embed_text, read_text
from latentstudio.document.recipe import Recipe, RecipeError
from latentstudio.export.picture import pixels_to_png, refuse_preview

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentstudio.engine.frame import Frame

VERSION = 1


class GridRecipes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a grid was made of: its recipes, row by row, and how many stand in a row."""

    columns: int
    recipes: tuple[Recipe, ...]
    version: int = VERSION

    def __post_init__(self) -> None:
        if self.version != VERSION:
            raise ValueError(
                f"version is {self.version}; this latentstudio reads grid version {VERSION}"
            )
        if not 1 <= self.columns <= max(1, len(self.recipes)):
            raise ValueError(f"columns is {self.columns}; the grid has {len(self.recipes)} recipes")


def grid(pictures: Sequence[NDArray[np.uint8]], columns: int) -> NDArray[np.uint8]:
    """Lay pictures side by side, row by row from the top left, without gaps.

    Parameters
    ----------
    pictures
        uint8 [H, W, C] each, all of one shape, at least one; C is 3 or 4.
    columns
        Pictures in a row, 1 or more; fewer pictures than columns give one shorter row.

    Returns
    -------
    NDArray[np.uint8]
        uint8 [rows * H, min(columns, n) * W, C]; cells without a picture are black.

    Raises
    ------
    ValueError
        If there is no picture, the shapes differ, or ``columns`` is below 1.
    """
    if columns < 1:
        raise ValueError(f"columns is {columns}; it must be 1 or more")
    if not pictures:
        raise ValueError("there is no picture to put into a grid")
    shapes = {picture.shape for picture in pictures}
    if len(shapes) > 1:
        raise ValueError(f"the pictures of a grid differ in shape: {sorted(shapes)}")
    height, width, channels = pictures[0].shape
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    sheet = np.zeros((rows * height, columns * width, channels), np.uint8)
    for number, picture in enumerate(pictures):
        top, left = number // columns * height, number % columns * width
        sheet[top : top + height, left : left + width] = picture
    return sheet


def save_grid(path: str | os.PathLike[str], frames: Sequence[Frame], columns: int) -> None:
    """Save frames as one PNG that carries all their recipes, whole or not at all.

    Raises
    ------
    ValueError
        As :func:`grid`, or if a frame is a preview.
    latentstudio.document.recipe.RecipeError
        If the recipes together are above 16 MiB.
    latentstudio.atomic.SaveError
        One sentence; what was on the disk is as it was.
    """
    for frame in frames:
        refuse_preview(frame)
    sheet = grid([frame.pixels for frame in frames], columns)
    made = GridRecipes(min(columns, len(frames)), tuple(frame.recipe for frame in frames))
    text = msgspec.json.encode(made, order="deterministic")
    write_atomic(path, embed_text(pixels_to_png(sheet), GRID_KEYWORD, text))


def read_grid_recipes(path: str | os.PathLike[str]) -> GridRecipes:
    """Read the recipes of a saved grid.

    Raises
    ------
    latentstudio.document.recipe.RecipeError
        One sentence: not a PNG, not a grid, or damaged.
    """
    file = Path(path)
    try:
        if not file.is_file():
            raise RecipeError(f"{file} is not there or not a file")
        with file.open("rb") as stream:
            text = read_text(stream, GRID_KEYWORD, str(file))
    except OSError as error:
        raise RecipeError(f"{file} cannot be read: {error.strerror}") from error
    if text is None:
        raise RecipeError(f"{file} is not a grid saved by latentstudio")
    try:
        return msgspec.json.decode(text, type=GridRecipes)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RecipeError(f"{file} does not hold readable recipes: {error}") from error
