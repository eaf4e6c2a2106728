"""Tool buttons with a drawn sign: sharp on every screen, in the colours of the theme."""

from __future__ import annotations

import math
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyleOptionToolButton, QStylePainter, QToolButton, QWidget

from latentstudio.ui.widgets.gesture import Gesture
from latentstudio.ui.widgets.metrics import ROW
from latentstudio.ui.widgets.paint import Ink

Sign = Literal["previous", "next", "dice", "reset", "play", "pause", "clear"]


class GlyphButton(QToolButton):
    """A flat button, one row high and square."""

    def __init__(self, sign: Sign, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sign: Sign = sign
        self._gesture = Gesture()
        self._held = False
        self.setAutoRaise(True)
        self.setFixedSize(QSize(ROW, ROW))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(tip)
        self.setAccessibleName(tip.split(".")[0])

    def set_sign(self, sign: Sign) -> None:
        """Draw another sign."""
        self.sign = sign
        self.update()

    def stroke(self) -> Gesture:
        """The stroke that a click belongs to: all the repeats of a held button are one."""
        if not self._held:
            self._gesture.begin()
        return self._gesture

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A stroke begins."""
        self._gesture.begin()
        self._held = True
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The stroke ends after the click that the release makes."""
        super().mouseReleaseEvent(event)
        self._held = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A stroke begins, or goes on while the key repeats."""
        self._gesture.key(event)
        self._held = True
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """The stroke ends with the key."""
        super().keyReleaseEvent(event)
        self._held = event.isAutoRepeat()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The style's button with the sign on it."""
        painter = QStylePainter(self)
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(self)
        painter.setPen(QPen(ink.text, 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.translate(QRectF(self.rect()).center())
        getattr(self, f"_{self.sign}")(painter, ink)

    def _previous(self, painter: QPainter, _ink: Ink) -> None:
        painter.drawPolyline([QPointF(2, -4), QPointF(-2, 0), QPointF(2, 4)])

    def _next(self, painter: QPainter, _ink: Ink) -> None:
        painter.drawPolyline([QPointF(-2, -4), QPointF(2, 0), QPointF(-2, 4)])

    def _dice(self, painter: QPainter, ink: Ink) -> None:
        painter.drawRoundedRect(QRectF(-6, -6, 12, 12), 2.5, 2.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.text)
        for x, y in ((-3, -3), (3, -3), (0, 0), (-3, 3), (3, 3)):
            painter.drawEllipse(QPointF(x, y), 1.2, 1.2)

    def _reset(self, painter: QPainter, ink: Ink) -> None:
        painter.drawArc(QRectF(-5, -5, 10, 10), -200 * 16, 290 * 16)
        tip = 5 * math.cos(math.radians(-200)), -5 * math.sin(math.radians(-200))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.text)
        at = QPointF(*tip)
        painter.drawPolygon(
            QPolygonF([at + QPointF(-3.2, 0.8), at + QPointF(3, 1.2), at + QPointF(-0.4, -4)])
        )

    def _play(self, painter: QPainter, ink: Ink) -> None:
        painter.setBrush(ink.text)
        painter.drawPolygon(QPolygonF([QPointF(-3, -5), QPointF(5, 0), QPointF(-3, 5)]))

    def _pause(self, painter: QPainter, ink: Ink) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.text)
        for x in (-4.5, 1.5):
            painter.drawRect(QRectF(x, -5, 3, 10))

    def _clear(self, painter: QPainter, _ink: Ink) -> None:
        painter.drawLine(QPointF(-4, -4), QPointF(4, 4))
        painter.drawLine(QPointF(-4, 4), QPointF(4, -4))
