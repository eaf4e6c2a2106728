"""A timeline and a draughtsman that needs no network."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from latentstudio.document.recipe import Recipe, Truncation
from latentstudio.document.timeline.ease import Ease
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.engine.frame import Frame

SIDE = 16


@pytest.fixture
def timeline() -> Callable[..., Timeline]:
    """Psi from 0 to 1 along a line: frame i of n has psi i / n."""

    def make(frames: int = 12, **changes: object) -> Timeline:
        start = Timeline(length=frames / 12, rate=(12, 1))
        low, high = (Recipe(truncation=Truncation(psi)) for psi in (0.0, 1.0))
        made = start.with_mark(0.0, low, Ease("linear")).with_mark(frames / 12, high)
        return msgspec.structs.replace(made, **changes)

    return make


def colour(recipe: Recipe) -> tuple[int, int, int]:
    """The flat colour that :func:`draw` paints."""
    level = round(255 * recipe.truncation.psi)
    return level, 255 - level, 90


@pytest.fixture
def draw() -> Callable[[Recipe], Frame]:
    def paint(recipe: Recipe) -> Frame:
        pixels = np.full((SIDE, SIDE, 4), 255, np.uint8)
        pixels[:, :, :3] = colour(recipe)
        return Frame(recipe, pixels, False, 0.0, "cpu", "float32", 0)

    return paint


@pytest.fixture
def painted() -> Callable[[Recipe], tuple[int, int, int]]:
    return colour
