"""Chart and inspector: beside each other, or below each other where there is little room."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from latentstudio.ui.timeline.chart import Chart
from latentstudio.ui.timeline.inspector import WIDTH, Inspector
from latentstudio.ui.widgets.metrics import GAP

NARROW = 520  # px below which the chart would have too little of the time in sight
LOWEST = 146  # px: marks and two tracks; room to draw an easing in


class Body(QWidget):
    """All below the transport."""

    def __init__(self, chart: Chart, inspector: Inspector) -> None:
        super().__init__()
        self._inspector = inspector
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(GAP)
        self._box.addWidget(chart, 1)
        self._box.addWidget(inspector)
        chart.setMinimumHeight(LOWEST)
        self._turn(NARROW)

    def lowest(self, width: int) -> int:
        """How high it must be, at a width."""
        below = self._inspector.minimumSizeHint().height()
        return LOWEST + GAP + below if width < NARROW else max(LOWEST, below)

    def sizeHint(self) -> QSize:
        """No more than it must have: what is beyond that scrolls within it."""
        return QSize(super().sizeHint().width(), self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is room, or not."""
        self._turn(event.size().width())
        super().resizeEvent(event)

    def _turn(self, width: int) -> None:
        narrow = width < NARROW
        way = QBoxLayout.Direction
        self._box.setDirection(way.TopToBottom if narrow else way.LeftToRight)
        self._inspector.setMaximumWidth(width if narrow else WIDTH)
        self.setMinimumHeight(self.lowest(width))
