"""A combo box that leaves the wheel to the panel until it has the focus."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QEvent, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QWidget

from latentstudio.ui.widgets.metrics import ROW


class Combo(QComboBox):
    """Narrow where it must be; only ``activated`` (the hand) is meant to be listened to.

    Typing goes to the item that begins so. Letters that begin none stay the window's shortcuts.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setMinimumWidth(64)
        self.setMaxVisibleItems(20)
        self.setFixedHeight(ROW)
        self._typing = QElapsedTimer()

    def fill(self, items: list[tuple[str, object]]) -> None:
        """Replace the items (text, data) where they differ."""
        now = [(self.itemText(i), self.itemData(i)) for i in range(self.count())]
        if now != items:
            self.clear()
            for text, data in items:
                self.addItem(text, data)

    def choose(self, data: object) -> None:
        """Show the item with that data, or none."""
        found = (i for i in range(self.count()) if self.itemData(i) == data)
        index = next(found, -1)
        if index != self.currentIndex():
            self.setCurrentIndex(index)

    def event(self, event: QEvent) -> bool:
        """Claim the letters that find an item, which elsewhere are the window's shortcuts."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._finds(event):
            event.accept()
            return True
        return super().event(event)

    def _finds(self, event: QKeyEvent) -> bool:
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.ShiftModifier,
        )
        text = event.text().lower()
        if not plain or not text.strip():
            return False
        # A letter soon after another belongs to the same word.
        pause = QApplication.keyboardInputInterval()
        within = self._typing.isValid() and self._typing.elapsed() < pause
        starts = (self.itemText(i).lower().startswith(text) for i in range(self.count()))
        if not within and not any(starts):
            return False
        self._typing.start()
        return True

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only with the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
