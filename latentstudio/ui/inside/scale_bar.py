"""What the colours of the maps mean; a click gives each map a scale of its own."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from latentstudio.ui.inside.tints import tint
from latentstudio.ui.widgets.metrics import RADIUS, ROW
from latentstudio.ui.widgets.paint import Ink, caption, small

BAR = 96.0
STEPS = 16
COMMON = "Click: a scale of its own for each map, so that faint ones show too"
OWN = "Click: one scale for all maps, so that they can be compared"


class ScaleBar(QAbstractButton):
    """Colours from the lowest to the highest value. Checked: each map has its own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._end = 1.0
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Each map has a scale of its own")
        self.toggled.connect(self._on_toggled)
        self._on_toggled(False)

    def show_end(self, end: float) -> None:
        """The value at the ends of the common scale."""
        self._end = end
        self.update()

    def words(self) -> tuple[str, str]:
        """What stands at the two ends."""
        if self.isChecked():
            return "−", "+ each its own"
        return f"−{self._end:.2g}", f"+{self._end:.2g}"

    def sizeHint(self) -> QSize:
        """The bar and its ends."""
        return QSize(200, ROW - 4)

    def _on_toggled(self, own: bool) -> None:
        self.setToolTip(OWN if own else COMMON)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ends, colours, and a line at 0."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small(self.font()))
        ink, metrics = Ink(self), painter.fontMetrics()
        below, above = self.words()
        painter.setPen(ink.text if self.underMouse() else ink.quiet)
        left, middle = metrics.horizontalAdvance(below) + 6.0, self.height() / 2
        caption(painter, QRectF(0, 0, left, self.height()), below)
        bar = QRectF(left, middle - 4, BAR, 8)
        caption(painter, QRectF(bar.right() + 6, 0, self.width() - bar.right() - 6,
                                self.height()), above)  # fmt: skip
        colours = QLinearGradient(bar.topLeft(), bar.topRight())
        for step in range(STEPS + 1):
            colours.setColorAt(step / STEPS, tint(2 * step / STEPS - 1))
        painter.setPen(QPen(ink.accent if self.hasFocus() else ink.line, 1))
        painter.setBrush(colours)
        painter.drawRoundedRect(bar, RADIUS, RADIUS)
        painter.setPen(QPen(ink.quiet, 1))
        painter.drawLine(QPointF(bar.center().x(), bar.bottom() + 1),
                         QPointF(bar.center().x(), bar.bottom() + 4))  # fmt: skip
