"""The one big button."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from latentstudio.ui.widgets.metrics import GAP, RADIUS
from latentstudio.ui.widgets.paint import Ink, mixed

TIP = """Set a key: at this time the film shows the picture on the screen (Enter in the timeline)
After the last key the playhead goes on: change the picture, and set the next"""


class KeyButton(QAbstractButton):
    """Full of the accent while pressing it would change the film."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._new = True
        self.setText("Key")
        self.setObjectName("timeline.key")
        self.setToolTip(TIP)
        self.setAccessibleName("Set a key")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Larger than all others."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 52, 30)

    def set_new(self, new: bool) -> None:
        """Whether the picture on the screen is none of the film's yet."""
        if new != self._new:
            self._new = new
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A diamond and a word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(self)
        full = self._new and self.isEnabled()
        ground = ink.accent if full else mixed(ink.ground, ink.text, 0.08)
        if self.underMouse() and self.isEnabled():
            ground = mixed(ground, ink.text, 0.2)
        if self.isDown():
            ground = mixed(ground, ink.well, 0.3)
        painter.setBrush(ground)
        painter.setPen(QPen(ink.text if self.hasFocus() else ground, 1.5))
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(rect, RADIUS + 1, RADIUS + 1)
        word = ink.well if full else ink.text
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(word)
        x, y, size = rect.left() + 18, rect.center().y(), 6
        painter.drawPolygon(
            [QPointF(x, y - size), QPointF(x + size, y), QPointF(x, y + size), QPointF(x - size, y)]
        )
        font = self.font()
        font.setWeight(QFont.Weight.DemiBold)  # Bold would be smeared: the font has none
        painter.setFont(font)
        painter.setPen(word)
        room = rect.adjusted(18 + size + GAP, 0, 0, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self.text())
