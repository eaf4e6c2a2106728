"""Where samples and recipes lie in the space in which directions live: w, or z without mapping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import torch

from latentstudio.document.recipe import Recipe, Truncation
from latentstudio.document.sampling import Sampling
from latentstudio.engine.editing.population import paced
from latentstudio.engine.live.rows import Rows
from latentstudio.latents.compose import compose
from latentstudio.latents.samples import draws_of, sample_ws

if TYPE_CHECKING:
    from torch import Tensor

    from latentstudio.engine.editing.desk import Desk
    from latentstudio.engine.editing.lane import Task
    from latentstudio.engine.editing.values import Floats
    from latentstudio.generators.protocol import Generator


def sample_codes(task: Task, desk: Desk) -> Floats:
    """The codes [n, d] of the samples behind the population; mapped at the first call."""

    def draw(generator: Generator, start: int, stop: int) -> None:
        draws = draws_of(generator, Sampling(desk.checkpoint), start, stop)
        with torch.inference_mode():
            desk.codes.append(_code(desk, sample_ws(generator, draws)))

    n = desk.outputs.n
    paced(task, desk.checkpoint, desk.codes.n, n, draw, "Mapping the samples")
    return desk.codes.view(0, n).astype(np.float64)


def recipe_codes(
    task: Task, desk: Desk, recipes: Sequence[Recipe], first: int, stop: int | None
) -> Floats:
    """The codes [n, d] of recipes, truncation left out; the mean over layers that differ.

    Raises
    ------
    ValueError
        For a recipe of another checkpoint.
    """
    own = [msgspec.structs.replace(check(desk, each), truncation=Truncation()) for each in recipes]
    rows = Rows()

    def draw(generator: Generator, start: int, end: int) -> None:
        axes = desk.axes(generator)
        with torch.inference_mode():
            ws = torch.cat([compose(generator, each, axes=axes) for each in own[start:end]])
            if desk.has_mapping:
                ws = ws[:, first:stop].mean(dim=1, keepdim=True)
            rows.append(_code(desk, ws))

    paced(task, desk.checkpoint, 0, len(own), draw, "Mapping the pictures")
    return rows.view().astype(np.float64)


def check(desk: Desk, recipe: Recipe) -> Recipe:
    """The recipe; ValueError, one sentence, when it is of another checkpoint."""
    if recipe.checkpoint != desk.checkpoint:
        raise ValueError(
            f"A picture belongs to the checkpoint {recipe.checkpoint[:8] or 'none'}…, not to"
            f" {desk.checkpoint[:8]}…: take it out of the examples"
        )
    return recipe


def _code(desk: Desk, ws: Tensor) -> Floats:
    """[n, d] of ws [n, layers, w_dim]; without mapping w is z, perhaps with the class behind."""
    return ws[:, 0, : desk.dim].to("cpu", torch.float64).numpy()
