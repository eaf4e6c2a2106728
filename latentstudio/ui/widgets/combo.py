"""A combo box that leaves the wheel to the panel until it has the focus."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from latentstudio.ui.widgets.metrics import ROW


class Combo(QComboBox):
    """Narrow where it must be; only ``activated`` (the hand) is meant to be listened to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setMinimumWidth(64)
        self.setMaxVisibleItems(20)
        self.setFixedHeight(ROW)

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

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only with the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
