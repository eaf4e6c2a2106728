"""Numbers for the strokes of the hand, so that one stroke becomes one undo step."""

from __future__ import annotations

import itertools
import math
import time

from PySide6.QtGui import QKeyEvent

WHEEL_PAUSE = 0.6

# One count for the whole program: a number never returns, whichever widget it came from.
_numbers = itertools.count(1)


class Gesture:
    """Tells strokes apart: a press and its drag, a held key, a run of wheel clicks.

    Attributes
    ----------
    number
        Of the present stroke; part of the merge key of every change made in it.
    """

    def __init__(self) -> None:
        self.number = next(_numbers)
        self._wheel_at = -math.inf

    def begin(self) -> None:
        """A new stroke: a mouse button went down, or a value was typed."""
        self.number = next(_numbers)
        self._wheel_at = -math.inf

    def key(self, event: QKeyEvent) -> None:
        """A key went down; its automatic repeats belong to the same stroke."""
        if not event.isAutoRepeat():
            self.begin()

    def wheel(self) -> None:
        """A wheel click; clicks that follow each other quickly belong together."""
        now = time.monotonic()
        if now - self._wheel_at > WHEEL_PAUSE:
            self.begin()
        self._wheel_at = now

    def merge(self, path: str) -> str:
        """The merge key of this stroke for the value at ``path``."""
        return f"{path}#{self.number}"
