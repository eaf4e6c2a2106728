"""How a search has gone so far, and how long it will go on. No torch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.engine.inverting.values import Curves

MOST = 400  # points of a curve: more than a screen shows
TELLING = 0.1  # seconds between two pictures of what is under way
_MEMORY = 0.9  # of the running mean of seconds


class Course:
    """The loss of every start, step by step.

    Attributes
    ----------
    steps
        Taken so far.
    """

    def __init__(self) -> None:
        self.steps = 0
        self._losses: dict[int, list[tuple[int, float]]] = {}

    def note(self, step: int, alive: Sequence[int], losses: Sequence[float]) -> None:
        """Write down the losses of the starts that were left at a step."""
        self.steps = step
        for start, loss in zip(alive, losses, strict=True):
            self._losses.setdefault(start, []).append((step, loss))

    def curves(self) -> Curves:
        """By start: steps and losses; of long curves every other point, or fewer, and the last."""
        return {start: _thinned(points) for start, points in self._losses.items()}


def _thinned(points: list[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    every = -(-len(points) // MOST)
    return (*points[: len(points) - 1 : every], points[-1])


class Clock:
    """How long steps take, with everything that goes on between them."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._mean = 0.0

    def rest(self) -> None:
        """What passes until the next step is a pause."""
        self._last = None

    def tick(self) -> None:
        """A step was taken."""
        now = time.monotonic()
        if self._last is not None:
            took = now - self._last
            self._mean = _MEMORY * self._mean + (1.0 - _MEMORY) * took if self._mean else took
        self._last = now

    def seconds(self, steps: int) -> float:
        """How long so many further steps will take."""
        return self._mean * max(steps, 0)
