"""A tick in the shape of a padlock: this attribute is to stay as it is."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from latentstudio.ui.widgets.metrics import RADIUS, ROW, STEP
from latentstudio.ui.widgets.paint import Ink, mixed, small

LOCK = 9.0  # wide


class HoldButton(QAbstractButton):
    """A padlock and a word; closed and lit while ticked."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setFont(small(self.font()))
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """One row."""
        wide = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(round(LOCK) + wide + 4 * STEP, ROW)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ground when ticked or touched, lock, word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, on = Ink(self), self.isChecked()
        ground = mixed(ink.ground, ink.accent, 0.25) if on else ink.ground
        if self.underMouse() and self.isEnabled():
            ground = mixed(ground, ink.text, 0.08)
        painter.setBrush(ground)
        painter.setPen(QPen(ink.accent if on or self.hasFocus() else ink.line, 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 2.5, -0.5, -2.5), RADIUS, RADIUS)
        colour = ink.text if on else ink.quiet
        padlock(painter, colour, QPointF(STEP + LOCK / 2 + 1, self.height() / 2), closed=on)
        painter.setPen(colour)
        room = self.rect().adjusted(round(LOCK) + 2 * STEP + 1, 0, 0, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self.text())


def padlock(painter: QPainter, colour: QColor, at: QPointF, *, closed: bool = True) -> None:
    """A small padlock about a place."""
    painter.setPen(QPen(colour, 1.2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    left, foot = at.x() - 2.2, at.y() - 0.5
    shackle = QPainterPath(QPointF(left, foot))
    shackle.arcTo(QRectF(left, at.y() - 4.6, 4.4, 4.8), 180, -180 if closed else -120)
    painter.drawPath(shackle)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(QRectF(at.x() - 3.6, at.y() - 0.8, 7.2, 5.2), 1, 1)
