"""How long a run has trained: measuring does not count."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from trainer.state import TrainingState


class Clock:
    """Adds to a state's seconds, by the clock and of the processor.

    Parameters
    ----------
    state
        Holds what earlier sessions of the run took.
    """

    def __init__(self, state: TrainingState) -> None:
        self.state = state
        self._wall = time.monotonic() - state.seconds
        self._cpu = time.process_time() - state.cpu_seconds

    def tick(self) -> None:
        """Bring the state's seconds up to now."""
        self.state.seconds = time.monotonic() - self._wall
        self.state.cpu_seconds = time.process_time() - self._cpu

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """What happens inside takes no time."""
        wall, cpu = time.monotonic(), time.process_time()
        try:
            yield
        finally:
            self._wall += time.monotonic() - wall
            self._cpu += time.process_time() - cpu
