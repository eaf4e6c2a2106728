"""Beside the chart: easing, way, walks, or beats."""

from __future__ import annotations

from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from latentstudio.ui.timeline.beats_box import BeatsBox
from latentstudio.ui.timeline.ease_box import EaseBox
from latentstudio.ui.timeline.files import TimelineFiles
from latentstudio.ui.timeline.pacing import Pacing
from latentstudio.ui.timeline.page import Page
from latentstudio.ui.timeline.selection import Selection
from latentstudio.ui.timeline.walks_box import WalksBox
from latentstudio.ui.timeline.way_box import WayBox
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.segmented import Segmented

WIDTH = 244
PAGES = [
    ("easing", "Easing", "How the film goes on from the chosen key"),
    ("way", "Way", "Which way a point goes to the next key, and whether at a constant speed"),
    ("walks", "Walks", "What moves without keys: noise in a circle, points that wander"),
    ("beats", "Beats", "Beats from a file: keys on them, and what jumps with them"),
]


class Inspector(QWidget):
    """One of four pages; choosing a key shows its easing, or its way if that was looked at."""

    def __init__(
        self,
        selection: Selection,
        files: TimelineFiles,
        pacing: Pacing,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setMinimumWidth(WIDTH)
        self._selection = selection
        self.pages = Segmented(PAGES)
        self.pages.setObjectName("timeline.pages")
        self.easing = EaseBox(selection)
        self.way = WayBox(selection, pacing)
        self.walks = WalksBox(selection.model)
        self.beats = BeatsBox(selection.model, files)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.easing)
        self._stack.addWidget(Page(self.way))
        self._stack.addWidget(Page(self.walks, self.walks.walks.grown))
        self._stack.addWidget(Page(self.beats, self.beats.pulses.grown))
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
        if self._selection.time is not None and self.pages.choice() != "way":
            self.turn("easing")
