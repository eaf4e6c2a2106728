"""The timeline panel: from keys to a film."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from latentstudio.ui.panels.base import Panel
from latentstudio.ui.timeline.body import Body
from latentstudio.ui.timeline.chart import Chart
from latentstudio.ui.timeline.files import TimelineFiles
from latentstudio.ui.timeline.inspector import Inspector
from latentstudio.ui.timeline.lanes import LANE
from latentstudio.ui.timeline.menu import TimelineMenu
from latentstudio.ui.timeline.pacing import Pacing
from latentstudio.ui.timeline.selection import Selection
from latentstudio.ui.timeline.transport import Transport
from latentstudio.ui.widgets.metrics import GAP, MARGIN, STEP

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.ui.panels.context import PanelContext

LANES = 3 * LANE  # px of further tracks, where it is given its height


class TimelinePanel(Panel):
    """Transport above, the chart below, and what belongs to the chosen key beside it.

    Signals
    -------
    film_wanted()
        The hand wants to export the film.
    begun()
        The first key was set: there is more to see now.
    """

    title = "Timeline"
    name = "timeline"
    film_wanted = Signal()
    begun = Signal()

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.model = studio.timeline
        self.selection = Selection(self.model, self)
        self.files = TimelineFiles(self.model, studio, self)
        self.transport = Transport(self.selection)
        self.menu = TimelineMenu(self.model, self.files, self.transport.more)
        self.transport.more.setMenu(self.menu)
        self.chart = Chart(self.selection, studio.thumbnails)
        self.pacing = Pacing(self.model, studio.engine, studio.locate, self)
        self.inspector = Inspector(self.selection, self.files, self.pacing)
        self.body = Body(self.chart, self.inspector)
        self.column.setContentsMargins(MARGIN, STEP, MARGIN, GAP)
        self.column.addWidget(self.transport)
        self.column.addWidget(self.body, 1)
        self.setFocusProxy(self.chart)
        self.transport.film_wanted.connect(self.film_wanted)
        self.pacing.said.connect(studio.tell)
        self._empty = self.model.empty
        self.model.changed.connect(self._on_changed)
        self.refresh()

    def lowest(self) -> int:
        """How high it must be, in px, for everything to be in sight but further tracks."""
        width = self.width() - 2 * MARGIN
        return STEP + self.transport.heightForWidth(width) + GAP + self.body.lowest(width) + GAP

    def show_recipe(self, recipe: Recipe) -> None:
        """Say when the film belongs to another checkpoint."""
        self._on_changed()

    def stop(self) -> None:
        """End playing and measuring."""
        self.pacing.stop()
        self.model.stop()

    def _on_changed(self) -> None:
        self.say(self.model.foreign)
        was, self._empty = self._empty, self.model.empty
        if was and not self._empty:
            self.begun.emit()
