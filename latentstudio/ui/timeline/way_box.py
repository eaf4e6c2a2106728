"""Which way a point goes from the chosen key to the next, and whether at a constant speed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from latentstudio.document.course import Course
from latentstudio.ui.morphing.way_choice import PACE_TIP, WayChoice
from latentstudio.ui.panels.base import NO_GENERATOR
from latentstudio.ui.timeline.courses import (
    Stretch,
    stretches_from,
    stretches_over,
    with_courses,
)
from latentstudio.ui.timeline.way_reasons import why_no_pace, why_no_way, why_nowhere
from latentstudio.ui.timeline.words import clock, from_key
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import STEP

if TYPE_CHECKING:
    from latentstudio.ui.timeline.pacing import Pacing
    from latentstudio.ui.timeline.selection import Selection

TIP = f"{PACE_TIP}.\nMeasured in the background; press again for even steps"
STOP_TIP = "Let go of the measurement: nothing changes"
EVEN = "Even steps: the picture may change faster in some places. Constant speed measures where."
PACED = "Measured: each step changes as much. The easing comes on top; Linear adds nothing."


class WayBox(QWidget):
    """Of the chosen key; or, while none is chosen, of the stretch under the playhead."""

    def __init__(self, selection: Selection, pacing: Pacing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selection, self._model, self._pacing = selection, selection.model, pacing
        self._shown: tuple[Stretch, ...] = ()
        self.words = QLabel()
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.way = WayChoice()
        self.way.setObjectName("timeline.way")
        self.pace = QPushButton()
        self.pace.setObjectName("timeline.pace")
        self.pace.setCheckable(True)
        self.facts = Hint()
        self.facts.setObjectName("timeline.facts")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        for widget in (self.words, self.way, self.pace, self.facts):
            column.addWidget(widget)
        column.addStretch(1)
        self.way.chosen.connect(self._on_way)
        self.pace.clicked.connect(self._on_pace)
        selection.changed.connect(self.refresh)
        self._model.changed.connect(self.refresh)
        self._model.moved.connect(self._on_moved)
        self._model.document.info_changed.connect(self.refresh)
        pacing.changed.connect(self.refresh)
        pacing.progressed.connect(self._on_progress)
        self.refresh()

    def refresh(self) -> None:
        """Write the way of what is chosen."""
        model, row, time = self._model, self._selection.row, self._selection.time
        timeline, info = model.timeline, model.document.info
        found = stretches_over(timeline, model.time)
        if time is not None:
            found = stretches_from(timeline, row, time)
        self._shown = tuple(s for s in found if not why_no_way(s))
        reason = NO_GENERATOR if info is None else model.foreign
        if not reason and not self._shown:
            reason = why_no_way(found[0]) if found else why_nowhere(row, time)
        self.words.setText(_title(self._shown or found) or from_key(timeline, row, time))
        self.way.setEnabled(not reason)
        hint = ""
        if self._shown and info is not None:
            ends = [key.value for s in self._shown for key in (s.start, s.end)]
            hint = self.way.show_way(self._shown[0].course.way, info, ends)
        self._show_pace(reason or why_no_pace(timeline, self._shown), hint)

    def _show_pace(self, reason: str, hint: str) -> None:
        busy, paced = self._pacing.busy, self._paced
        self.pace.setText("Stop measuring" if busy else "Constant speed")
        self.pace.setToolTip(STOP_TIP if busy else reason or TIP)
        self.pace.setEnabled(busy or paced or not reason)
        self.pace.setChecked(paced and not busy)
        if not busy:
            self.facts.say(reason or hint or (PACED if paced else EVEN))

    @property
    def _paced(self) -> bool:
        return bool(self._shown) and all(stretch.course.pace for stretch in self._shown)

    # -- the hand ------------------------------------------------------------------------

    def _on_way(self, way: str) -> None:
        replace = msgspec.structs.replace
        self._put("Way between keys", {s: replace(s.course, way=way) for s in self._shown})

    def _on_pace(self) -> None:
        if self._pacing.busy:
            self._pacing.cancel()
        elif self._paced:
            self._put("Even steps", {s: Course(s.course.way) for s in self._shown})
        else:
            self._pacing.find(self._shown)

    def _put(self, label: str, courses: Mapping[Stretch, Course]) -> None:
        self._model.change(label, lambda t: with_courses(t, courses))

    # -- news ----------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with the playhead."""
        self.refresh()
        super().showEvent(event)

    def _on_moved(self) -> None:
        if self._selection.time is None and self.isVisible():
            self.refresh()

    def _on_progress(self, what: str, share: float) -> None:
        self.facts.say(f"{what} … {share:.0%}")


def _title(shown: tuple[Stretch, ...]) -> str:
    """Which stretch it is."""
    if not shown:
        return ""
    names = ", ".join(stretch.point for stretch in shown)
    begin, end = max(s.start.time for s in shown), min(s.until for s in shown)
    return f"Point {names}, {clock(begin)} to {clock(end)}"
