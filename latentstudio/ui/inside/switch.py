"""A small switch: on or off."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from latentstudio.ui.widgets.metrics import ROW
from latentstudio.ui.widgets.paint import Ink

WIDE, HIGH = 22, 12


class Switch(QAbstractButton):
    """A knob in a groove, lit and to the right while it is on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedSize(QSize(WIDE + 4, ROW))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Groove and knob."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, on = Ink(self), self.isChecked()
        groove = QRectF(1.5, (self.height() - HIGH) / 2, WIDE, HIGH)
        painter.setPen(QPen(ink.accent if self.hasFocus() else ink.line, 1))
        painter.setBrush(ink.tint if on else ink.well)
        painter.drawRoundedRect(groove, HIGH / 2, HIGH / 2)
        x = groove.right() - HIGH / 2 if on else groove.left() + HIGH / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.accent if on else ink.quiet)
        painter.drawEllipse(QPointF(x, groove.center().y()), 4, 4)
