"""Beside the chart: easing, walks, or beats."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from latentstudio.ui.timeline.beats_box import BeatsBox
from latentstudio.ui.timeline.ease_box import EaseBox
from latentstudio.ui.timeline.files import TimelineFiles
from latentstudio.ui.timeline.selection import Selection
from latentstudio.ui.timeline.walks_box import WalksBox
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.segmented import Segmented

WIDTH = 244
PAGES = [
    ("easing", "Easing", "How the film goes on from the chosen key"),
    ("walks", "Walks", "What moves without keys: noise in a circle, points that wander"),
    ("beats", "Beats", "Beats from a file: keys on them, and what jumps with them"),
]


class Inspector(QWidget):
    """One of three pages; choosing a key shows its easing."""

    def __init__(
        self, selection: Selection, files: TimelineFiles, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self._selection = selection
        self.pages = Segmented(PAGES)
        self.pages.setObjectName("timeline.pages")
        self.easing = EaseBox(selection)
        self.walks = WalksBox(selection.model)
        self.beats = BeatsBox(selection.model, files)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.easing)
        for page in (self.walks, self.beats):
            self._stack.addWidget(_scrolling(page))
        # The pages scroll: they ask for no more room than it takes to draw an easing.
        self._stack.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._stack.setMinimumHeight(self.easing.minimumSizeHint().height())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.pages)
        column.addWidget(self._stack, 1)
        self.pages.chosen.connect(self.turn)
        selection.changed.connect(self._on_chosen)
        self.turn("easing")

    def turn(self, page: str) -> None:
        """Show a page."""
        self.pages.choose(page)
        self._stack.setCurrentIndex([key for key, _, _ in PAGES].index(page))

    def _on_chosen(self) -> None:
        if self._selection.time is not None:
            self.turn("easing")


def _scrolling(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
