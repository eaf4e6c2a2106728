"""Numbered pictures in a folder, and contact sheets."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PIL import Image

from latentstudio.document.film_text import PNG_KEYWORD
from latentstudio.document.png import GRID_KEYWORD, embed_recipe, embed_text
from latentstudio.export.grid import GridRecipes, grid
from latentstudio.export.picture import pixels_to_png

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.export.film.plan import Picture, Plan


def write_numbered(path: Path, plan: Plan, pictures: Iterable[Picture]) -> None:
    """Write ``000000.png`` and on into a new folder, each with its recipe."""
    path.mkdir()
    for number, picture in enumerate(pictures):
        png = embed_recipe(_png(picture.pixels), picture.recipe)
        with (path / f"{number:06d}.png").open("wb") as file:
            file.write(png)
            file.flush()
            os.fsync(file.fileno())


def write_sheet(path: Path, plan: Plan, pictures: Iterable[Picture]) -> None:
    """Write one PNG with all pictures, their recipes and the timeline."""
    shown = list(pictures)
    columns = min(plan.settings.columns, len(shown))
    made = GridRecipes(columns, tuple(picture.recipe for picture in shown))
    png = pixels_to_png(grid([picture.pixels for picture in shown], columns))
    png = embed_text(png, GRID_KEYWORD, msgspec.json.encode(made, order="deterministic"))
    path.write_bytes(embed_text(png, PNG_KEYWORD, plan.text))


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG made fast: looking for runs alone takes half the time or less, and 2% more room."""
    buffer = io.BytesIO()
    picture = Image.fromarray(pixels)
    picture.save(buffer, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return buffer.getvalue()
