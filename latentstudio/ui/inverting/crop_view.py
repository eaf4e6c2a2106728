"""The photograph and the square that is cut from it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF

from latentstudio.ui.inverting.crop_hand import CropHand
from latentstudio.ui.widgets.metrics import RADIUS
from latentstudio.ui.widgets.paint import Ink, mixed

SHADE = QColor(12, 12, 13, 168)
HANDLE = 4.5  # px: half a corner's side, its outline included


class CropView(CropHand):
    """Shows a picture; what lies outside the square is in the shade."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The photograph, its shaded part, the square with thirds and handles."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        ink = Ink(self)
        ground = QPainterPath()
        ground.addRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        painter.fillPath(ground, ink.well)
        if self.crop is None or self._image.isNull():
            return
        painter.drawImage(self.picture(), self._image)
        square = QPainterPath()
        square.addPolygon(QPolygonF(self.corners()))
        square.closeSubpath()
        shade = QPainterPath()
        shade.addRect(self.picture())
        painter.fillPath(shade.subtracted(square), SHADE)
        self._thirds(painter)
        edge = ink.accent if self.hasFocus() else ink.knob
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 120), 3))
        painter.drawPath(square)
        painter.setPen(QPen(edge, 1.5))
        painter.drawPath(square)
        painter.setPen(QPen(mixed(ink.well, edge, 0.2), 1))
        painter.setBrush(edge)
        for at in self.corners():
            painter.drawRect(self._handle(at))
        painter.drawEllipse(self.stalk(), 5, 5)

    def _handle(self, corner: QPointF) -> QRectF:
        """A small square at a corner; all of it is on the widget."""
        x = min(max(corner.x(), HANDLE), self.width() - HANDLE)
        y = min(max(corner.y(), HANDLE), self.height() - HANDLE)
        return QRectF(x - HANDLE, y - HANDLE, 2 * HANDLE, 2 * HANDLE)

    def _thirds(self, painter: QPainter) -> None:
        """Lines that help to place eyes, while the hand works."""
        if self._from is None and not self.hasFocus():
            return
        a, b, c, d = self.corners()
        painter.setPen(QPen(QColor(255, 255, 255, 56), 1))
        for share in (1 / 3, 2 / 3):
            painter.drawLine(a + (b - a) * share, d + (c - d) * share)
            painter.drawLine(a + (d - a) * share, b + (c - b) * share)
