"""A quiet line of explanation."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from latentstudio.ui.widgets.paint import Ink


class Hint(QLabel):
    """Wrapped text that steps back; invisible while it has nothing to say."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        if not text:
            self.hide()  # never shown here: without a parent it would open as a window

    def say(self, text: str) -> None:
        """Show ``text``, or hide when it is empty."""
        if text != self.text():
            self.setText(text)
        self.setVisible(bool(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        """In the quiet colour of drawn controls, whatever the style sheet says of labels."""
        painter = QPainter(self)
        painter.setPen(Ink(self).quiet)
        flags = self.alignment() | Qt.TextFlag.TextWordWrap
        painter.drawText(self.contentsRect(), flags, self.text())
        painter.end()
