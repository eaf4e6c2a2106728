"""Fine tuning of a generator around one point, step by step, between the pictures. No torch."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from latentstudio.engine.inverting.course import TELLING, Clock

if TYPE_CHECKING:
    from pathlib import Path

    from latentstudio.checkpoints.differences import Differences
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.lane import Task
    from latentstudio.engine.inverting.easel import Easel
    from latentstudio.engine.inverting.fitting import Fitting
    from latentstudio.engine.inverting.values import Pixels
    from latentstudio.generators.protocol import Generator


class Tune:
    """One fine tuning.

    Parameters
    ----------
    ready
        What stands ready for a checkpoint; takes the task.
    recipe, picture, steps
        As in :meth:`~latentstudio.engine.inverting.inverter.Inverter.tune`.
    differences
        Where the result is kept.
    locate
        Content hash of a difference to its file.
    """

    def __init__(
        self,
        ready: Callable[[Task, str], Easel],
        recipe: Recipe,
        picture: Pixels,
        steps: int,
        differences: Differences,
        locate: Callable[[str], Path | None],
    ) -> None:
        self._ready, self._recipe, self._picture, self._steps = ready, recipe, picture, steps
        self._differences, self._locate = differences, locate
        self._stopping = False
        self._fitting: Fitting | None = None
        self._clock, self._told = Clock(), 0.0

    def stop(self) -> None:
        """Keep the best so far. From any thread."""
        self._stopping = True

    def serve(self, task: Task) -> None:
        """Take steps and tell them, and the end."""
        from latentstudio.engine.inverting.fitting import kept

        easel = self._ready(task, self._recipe.checkpoint)
        task.slices(self._recipe.generator, lambda g: self._slice(task, easel, g), quiet=False)
        assert self._fitting is not None
        task.tell("tuned", kept(self._fitting, self._recipe, self._differences, self._locate))

    def _slice(self, task: Task, easel: Easel, generator: Generator) -> bool:
        """Take a step; whether there is more to do."""
        if self._fitting is None:
            from latentstudio.engine.inverting.fitting import Fitting

            self._fitting = Fitting(easel, generator, self._recipe, self._picture, self._steps)
            return True
        left = self._steps - self._fitting.step()
        self._clock.tick()
        over = self._stopping or self._fitting.done
        if time.monotonic() >= self._told + TELLING or over:
            self._told = time.monotonic()
            task.tell("tuning", self._fitting.tuning(self._clock.seconds(left)))
        return not over
