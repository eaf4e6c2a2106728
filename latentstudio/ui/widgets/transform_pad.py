"""A square in which the hand moves a small picture, drawn as it will lie."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui.widgets.pad import KNOB, Pad
from latentstudio.ui.widgets.paint import Ink, bed, knob

SIDE = 120


class TransformPad(Pad):
    """A :class:`Pad` whose handle is a picture that also turns.

    The faint square is where the picture lies untouched. Positions are in picture widths, y
    upwards as in every pad.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._angle = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A square: a width is as long as a height."""
        return QSize(SIDE, SIDE)

    def minimumSizeHint(self) -> QSize:
        """The same square."""
        return self.sizeHint()

    def set_angle(self, angle: float) -> None:
        """Show the picture turned, in degrees counter-clockwise."""
        if angle != self._angle:
            self._angle = angle
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bed, the untouched place, and the picture with its upper edge marked."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, area = Ink(self), self._area()
        bed(painter, ink, QRectF(self.rect()), self.hasFocus())
        half = area.width() / (4 * self._extent)
        square = QRectF(-half, -half, 2 * half, 2 * half)
        painter.setPen(QPen(ink.line, 1))
        painter.drawRect(square.translated(area.center()))
        at = self._place(self._x, self._y)
        painter.save()
        painter.setClipRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.translate(at)
        painter.rotate(-self._angle)
        tint = QColor(ink.accent)
        tint.setAlphaF(0.18)
        painter.setBrush(tint)
        painter.setPen(QPen(ink.accent, 1))
        painter.drawRect(square)
        painter.setPen(QPen(ink.accent, 3))
        painter.drawLine(QPointF(-half, -half), QPointF(half, -half))
        painter.restore()
        beyond = max(abs(self._x), abs(self._y)) > self._extent * 1.0001
        knob(painter, ink, at, KNOB, focus=self.hasFocus(), hollow=beyond)
