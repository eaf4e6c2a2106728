"""A field that finds attributes by typing, and the list of those found."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from latentstudio.ui.editing.traits import HIDDEN, Trait, plain
from latentstudio.ui.widgets.metrics import ROW, STEP

SEEN, LINE = 6, ROW - STEP  # rows of the list, and how high they are
TIP = """Find an attribute by its name, one of its classes or what it describes, and put it in
front. ↓ shows them all, Enter takes one, Esc closes the list"""


class Finder(QWidget):
    """Type, choose with the arrows, Enter.

    Signals
    -------
    found(str)
        The hand wants the attribute of this name in front.
    """

    found = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._traits: Mapping[str, Trait] = {}
        self.field = QLineEdit()
        self.field.setObjectName("edit.find")
        self.field.setAccessibleName("Find an attribute")
        self.field.setToolTip(TIP)
        self.field.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setObjectName("edit.found")
        self.list.setAccessibleName("Attributes found")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The field keeps the keyboard: it hands the arrows on.
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self.field.installEventFilter(self)
        self.field.textEdited.connect(self._on_text)
        self.list.itemClicked.connect(self._take)

    def set_traits(self, traits: Mapping[str, Trait]) -> None:
        """What can be found."""
        self._traits = traits
        many = f"Find among {len(traits)} attributes" if traits else "No attributes yet"
        self.field.setPlaceholderText(many)
        self.field.setEnabled(bool(traits))
        self.close_list()

    def names(self) -> list[str]:
        """The names of what is listed now."""
        return [self._name(row) for row in range(self.list.count())]

    def open_list(self) -> None:
        """List what fits the text: everything for none."""
        self.list.clear()
        for trait in self._traits.values():
            if trait.matches(self.field.text()):
                values = ", ".join(map(plain, trait.values))
                item = QListWidgetItem(f"{trait.title}  ·  {values}" if values else trait.title)
                item.setSizeHint(QSize(0, LINE))
                item.setData(Qt.ItemDataRole.UserRole, trait.name)
                item.setToolTip(trait.attribute.help if trait.able else HIDDEN)
                if not trait.able:
                    item.setForeground(self.palette().placeholderText())
                self.list.addItem(item)
        if not self.list.count():
            nothing = QListWidgetItem("No attribute is called that")
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(nothing)
        else:
            self.list.setCurrentRow(0)
        self.list.setFixedHeight(min(SEEN, self.list.count()) * LINE + STEP)
        self.list.show()

    def close_list(self) -> None:
        """Forget the text and the list."""
        self.field.clear()
        self.list.hide()

    def eventFilter(self, _field: QObject, event: QEvent) -> bool:
        """The keys that work the list from the field; it closes when the focus goes."""
        if event.type() == QEvent.Type.FocusOut and not self.list.underMouse():
            self.list.hide()
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            # Esc leaves the list first, and the panel only then.
            event.setAccepted(event.key() == Qt.Key.Key_Escape and self.list.isVisible())
            return event.isAccepted()
        return event.type() == QEvent.Type.KeyPress and self._key(event)

    def _key(self, event: QKeyEvent) -> bool:
        way = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if way:
            if self.list.isHidden():
                self.open_list()
            else:
                row = self.list.currentRow() + way
                self.list.setCurrentRow(min(self.list.count() - 1, max(0, row)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.list.isVisible():
            self._take(self.list.currentItem())
        elif event.key() == Qt.Key.Key_Escape and self.list.isVisible():
            self.close_list()
        else:
            return False
        return True

    def _name(self, row: int) -> str:
        return str(self.list.item(row).data(Qt.ItemDataRole.UserRole) or "")

    def _take(self, item: QListWidgetItem | None) -> None:
        name = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        if name:
            self.close_list()
            self.found.emit(name)

    def _on_text(self, text: str) -> None:
        if text:
            self.open_list()
        else:
            self.list.hide()
