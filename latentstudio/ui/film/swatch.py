"""A colour that can be clicked."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from latentstudio.ui.widgets.metrics import RADIUS, STEP
from latentstudio.ui.widgets.paint import Ink, small


class Swatch(QAbstractButton):
    """A field of a colour and its name, ``#rrggbb``."""

    def __init__(self, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.show_colour(colour)

    @property
    def colour(self) -> str:
        """``#rrggbb``."""
        return self.text()

    def show_colour(self, colour: str) -> None:
        """Show another one."""
        self.setText(colour)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ground, colour, name."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(self)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setBrush(ink.well)
        painter.setPen(QPen(ink.accent if self.hasFocus() else ink.line, 1))
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        side = rect.height() - 2 * STEP
        face = QRectF(rect.left() + STEP, rect.top() + STEP, side, side)
        painter.setOpacity(1.0 if self.isEnabled() else 0.35)
        painter.setBrush(QColor(self.colour))
        painter.setPen(QPen(ink.quiet, 1))
        painter.drawRoundedRect(face, RADIUS, RADIUS)
        painter.setFont(small(self.font()))
        painter.setPen(ink.text)
        words = rect.adjusted(2 * STEP + side, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self.colour)
