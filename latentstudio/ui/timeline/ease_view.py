"""A small square that shows an easing."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.document.timeline.ease import Ease
from latentstudio.ui.timeline.signs import curve
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.paint import Ink, bed, mixed

KNOTS = 33  # of a curve drawn by hand
BEYOND = 0.25  # of the height, below 0 and above 1, that is shown
_HANDLE = 4.5


class EaseView(QWidget):
    """Time across, way up.

    Attributes
    ----------
    why
        What is said where there is no easing.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ease: Ease | None = None
        self.why = ""
        self._place = 0  # of the keyboard: a handle or a knot
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Enough to draw in; it takes what room there is."""
        return QSize(140, 68)

    minimumSizeHint = sizeHint

    def set_ease(self, ease: Ease | None, why: str = "") -> None:
        """Show an easing; or, where there is none, why."""
        if (ease, why) != (self._ease, self.why):
            self._ease, self.why = ease, why
            self.update()
        self.setEnabled(ease is not None)

    def area(self) -> QRectF:
        """Where 0 to 1 lies, both ways."""
        inside = QRectF(self.rect()).adjusted(GAP, 0, -GAP, 0)
        height = inside.height() / (1 + 2 * BEYOND)
        return QRectF(inside.left(), BEYOND * height, inside.width(), height)

    def spot(self, x: float, y: float) -> QPointF:
        """Where a place of the curve lies."""
        area = self.area()
        return QPointF(area.left() + x * area.width(), area.bottom() - y * area.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, the way from 0 to 1, the curve, and what holds it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, area = Ink(self), self.area()
        bed(painter, ink, QRectF(self.rect()), self.hasFocus())
        if self._ease is None:
            painter.setPen(ink.text)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()).adjusted(GAP, 0, -GAP, 0), flags, self.why)
            return
        painter.setPen(QPen(mixed(ink.well, ink.line, 0.8), 1))
        for share in (0.0, 0.5, 1.0):
            painter.drawLine(self.spot(0, share), self.spot(1, share))
            painter.drawLine(self.spot(share, 0), self.spot(share, 1))
        if self._ease.kind == "bezier":
            self._paint_handles(painter, ink)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink.accent, 2))
        painter.drawPolyline(curve(self._ease, area, 96))
        if self.hasFocus() and self._ease.kind != "bezier" and self._place:
            share = self._place / (KNOTS - 1)
            painter.setBrush(ink.knob)
            painter.drawEllipse(self.spot(share, self._ease.at(share)), 3, 3)

    def _paint_handles(self, painter: QPainter, ink: Ink) -> None:
        ends = self.spot(0, 0), self.spot(1, 1)
        for number, (end, handle) in enumerate(zip(ends, self.handles(), strict=True)):
            here = self.hasFocus() and number == self._place
            painter.setPen(QPen(ink.quiet, 1.2))
            painter.drawLine(end, handle)
            painter.setPen(QPen(ink.accent if here else ink.well, 1.5))
            painter.setBrush(ink.knob)
            painter.drawEllipse(handle, _HANDLE, _HANDLE)

    def handles(self) -> tuple[QPointF, QPointF]:
        """Where the two handles of a bezier lie."""
        assert self._ease is not None
        x1, y1, x2, y2 = self._ease.knots
        return self.spot(x1, y1), self.spot(x2, y2)
