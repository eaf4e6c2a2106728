"""A run: an edit by gradient from one recipe, step by step, between the pictures. No torch."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from latentstudio.engine.editing.values import Ended, Step
from latentstudio.engine.errors import SupersededError, unmeasured

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.desk import Desk
    from latentstudio.engine.editing.lane import Task
    from latentstudio.engine.editing.values import Goal
    from latentstudio.generators.protocol import Generator
    from latentstudio.latents.gradient import GradientEdit

MOST = 500  # steps before it asks whether to go on


class Run:
    """Drives one attribute from where a recipe stands.

    Parameters
    ----------
    need
        What is known of a checkpoint; ValueError, one sentence, when that is nothing.
    recipe
        Where it begins.
    goal
        Where it is to go.
    """

    def __init__(self, need: Callable[[str], Desk], recipe: Recipe, goal: Goal) -> None:
        self._need, self._recipe, self._goal = need, recipe, goal
        self._lock = threading.Lock()
        self._paused = self._stopping = self._reversing = False
        self._gradient: GradientEdit | None = None
        self._last: Step | None = None
        self._ended: Ended | None = None

    def steer(self, how: str) -> bool:
        """``pause``, ``go_on``, ``reverse`` or ``stop``; whether it is to be served again.

        From any thread.
        """
        with self._lock:
            self._paused, self._stopping = how == "pause", how == "stop"
            self._reversing = how == "reverse" or (self._reversing and how != "stop")
            again = self._ended is not None and how in ("go_on", "reverse")
            if again:
                self._ended = None
            return again

    def serve(self, task: Task) -> None:
        """Take steps and tell them, until the end, which is told too."""
        while self._ended is None:
            try:
                desk = self._need(self._recipe.checkpoint)
                step = partial(self._slice, task, desk)
                task.slices(self._recipe.generator, step, quiet=False)
                task.wait(lambda: not self._paused)
            except SupersededError:
                raise
            except Exception as error:
                self._reversing = False
                self._end(unmeasured(error, task.device))
        task.tell("ended", self._ended)

    def _slice(self, task: Task, desk: Desk, generator: Generator) -> bool:
        """Do as told, or else take a step; whether there is more to do."""
        if self._stopping:
            self._end("Stopped.")
        if self._paused or self._ended is not None:
            return False
        if self._gradient is None:
            from latentstudio.engine.editing.begin import begin

            self._gradient = begin(desk, generator, self._recipe, self._goal)
        if self._reversing and self._last is not None:  # there is a start to mirror at
            self._reversing = False
            self._gradient.reverse()
        step, begun = self._stepped(self._gradient, desk, generator), self._last is not None
        if not (begun or step.number or self._gradient.reached[0]):
            return True  # the picture that it began with
        self._last = step
        task.tell("step", step)
        if self._gradient.reached[0]:
            self._end(f"Reached: {step.edit.name}.", reached=True)
        elif self._gradient.stalled:
            self._end(f"Cannot go further: the generator hardly shows more {step.edit.name} here.")
        elif step.number % MOST == 0:
            self._end(f"Not reached in {step.number} steps: go on, or hold less.")
        return self._ended is None

    def _stepped(self, gradient: GradientEdit, desk: Desk, generator: Generator) -> Step:
        """Where it stands after the steps so far; and one more is taken."""
        from latentstudio.engine.editing.begin import edit_of

        begun = time.perf_counter()
        seen: list[Tensor] = []
        hook = desk.classifier.register_forward_hook(
            lambda _module, _inputs, outputs: seen.append(outputs.detach())
        )
        try:
            found = gradient.step()
        finally:
            hook.remove()
        offset = found.offset[0].detach().cpu().numpy()
        return Step(
            found.index - 1,
            edit_of(generator, self._recipe, self._goal, offset),
            found.scores[0].detach().cpu().numpy().astype(np.float64),
            desk.readings(seen[-1])[0],
            time.perf_counter() - begun,
        )

    def _end(self, reason: str, reached: bool = False) -> None:
        with self._lock:
            if not self._reversing:  # asked for in this very moment
                self._ended = Ended(self._last, reason, reached)
