"""Ruler, marks and tracks above each other; while there is no key, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from latentstudio.ui.timeline.astray import Astray
from latentstudio.ui.timeline.lanes import LANE, Lanes
from latentstudio.ui.timeline.marks import Marks
from latentstudio.ui.timeline.ruler import Ruler
from latentstudio.ui.timeline.scale import NAMES, Scale
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP

if TYPE_CHECKING:
    from latentstudio.ui.panels.context import Thumbnails
    from latentstudio.ui.timeline.selection import Selection

EMPTY = (
    "Find a picture and press Key, find another and press Key again: the film goes from one to"
    " the next."
)
ONE = "Now change the picture, and press Key again: it becomes the film's picture at this time."


class Chart(QWidget):
    """The time of the film from left to right."""

    def __init__(
        self, selection: Selection, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._selection, self._model = selection, selection.model
        self.scale = Scale(self)
        self.ruler = Ruler(selection, self.scale)
        self.marks = Marks(selection, self.scale, thumbnails)
        self.lanes = Lanes(selection, self.scale)
        self.hint = Hint(EMPTY)
        self.hint.setObjectName("timeline.hint")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setContentsMargins(NAMES, GAP, GAP, GAP)
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.astray = Astray(self._model)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self.lanes)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.ruler)
        column.addWidget(self.marks)
        column.addWidget(self._scroll, 1)
        column.addWidget(self.hint, 1)
        column.addWidget(self.astray)
        self.setFocusProxy(self.ruler)
        self._model.moved.connect(self._on_moved)
        self._model.document.timeline_changed.connect(self.show_timeline)
        selection.changed.connect(self._on_chosen)
        self.show_timeline()
        self.astray.refresh()

    def show_timeline(self) -> None:
        """Show what there is of rows."""
        timeline = self._model.timeline
        self.scale.set_length(self._model.reach)
        self.marks.setVisible(bool(timeline.marks))
        self._scroll.setVisible(bool(timeline.tracks))
        few = len(timeline.marks) < 2 and not timeline.tracks
        self.hint.say("" if not few else ONE if timeline.marks else EMPTY)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The time takes the width."""
        self.scale.set_width(self.width())
        super().resizeEvent(event)

    def _on_moved(self, time: float) -> None:
        if self._model.playing:
            self.scale.reveal(time)

    def _on_chosen(self) -> None:
        rows = self._selection.rows
        if self._selection.row in rows[1:]:
            y = (rows.index(self._selection.row) - 1) * LANE + LANE // 2
            self._scroll.ensureVisible(0, y, 0, LANE)
