"""A fine tuning with what its result is measured by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import torch
from torch import Tensor

from latentstudio.checkpoints.difference import read_difference
from latentstudio.engine.errors import EngineError
from latentstudio.engine.inverting.showing import pixels
from latentstudio.engine.inverting.values import Tuned, Tuning
from latentstudio.latents.compose import compose
from latentstudio.latents.inversion.tuning import Tuner
from latentstudio.latents.samples import settings_of

if TYPE_CHECKING:
    from latentstudio.checkpoints.differences import Differences
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.inverting.easel import Easel
    from latentstudio.engine.inverting.values import Pixels
    from latentstudio.generators.protocol import Generator

NAME = "Fine tuning"
RANDOM = 8  # pictures whose distances are the unit


class Fitting:
    """Steps towards a picture; for the thread that draws.

    Parameters
    ----------
    easel
        Of the checkpoint.
    generator
        As the recipe's own difference leaves it.
    recipe, picture, steps
        What to fit, to what, in how many steps.

    Raises
    ------
    RecipeError
        When the recipe does not fit the generator.
    """

    def __init__(
        self, easel: Easel, generator: Generator, recipe: Recipe, picture: Pixels, steps: int
    ) -> None:
        self._matching = easel.matching(picture)
        self._steps = steps
        with torch.no_grad():
            ws = compose(generator, recipe, axes=easel.axes_of(generator))
            label = torch.full((RANDOM,), recipe.label or 0, device=generator.device)
            random = generator.map(generator.sample_z(RANDOM, 0), label)
            drawn = torch.cat([generator.synthesize(row[None]) for row in random])
        self._unit = max(self._matching.usual(drawn), 1e-6)
        self.tuner = Tuner(
            generator, ws, self._matching, steps=steps, settings=settings_of(generator, recipe)
        )
        self._seen: list[tuple[float, float]] = []  # loss and distance of what was drawn
        self._image: Tensor | None = None

    @property
    def done(self) -> bool:
        """Whether there is nothing left to do."""
        return self.tuner.done

    @property
    def before(self) -> float:
        """Distance of the first picture, as a share of that between random ones."""
        return self._seen[0][1]

    @property
    def after(self) -> float:
        """The same of the picture with the least loss."""
        return min(self._seen)[1]

    def step(self) -> int:
        """Take a step; its number."""
        progress = self.tuner.step()
        distance = float(self._matching.distance(progress.image)[0]) / self._unit
        self._seen.append((progress.loss, distance))
        self._image = progress.image[0]
        return progress.index

    def tuning(self, seconds_left: float) -> Tuning:
        """Where it stands after the last step."""
        assert self._image is not None
        done = len(self._seen)
        return Tuning(done, self._steps, seconds_left, self._seen[-1][0], pixels(self._image))


def kept(
    fitting: Fitting,
    recipe: Recipe,
    differences: Differences,
    locate: Callable[[str], Path | None],
) -> Tuned:
    """The best of a fitting, kept as a difference, with what the recipe's own holds already.

    Raises
    ------
    EngineError, CheckpointError
        One sentence: nothing has become better, or it cannot be written.
    """
    difference = fitting.tuner.difference(NAME)
    if not difference.weights:
        raise EngineError(
            "Fine tuning has not brought the picture any nearer, so the generator stays as it was:"
            " give it more steps, or search for a better point first"
        )
    if recipe.difference:
        own = locate(recipe.difference)
        if own is None:
            raise EngineError(
                f"The fine tuning {recipe.difference[:8]}… that this one goes on from is not here"
                " any more: open its session again"
            )
        difference = read_difference(own, recipe.difference).then(difference)
    digest = differences.add(difference)
    path = differences.locate(digest)
    assert path is not None
    tuned = msgspec.structs.replace(recipe, difference=digest)
    return Tuned(tuned, digest, path, fitting.before, fitting.after)
