"""From seconds to pixels and back: one scale for everything that stands over time."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

NAMES = 112  # px for the names of the rows
BEFORE = 22  # px before the start: half a small picture
BEHIND = 28  # px behind the end: as before it, and the bar that scrolls
_CLOSEST = 0.1  # seconds across


class Scale(QObject):
    """Which stretch of time is in sight.

    Attributes
    ----------
    start, span
        In seconds.
    length
        Up to where there is something to see, in seconds.
    fitted
        Whether all of it is shown, however long it is.

    Signals
    -------
    changed()
        Everything lies elsewhere now.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.start, self.span = 0.0, 6.0
        self.fitted = True
        self.length = 6.0
        self._wanted: float | None = None  # while it is held
        self._held = False
        self._width = 600

    @property
    def pixels(self) -> float:
        """Pixels per second."""
        return max(1, self._width - NAMES - BEFORE - BEHIND) / self.span

    def x(self, time: float) -> float:
        """Where a time lies."""
        return NAMES + BEFORE + (time - self.start) * self.pixels

    def time(self, x: float) -> float:
        """Which time lies there."""
        return self.start + (x - NAMES - BEFORE) / self.pixels

    def set_width(self, width: int) -> None:
        """The widgets are that wide."""
        if width != self._width:
            self._width = width
            self.changed.emit()

    def set_length(self, length: float) -> None:
        """There is something to see up to that time."""
        if self._held:
            self._wanted = length
        elif length != self.length:
            self.length = length
            self._put(self.start, length if self.fitted else self.span)

    def hold(self) -> None:
        """The hand drags something: nothing must move away under it."""
        self._held = True

    def let_go(self) -> None:
        """The hand has let go."""
        self._held = False
        if self._wanted is not None:
            self.set_length(self._wanted)
            self._wanted = None

    def fit(self) -> None:
        """Show everything."""
        self.fitted = True
        self._put(0.0, self.length)

    def zoom(self, factor: float, x: float) -> None:
        """Show ``factor`` times as many pixels a second; what is at ``x`` stays there."""
        time, share = self.time(x), (self.time(x) - self.start) / self.span
        span = min(max(self.span / factor, _CLOSEST), self.length)
        self.fitted = span >= self.length
        self._put(time - share * span, span)

    def scroll(self, pixels: float) -> None:
        """Look later."""
        self._put(self.start + pixels / self.pixels, self.span)

    def reveal(self, time: float) -> None:
        """Turn the page where a time is out of sight."""
        if not self.start <= time <= self.start + self.span:
            self._put(time - 0.05 * self.span, self.span)

    def _put(self, start: float, span: float) -> None:
        self.start, self.span = max(0.0, min(start, self.length - span)), span
        self.changed.emit()
