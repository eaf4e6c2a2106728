"""Inside the network: what its layers carry, and which channels answer to what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from latentstudio.document.sampling import Sampling
from latentstudio.engine.editing.population import paced
from latentstudio.engine.editing.values import Activations, Answering
from latentstudio.engine.live.rows import Rows
from latentstudio.generators.probe import Probe, spectrum
from latentstudio.generators.tap import Chain
from latentstudio.latents.compose import compose
from latentstudio.latents.samples import draws_of, sample_ws, settings_of
from latentstudio.metrics.channels import answering, channel_response
from latentstudio.metrics.scores import difference, find

if TYPE_CHECKING:
    from torch import Tensor

    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.desk import Desk
    from latentstudio.engine.editing.lane import Task
    from latentstudio.engine.editing.values import Floats
    from latentstudio.generators.protocol import Generator

SAMPLES = 256  # behind a correlation
MOST = 64  # channels that are told


def activate(task: Task, desk: Desk | None, recipe: Recipe, layer: int) -> None:
    """Tell what a layer carries while the recipe is drawn; a desk spares time."""

    def work(generator: Generator) -> Activations:
        with torch.inference_mode():
            axes = None if desk is None else desk.axes(generator)
            ws = compose(generator, recipe, axes=axes)
            probe = probed(generator, recipe, ws, (check_layer(generator, layer),))[0]
            maps = probe.maps[layer].to("cpu", torch.float32)
            power = spectrum(maps)[0]
        half = maps[0].clamp(-65504.0, 65504.0).numpy().astype(np.float16)
        return Activations(recipe, layer, half, power.numpy().astype(np.float64))

    task.tell("activations", task.once(recipe.generator, work))


def answer(task: Task, desk: Desk, attribute: str, value: str, layer: int) -> None:
    """Tell which channels of a layer answer to an attribute, over samples."""
    column = find(desk.columns, attribute, value)
    means, outputs = desk.means(layer, lambda: (Rows(), Rows()))

    def draw(generator: Generator, start: int, stop: int) -> None:
        check_layer(generator, layer)
        probe, images = sampled(generator, desk.checkpoint, start, stop, (layer,))
        rows = probe.maps[layer].float().mean(dim=(2, 3)).cpu().numpy()
        outputs.append(desk.look(images).numpy())
        means.append(rows)

    paced(task, desk.checkpoint, means.n, SAMPLES, draw, "Asking the channels")
    readings = desk.readings(outputs.view(0, SAMPLES))
    moved = difference(desk.columns, desk.population.reading_mean[None], readings)
    response = channel_response(means.view(0, SAMPLES), moved)
    channels = answering(response, column, MOST)
    task.tell(
        "answering",
        Answering(
            attribute,
            value,
            layer,
            tuple(int(channel) for channel in channels),
            response.correlation[:, column],
        ),
    )


def sampled(
    generator: Generator,
    checkpoint: str,
    start: int,
    stop: int,
    layers: Sequence[int],
    styles: bool = False,
) -> tuple[Probe, Tensor]:
    """A generator's samples at psi 1 with what passes in some layers, and their pictures."""
    sampling = Sampling(checkpoint)
    with torch.inference_mode():
        ws = sample_ws(generator, draws_of(generator, sampling, start, stop))
        return probed(generator, sampling, ws, layers, styles)


def probed(
    generator: Generator,
    of: Recipe | Sampling,
    ws: Tensor,
    layers: Sequence[int],
    styles: bool = False,
) -> tuple[Probe, Tensor]:
    """What passes in some layers while ``ws`` are drawn with these settings, and the pictures."""
    probe, settings = Probe(layers, styles), settings_of(generator, of)
    bending = settings.get("tap")
    settings["tap"] = probe if bending is None else Chain([bending, probe])
    return probe, generator.synthesize(ws, **settings)


def styles_seen(probe: Probe, layers: Sequence[int]) -> Floats:
    """The styles of some layers side by side, [n, channels of all]."""
    rows = torch.cat([probe.styles[layer] for layer in layers], dim=1)
    return rows.to("cpu", torch.float64).numpy()


def check_layer(generator: Generator, layer: int) -> int:
    """The layer; ValueError, one sentence, when the generator has none of that number."""
    if not 0 <= layer < len(generator.layers):
        raise ValueError(
            f"There is no layer {layer}: this generator has 0 to {len(generator.layers) - 1}"
        )
    return layer
