"""The chosen key: one of a track, or a mark with all the keys of its moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from latentstudio.ui.timeline import changes
from latentstudio.ui.timeline.words import row_title

if TYPE_CHECKING:
    from latentstudio.document.timeline.ease import Ease
    from latentstudio.document.timeline.timeline import Timeline
    from latentstudio.ui.timeline.model import TimelineModel


class Selection(QObject):
    """At most one key, and what is done with it.

    Attributes
    ----------
    row
        Name of the track; empty for the marks.
    time
        Of the key in seconds; None while none is chosen.

    Signals
    -------
    changed()
        Another key is chosen, or none, or it has moved.
    """

    changed = Signal()

    def __init__(self, model: TimelineModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.row = ""
        self.time: float | None = None
        self._origin: tuple[Timeline, float] | None = None
        model.document.timeline_changed.connect(self._on_timeline)

    @property
    def rows(self) -> tuple[str, ...]:
        """All rows, from top to bottom."""
        return ("", *(track.name for track in self.model.timeline.tracks))

    def choose(self, row: str, time: float | None) -> None:
        """Choose a key, or with None no key."""
        if (row, time) != (self.row, self.time):
            self.row, self.time = row, time
            self.changed.emit()

    def chosen(self, row: str, time: float) -> bool:
        """Whether a key is chosen: itself, or by its mark."""
        return self.time == time and self.row in ("", row)

    # -- going about ---------------------------------------------------------------------

    def step(self, way: int) -> None:
        """Go to the next key of the row, 1, or the one before, -1."""
        now = self.model.time
        times = changes.key_times(self.model.timeline, self.row)
        beyond = [time for time in times if (time - now) * way > 1e-9]
        if beyond:
            time = min(beyond, key=lambda t: abs(t - now))
            self.model.seek(time)
            self.choose(self.row, time)

    def climb(self, way: int) -> None:
        """Choose in the row below, 1, or above, -1, the key that is nearest to the playhead."""
        place = self.rows.index(self.row) + (way if self.time is not None else 0)
        row = self.rows[min(max(place, 0), len(self.rows) - 1)]
        times = changes.key_times(self.model.timeline, row)
        if times:
            self.choose(row, min(times, key=lambda t: abs(t - self.model.time)))

    # -- changing it ---------------------------------------------------------------------

    def grab(self) -> None:
        """A stroke that moves it begins: what it passes over comes back."""
        self._origin = None if self.time is None else (self.model.timeline, self.time)

    def drag(self, to: float, merge: str) -> None:
        """Move it, since :meth:`grab`, to that time."""
        if self._origin is None:
            return
        origin, start = self._origin
        self.time = to
        label = f"Move key of {row_title(origin, self.row)}" if self.row else "Move key"
        self.model.change(
            label, lambda _: changes.moved(origin, self.row, start, to), merge, since=origin
        )
        self.changed.emit()

    def nudge(self, frames: int, merge: str) -> None:
        """Move it by frames."""
        if self.time is not None:
            timeline = self.model.timeline
            to = timeline.time(round(self.time * float(timeline.fps)) + frames)
            self.grab()
            self.drag(min(max(to, 0.0), self.model.reach), merge)

    def remove(self) -> None:
        """Take it away."""
        if self.time is not None:
            row, time = self.row, self.time
            self.model.change("Remove key", lambda t: changes.removed(t, row, time))

    @property
    def ease(self) -> Ease | None:
        """How one goes on from it; None without a key, or where nothing follows."""
        if self.time is None:
            return None
        return changes.ease_at(self.model.timeline, self.row, self.time)

    def set_ease(self, ease: Ease, merge: str | None = None) -> None:
        """Go on from it in another way."""
        if self.time is not None:
            row, time = self.row, self.time
            self.model.change("Easing", lambda t: changes.eased(t, row, time, ease), merge)

    def _on_timeline(self, timeline: Timeline) -> None:
        if self.time is not None and self.time not in changes.key_times(timeline, self.row):
            self.choose("", None)
