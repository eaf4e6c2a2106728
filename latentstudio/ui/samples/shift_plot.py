"""Two distances over the shift, in a common unit: 1 is another picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui.widgets.metrics import GAP, STEP
from latentstudio.ui.widgets.paint import Ink, bed, caption, small

if TYPE_CHECKING:
    from collections.abc import Sequence

LEFT, BELOW, RIGHT = 44, 20, 20
DOT = 4.0


class ShiftPlot(QWidget):
    """The curves, and where the hand stands."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixel: tuple[float, ...] = ()
        self._feature: tuple[float, ...] = ()
        self._at = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(160)

    def sizeHint(self) -> QSize:
        """Wider than high."""
        return QSize(480, 200)

    def show_curves(self, pixel: Sequence[float], feature: Sequence[float]) -> None:
        """Relative distances at shifts of 0, 1, 2 … pixels; nothing when empty."""
        self._pixel, self._feature = tuple(pixel), tuple(feature)
        self.update()

    def set_shift(self, shift: int) -> None:
        """Mark that shift."""
        self._at = shift
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, lines, dots and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(self)
        area = QRectF(self.rect()).adjusted(LEFT, GAP, -RIGHT, -BELOW)
        bed(painter, ink, area)
        painter.setFont(small(self.font()))
        if not self._pixel:
            return
        top = 1.15 * max(1.0, *self._pixel, *self._feature)
        self._paint_axes(painter, ink, area, top)
        at = min(self._at, len(self._pixel) - 1)
        x = area.left() + area.width() * at / max(1, len(self._pixel) - 1)
        painter.setPen(QPen(ink.line, 1))
        painter.drawLine(QPointF(x, area.top() + 1), QPointF(x, area.bottom() - 1))
        for values, colour, words in (
            (self._pixel, ink.text, "pixels"),
            (self._feature, ink.accent, "features"),
        ):
            _paint_curve(painter, colour, area, [value / top for value in values], at)
            room = QRectF(area.left(), 0, area.width() - GAP, 16)
            y = area.bottom() - values[-1] / top * area.height()
            room.moveTop(min(area.bottom() - 18, max(area.top() + 2, y - 18)))
            caption(painter, room, words, Qt.AlignmentFlag.AlignRight)

    def _paint_axes(self, painter: QPainter, ink: Ink, area: QRectF, top: float) -> None:
        painter.setPen(ink.quiet)
        for share, words in ((0.0, "same"), (1.0, "another\npicture")):
            y = area.bottom() - share / top * area.height()
            room = QRectF(0, y - 16, LEFT - STEP, 32)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(room, flags, words)
        y = area.bottom() - area.height() / top
        painter.setPen(QPen(ink.quiet, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left() + 1, y), QPointF(area.right() - 1, y))
        painter.setPen(ink.quiet)
        last = len(self._pixel) - 1
        for shift in range(0, last + 1, 4):
            x = area.left() + area.width() * shift / max(1, last)
            room = QRectF(x - 30, area.bottom() + 2, 60, BELOW - 2)
            words = f"{shift} px" if shift else "0"
            painter.drawText(room, Qt.AlignmentFlag.AlignHCenter, words)


def _paint_curve(
    painter: QPainter, colour: QColor, area: QRectF, heights: Sequence[float], at: int
) -> None:
    step = area.width() / max(1, len(heights) - 1)
    points = [
        QPointF(area.left() + number * step, area.bottom() - height * area.height())
        for number, height in enumerate(heights)
    ]
    painter.setPen(QPen(colour, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPolyline(points)
    painter.setBrush(colour)
    painter.drawEllipse(points[at], DOT, DOT)
