"""Traversals: what happens to some portraits along one axis, as a sheet of pictures.

Rows are seeds, columns amounts. Every cell is a recipe, and the sheet carries them all
(:mod:`latentstudio.export.grid`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from latentstudio.document.recipe import Point, Recipe, Seed
from latentstudio.engine.frame import Frame
from latentstudio.export.grid import save_grid

if TYPE_CHECKING:
    from latentstudio.export.traversal_ways import Way
    from latentstudio.generators.protocol import Generator

STEPS = 7


def traversal(
    way: Way,
    generator: Generator,
    seeds: Sequence[int],
    steps: int = STEPS,
    *,
    difference: str = "",
) -> list[Frame]:
    """Draw a traversal: ``steps`` pictures for each seed, row by row.

    Parameters
    ----------
    way
        Of this generator.
    generator
        Drawn without truncation; a class 0 where it has classes.
    seeds
        One a row.
    steps
        At least 2, evenly from the low to the high end.
    difference
        Content hash of what has tuned the generator, for the recipes.
    """
    from latentstudio.engine.render import draw, to_pixels
    from latentstudio.latents.principal import principal_axes

    axes = cache(lambda label: principal_axes(generator, label=label))
    base = Recipe(checkpoint=generator.content_hash, difference=difference)
    frames = []
    for seed in seeds:
        start = base.with_point(Point("A", Seed(seed)))
        for amount in np.linspace(way.low, way.high, steps).tolist():
            recipe = way.at(start, amount)
            pixels = to_pixels(draw(generator, recipe, axes=axes))
            device = generator.device.type
            frames.append(Frame(recipe, pixels, False, 0.0, device, "float32", 0))
    return frames


def save_traversal(
    path: str | os.PathLike[str],
    way: Way,
    generator: Generator,
    seeds: Sequence[int],
    steps: int = STEPS,
    *,
    difference: str = "",
) -> None:
    """Draw a traversal into one PNG that carries its recipes; errors as ``save_grid``."""
    save_grid(path, traversal(way, generator, seeds, steps, difference=difference), steps)
