"""A search for the point of a picture, step by step, between the pictures. No torch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from latentstudio.engine.errors import SupersededError, unmeasured
from latentstudio.engine.inverting.course import TELLING, Clock, Course
from latentstudio.engine.inverting.values import Answer, Ended

if TYPE_CHECKING:
    from latentstudio.checkpoints.differences import Differences
    from latentstudio.engine.editing.lane import Task
    from latentstudio.engine.inverting.draft import Draft
    from latentstudio.engine.inverting.easel import Easel
    from latentstudio.engine.inverting.showing import Showing
    from latentstudio.engine.inverting.values import Order
    from latentstudio.generators.protocol import Generator


class Search:
    """One order, from the first sample that is tried to the last refinement.

    Parameters
    ----------
    ready
        What stands ready for a checkpoint; takes the task.
    order
        What is wanted.
    differences
        Where noise planes are kept.
    """

    def __init__(
        self, ready: Callable[[Task, str], Easel], order: Order, differences: Differences
    ) -> None:
        self._ready, self._order, self._differences = ready, order, differences
        self._lock = threading.Lock()
        self._paused = self._stopping = False
        self._further = 0  # steps of a refinement that is asked for
        self._draft: Draft | None = None
        self._showing: Showing | None = None  # once the search itself has begun
        self._course, self._clock = Course(), Clock()
        self._told = 0.0
        self._ended: Ended | None = None

    def steer(self, how: str, steps: int = 0) -> bool:
        """``pause``, ``go_on``, ``refine`` or ``stop``; whether it is to be served again.

        From any thread.
        """
        with self._lock:
            self._paused, self._stopping = how == "pause", how == "stop"
            again = how == "refine" and self._ended is not None and self._showing is not None
            if how == "refine":
                self._further = steps
            if again:
                self._ended = None
            return again

    def serve(self, task: Task) -> None:
        """Take steps and tell them, until the end, which is told too."""
        while self._ended is None:
            try:
                self._prepare(task)
                self._clock.rest()
                task.slices(
                    self._order.checkpoint, lambda generator: self._slice(task, generator), False
                )
                task.wait(lambda: not self._paused)
            except SupersededError:
                raise
            except Exception as error:
                self._further = 0
                self._end(unmeasured(error, task.device))
        task.tell("ended", self._ended)

    def _prepare(self, task: Task) -> None:
        """Read the files that are needed, and what the samples are like."""
        if self._draft is not None:
            return
        from latentstudio.engine.inverting.draft import Draft, check_order

        order = self._order
        task.once(order.checkpoint, lambda generator: check_order(generator, order))
        easel = self._ready(task, order.checkpoint)
        if order.warm:
            easel.learn(task)
        self._draft = Draft(easel, order)
        task.tell("begun", order)

    def _slice(self, task: Task, generator: Generator) -> bool:
        """Do as told, or else take a step; whether there is more to do."""
        assert self._draft is not None
        if self._stopping:
            self._end("Stopped.")
        if self._paused or self._ended is not None:
            return False
        if self._showing is None:
            if not self._draft.step(generator):
                from latentstudio.engine.inverting.showing import Showing

                self._showing = Showing(self._draft, generator)
            return True
        if self._course.steps:  # there is something to refine
            with self._lock:
                further, self._further = self._further, 0
            if further:
                self._showing.projector.refine(further)
        self._step(task, self._showing)
        if self._showing.projector.done:
            self._end(f"Done after {self._course.steps} steps.")
        return self._ended is None

    def _step(self, task: Task, showing: Showing) -> None:
        projector = showing.projector
        step = projector.step()
        self._course.note(step.index, step.alive.tolist(), step.loss.tolist())
        self._clock.tick()
        if time.monotonic() >= self._told + TELLING or step.index == 1 or projector.done:
            left = self._clock.seconds(projector.steps - step.index)
            task.tell("moved", showing.progress(step, left, self._course.curves()))
            self._told = time.monotonic()

    def _end(self, reason: str) -> None:
        """Keep the best; the answers are made here, in the thread that draws."""
        answers: tuple[Answer, ...] = ()
        warning = ""
        if self._showing is not None and self._course.steps:
            answers, warning = self._showing.answers(self._differences, not self._stopping)
        ended = Ended(self._order, answers, reason, warning, self._course.curves())
        with self._lock:
            if not self._further:  # asked for in this very moment
                self._ended = ended
