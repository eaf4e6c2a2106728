"""Plays by the clock: frames are skipped where the machine is slow, and never come late."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

_EARLY = 1e-4  # seconds: a timer that fires that much too soon means this frame, not the last


class Player(QObject):
    """Says which frame is due.

    Parameters
    ----------
    clock
        Seconds that never go back.

    Signals
    -------
    due(int)
        Number of the frame to be seen now, counted on over every repetition.
    """

    due = Signal(int)

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._began = 0.0
        self.fps = 30.0  # may change while it plays
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)

    @property
    def going(self) -> bool:
        """Whether it plays."""
        return self._timer.isActive()

    def start(self, at: float, fps: float) -> None:
        """Play from ``at`` seconds on."""
        self.fps = fps
        self._began = self._clock() - at
        self._timer.start(0)

    def stop(self) -> None:
        """Rest."""
        self._timer.stop()

    def tick(self) -> None:
        """Say the frame that is due now, and wait for the next."""
        elapsed = self._clock() - self._began
        frame = math.floor((elapsed + _EARLY) * self.fps)
        wait = (frame + 1) / self.fps - elapsed
        self._timer.start(max(1, math.ceil(wait * 1000)))
        self.due.emit(frame)
