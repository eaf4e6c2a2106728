"""Axes to go along, and the recipes of a traversal. No Qt, no torch at import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from latentstudio.document.recipe import Point, Recipe, Seed
from latentstudio.export.traversal_ways import Way

if TYPE_CHECKING:
    from pathlib import Path

    from latentstudio.document.direction import Direction
    from latentstudio.engine.editing.lane import Task
    from latentstudio.generators.protocol import Generator

STEPS = 7


def open_axis(task: Task, checkpoint: str, words: str) -> None:
    """Tell ``("way", words, way)`` for ``z:5``, ``pca:0`` or ``sefa:0``; else RecipeError."""
    from latentstudio.export.traversal_ways import open_way

    way = task.once(checkpoint, lambda generator: open_way(words, generator))
    task.tell("way", words, way)


def way_of(direction: Direction) -> Way:
    """The way along a slider of the library."""
    unit = direction.unit or "units"
    return Way(direction.name, unit, direction.low, direction.high, direction.applied)


def amounts_of(way: Way) -> tuple[float, ...]:
    """From one end of a way to the other."""
    return tuple(np.linspace(way.low, way.high, STEPS).tolist())


def starts(present: Recipe, seeds: Sequence[int]) -> tuple[Recipe, ...]:
    """The present picture, and seeds drawn as it is, without what was done to it."""
    bare = Recipe(
        checkpoint=present.checkpoint,
        label=present.label,
        truncation=present.truncation,
        noise=present.noise,
        transform=present.transform,
    )
    return (present, *(bare.with_point(Point("A", Seed(seed))) for seed in seeds))


def save_sheet(path: Path, recipes: Sequence[Recipe], columns: int) -> Callable[[Task], None]:
    """Work for a lane: draw recipes and write them as one PNG; tells ``("saved", path)``."""

    def work(task: Task) -> None:
        from latentstudio.engine.frame import Frame
        from latentstudio.engine.render import draw, to_pixels
        from latentstudio.export.grid import save_grid
        from latentstudio.latents.principal import principal_axes

        frames: list[Frame] = []
        axes = cache(lambda generator, label: principal_axes(generator, label=label))

        def step(generator: Generator) -> bool:
            recipe = recipes[len(frames)]
            pixels = to_pixels(draw(generator, recipe, axes=partial(axes, generator)))
            frames.append(Frame(recipe, pixels, False, 0.0, generator.device.type, "float32", 0))
            return len(frames) < len(recipes)

        task.slices(recipes[0].checkpoint, step)
        save_grid(path, frames, columns)
        task.tell("saved", path)

    return work
