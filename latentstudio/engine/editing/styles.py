"""Directions through style channels: one channel, or those that set examples apart.

Wu et al., "StyleSpace Analysis" (2021), section 5: a channel is the better, the further and the
more alike the examples stand from the mean of all samples, in its own standard deviations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from latentstudio.document.edit import Bend
from latentstudio.engine.editing.codes import check
from latentstudio.engine.editing.inside import probed, sampled, styles_seen
from latentstudio.engine.editing.population import paced
from latentstudio.engine.live.rows import Rows
from latentstudio.latents.compose import compose
from latentstudio.latents.directions.style import style_directions

if TYPE_CHECKING:
    from latentstudio.engine.editing.desk import Desk
    from latentstudio.engine.editing.lane import Task
    from latentstudio.engine.editing.values import FitRequest, Floats
    from latentstudio.generators.protocol import Generator

SAMPLES = 256  # behind mean and deviation of a channel
CHANNELS = 8  # of a direction from examples
FEW = 10  # examples, below which luck may have chosen the channels


def style_bends(task: Task, desk: Desk, request: FitRequest) -> tuple[tuple[Bend, ...], str, bool]:
    """The bends for amount 1, what is to be said of them, and whether they are weak.

    Raises
    ------
    ValueError
        One sentence: no styles here, no such channel, or too few examples.
    """
    sizes = task.once(
        desk.checkpoint,
        lambda generator: {
            layer: count
            for layer in range(generator.num_layers)
            if (count := generator.style_channels(layer))
        },
    )
    last = request.stop if request.more else request.first + 1
    layers = [n for n in sizes if request.first <= n and (last is None or n < last)]
    if not layers:
        raise ValueError("There are no styles in these layers: choose others, or a fit in w")
    places = [(layer, channel) for layer in layers for channel in range(sizes[layer])]
    rows = Rows()

    def draw(generator: Generator, start: int, stop: int) -> None:
        probe, _ = sampled(generator, desk.checkpoint, start, stop, layers, styles=True)
        rows.append(styles_seen(probe, layers))

    paced(task, desk.checkpoint, 0, SAMPLES, draw, "Looking at the styles")
    mean, sd = rows.view().mean(axis=0), rows.view().std(axis=0, ddof=1)
    if not request.more:
        return _single(request, places, sd)
    seen = _examples(task, desk, request, layers)
    best = style_directions(seen, mean, sd).channels[:CHANNELS]
    steps = (seen.mean(axis=0) - mean)[best]
    bends = _bends([places[i] for i in best], steps)
    sentence = f"The {len(best)} of {len(places)} style channels that set the pictures apart most."
    return bends, sentence, len(seen) < FEW


def _single(
    request: FitRequest, places: list[tuple[int, int]], sd: Floats
) -> tuple[tuple[Bend, ...], str, bool]:
    if request.index >= len(places):
        raise ValueError(
            f"There is no style channel {request.index}: the last is {len(places) - 1}"
        )
    step = float(sd[request.index])
    if step < 1e-6:
        raise ValueError(f"Style channel {request.index} is the same in all pictures: try another")
    bends = _bends([places[request.index]], np.array([step]))
    return bends, f"1 σ of the channel over {SAMPLES} samples.", False


def _bends(places: list[tuple[int, int]], steps: Floats) -> tuple[Bend, ...]:
    return tuple(
        Bend(layer, (channel,), "style", float(step))
        for (layer, channel), step in zip(places, steps, strict=True)
        if step
    )


def _examples(task: Task, desk: Desk, request: FitRequest, layers: list[int]) -> Floats:
    recipes = [check(desk, recipe) for recipe in request.more]
    rows = Rows()

    def draw(generator: Generator, start: int, stop: int) -> None:
        axes, seen = desk.axes(generator), []
        with torch.inference_mode():
            for recipe in recipes[start:stop]:
                ws = compose(generator, recipe, axes=axes)
                probe, _ = probed(generator, recipe, ws, layers, styles=True)
                seen.append(styles_seen(probe, layers))
        rows.append(np.concatenate(seen))

    paced(task, desk.checkpoint, 0, len(recipes), draw, "Looking at the examples")
    return rows.view()
