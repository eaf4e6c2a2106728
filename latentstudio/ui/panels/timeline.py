"""The timeline panel: from keys to a film."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from latentstudio.ui.panels.base import Panel
from latentstudio.ui.timeline.chart import Chart
from latentstudio.ui.timeline.files import TimelineFiles
from latentstudio.ui.timeline.inspector import Inspector
from latentstudio.ui.timeline.menu import TimelineMenu
from latentstudio.ui.timeline.selection import Selection
from latentstudio.ui.timeline.transport import Transport
from latentstudio.ui.widgets.metrics import GAP, MARGIN, STEP

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.ui.panels.context import PanelContext

LOWEST = 188  # px: marks, two tracks, and room to draw an easing in


class TimelinePanel(Panel):
    """Transport above, the chart below, and what belongs to the chosen key beside it.

    Signals
    -------
    film_wanted()
        The hand wants to export the film.
    """

    title = "Timeline"
    name = "timeline"
    film_wanted = Signal()

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.model = studio.timeline
        self.selection = Selection(self.model, self)
        self.files = TimelineFiles(self.model, studio, self)
        self.transport = Transport(self.selection)
        self.menu = TimelineMenu(self.model, self.files, self.transport.more)
        self.transport.more.setMenu(self.menu)
        self.chart = Chart(self.selection, studio.thumbnails)
        self.inspector = Inspector(self.selection, self.files)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.chart, 1)
        row.addWidget(self.inspector)
        self.column.setContentsMargins(MARGIN, STEP, MARGIN, GAP)
        self.column.addWidget(self.transport)
        self.column.addLayout(row, 1)
        self.content.setMinimumHeight(LOWEST)
        self.setFocusProxy(self.chart)
        self.transport.film_wanted.connect(self.film_wanted)
        self.model.changed.connect(self._on_changed)
        self.refresh()

    def show_recipe(self, recipe: Recipe) -> None:
        """Say when the film belongs to another checkpoint."""
        self._on_changed()

    def stop(self) -> None:
        """End playing."""
        self.model.stop()

    def _on_changed(self) -> None:
        self.say(self.model.foreign)
