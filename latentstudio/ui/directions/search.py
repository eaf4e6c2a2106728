"""All the sliders that do not stand in front, by a word of their name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from latentstudio.ui.directions.words import direction_tip, found
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import ROW, STEP

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction

SHOWN = 8
KEY = Qt.ItemDataRole.UserRole
NONE = "No slider is called that."


class SearchField(QWidget):
    """A field, and below it what was found: Enter or a click brings it to the front.

    Signals
    -------
    wanted(str)
        The hand wants the direction of this key in front.
    """

    wanted = Signal(str)

    def __init__(self, beside: QWidget, parent: QWidget | None = None) -> None:
        """``beside`` stands to the right of the field."""
        super().__init__(parent)
        self._others: dict[str, Direction] = {}
        self._open = False
        self.field = QLineEdit()
        self.field.setObjectName("sliders.search")
        self.field.setClearButtonEnabled(True)
        self.field.setFixedHeight(ROW)
        self.field.setAccessibleName("Search the sliders")
        self.list = QListWidget()
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName("Sliders found")
        self.none = Hint()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        row = QHBoxLayout()
        row.setSpacing(STEP)
        row.addWidget(self.field, 1)
        row.addWidget(beside)
        column.addLayout(row)
        column.addWidget(self.none)
        column.addWidget(self.list)
        self.list.hide()
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._on_return)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(self._on_item)
        self.list.itemActivated.connect(self._on_item)

    def show_directions(self, others: Sequence[Direction], front: int) -> None:
        """Those that do not stand in front, and how many do."""
        self._others = {direction.key: direction for direction in others}
        total = front + len(others)
        words = f"{front} of {total}: search the rest" if others else "All sliders stand in front"
        self.field.setPlaceholderText(words)
        self.field.setEnabled(bool(others))
        self._search()

    def clear(self) -> None:
        """Forget the search."""
        self._open = False
        self.field.clear()
        self._search()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """From the field Down goes into the list (all of it, before a word); Esc forgets."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() == Qt.Key.Key_Down:
            self._open = True
            self._search()
            self.list.setFocus()
            return True
        if event.key() == Qt.Key.Key_Escape and (self._open or self.field.text()):
            self.clear()
            return True
        return False

    def _search(self) -> None:
        words = self.field.text()
        keys = {id(direction): key for key, direction in self._others.items()}
        hits = found(list(self._others.values()), words) if words or self._open else []
        self.list.clear()
        for direction in hits:
            item = QListWidgetItem(direction.name)
            item.setSizeHint(QSize(0, ROW))
            item.setData(KEY, keys[id(direction)])
            item.setToolTip(direction_tip(direction))
            self.list.addItem(item)
        self.list.setVisible(bool(hits))
        self.list.setFixedHeight(min(SHOWN, len(hits)) * ROW + 2)
        self.none.say(NONE if words and not hits else "")
        if hits:
            self.list.setCurrentRow(0)

    def _on_return(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._on_item(item)

    def _on_item(self, item: QListWidgetItem) -> None:
        self.wanted.emit(item.data(KEY))
