"""Axes to go along, in words: ``z:5``, ``pca:0``, ``sefa:0@2-4``, a direction's file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from latentstudio.document.direction import Direction
from latentstudio.document.recipe import Axis, Recipe, RecipeError
from latentstudio.document.vector import Vector
from latentstudio.latents.fit import check_fit

if TYPE_CHECKING:
    from latentstudio.generators.protocol import Generator

_TURN = 1.0  # radians to either side: two seeds are about 1.6 apart
_DEVIATIONS = 3.0
_SAMPLES = 2000  # to know what one standard deviation is
_FORMS = "z:NUMBER, pca:NUMBER, sefa:NUMBER, or a .direction.json file"


@dataclass(frozen=True)
class Way:
    """An axis to go along.

    Attributes
    ----------
    name
        Fit for a file's name and for people.
    unit
        Of the amounts.
    low, high
        Where a traversal begins and ends.
    at
        The recipe as far along as the amount says.
    """

    name: str
    unit: str
    low: float
    high: float
    at: Callable[[Recipe, float], Recipe]


def open_way(text: str, generator: Generator) -> Way:
    """Read what an axis is called.

    Parameters
    ----------
    text
        ``z:5`` (coordinate 5 of z), ``pca:0`` (principal component of w), ``sefa:0`` (closed-form
        factorisation of the weights), ``sefa:0@2-4`` (found in and applied to layers 2 to 4), or
        a direction's file.
    generator
        Whose latents they are.

    Raises
    ------
    RecipeError
        One sentence: there is no such axis, or the direction is another generator's.
    """
    kind, colon, rest = text.partition(":")
    if kind not in ("z", "pca", "sefa") or not colon:
        return _of_file(text, generator)
    number, at, span = rest.partition("@")
    if not _is_number(number) or (at and kind != "sefa"):
        raise RecipeError(f"{text!r} is no axis: write {_FORMS}")
    if kind == "sefa":
        return _sefa(generator, int(number), *_layers(text, span, generator))
    size = generator.z_dim if kind == "z" else generator.w_dim
    if kind == "pca" and not generator.has_mapping:
        raise RecipeError(f"{generator.name} has no mapping network, and so no pca: use sefa:0")
    if int(number) >= size:
        raise RecipeError(f"{text!r} is no axis: this generator has {kind}:0 to {kind}:{size - 1}")
    if kind == "z":
        move = partial(_moved, Axis("coordinate", int(number)))
        return Way(f"z-{number}", "radians", -_TURN, _TURN, move)
    move = partial(_moved, Axis("principal", int(number)))
    return Way(f"pca-{number}", "standard deviations", -_DEVIATIONS, _DEVIATIONS, move)


def _moved(axis: Axis, recipe: Recipe, amount: float) -> Recipe:
    return recipe.with_point(recipe.point("A").moved(axis, amount))


def _of(direction: Direction, name: str) -> Way:
    unit = direction.unit or "units"
    return Way(name, unit, direction.low, direction.high, direction.applied)


def _of_file(text: str, generator: Generator) -> Way:
    path = Path(text)
    if not path.is_file():
        raise RecipeError(f"{text!r} is no axis and no file: write {_FORMS}")
    from latentstudio.document.direction_file import read_direction

    direction = read_direction(path)
    # A sentence now, rather than when it is drawn, for a direction of another generator.
    check_fit(generator.info, direction.applied(Recipe(checkpoint=generator.content_hash), 1.0))
    words = "".join(c if c.isalnum() else "-" for c in direction.name.lower())
    return _of(direction, words.strip("-") or direction.key)


def _sefa(generator: Generator, index: int, first: int, stop: int) -> Way:
    """Amounts in standard deviations of samples along it, so that sheets compare."""
    import torch

    from latentstudio.latents.directions.calibrate import calibrate
    from latentstudio.latents.directions.sefa import sefa

    codes = generator.sample_z(_SAMPLES, 0)
    if generator.has_mapping:
        labels = torch.zeros(_SAMPLES, dtype=torch.long) if generator.num_classes else None
        codes = generator.map(codes, labels)[:, 0]
    try:
        weights = [generator.affine_weights(layer) for layer in range(first, stop)]
        step = calibrate(sefa(weights, index + 1).vectors[index], codes)
    except ValueError as error:
        raise RecipeError(f"sefa:{index} is not to be had: {error}") from error
    direction = Direction(
        name=f"SeFa {index}",
        checkpoint=generator.content_hash,
        vector=Vector.of("w" if generator.has_mapping else "z", step.astype(np.float32)),
        first=first,
        stop=stop,
        unit="standard deviations",
        low=-_DEVIATIONS,
        high=_DEVIATIONS,
        method="sefa",
    )
    span = "" if (first, stop) == (0, generator.num_layers) else f"-layers-{first}-{stop - 1}"
    return _of(direction, f"sefa-{index}{span}")


def _layers(text: str, span: str, generator: Generator) -> tuple[int, int]:
    """The layers first to stop - 1 of ``2-4``; all for nothing."""
    if not span:
        return 0, generator.num_layers
    first, _, last = span.partition("-")
    last = last or first
    if not (_is_number(first) and _is_number(last)):
        raise RecipeError(f"{text!r} is no axis: write layers as in sefa:0@2-4")
    if not int(first) <= int(last) < generator.num_layers:
        raise RecipeError(
            f"{text!r} is no axis: this generator has layers 0 to {generator.num_layers - 1}"
        )
    return int(first), int(last) + 1


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9
