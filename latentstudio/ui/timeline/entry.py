"""A list of small rows of controls, one for each of the timeline's walks or pulses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.field import NumberField
from latentstudio.ui.widgets.glyph import GlyphButton
from latentstudio.ui.widgets.metrics import GAP, STEP
from latentstudio.ui.widgets.paint import small

CELL = 72  # px of a number and its name


class Entry(QWidget):
    """A target, a button that removes it, and numbers below.

    Signals
    -------
    edited(object, str)
        The hand changed it: the new value, and the merge key of the stroke.
    removed()
        The hand wants it away.
    """

    edited = Signal(object, str)
    removed = Signal()

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._what = what
        self.target = Combo()
        self.target.setAccessibleName(f"What the {what} moves")
        self.away = GlyphButton("clear", f"Remove this {what}")
        self.fields: dict[str, NumberField] = {}
        self._cells: dict[str, QWidget] = {}
        self.top = QHBoxLayout()
        self.top.setSpacing(STEP)
        self.top.addWidget(self.target, 1)
        self.top.addWidget(self.away)
        self.numbers = QHBoxLayout()
        self.numbers.setSpacing(STEP)
        self.numbers.setAlignment(Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        column.addLayout(self.top)
        column.addLayout(self.numbers)
        self.away.clicked.connect(self.removed)
        self.target.activated.connect(self._on_edited)

    def add_field(self, name: str, words: str, tip: str, field: NumberField) -> None:
        """Put a number, named as the value's attribute, at the end."""
        cell = QWidget()
        label = QLabel(words)
        label.setFont(small(label.font()))
        cell.setToolTip(tip)
        cell.setFixedWidth(CELL)
        field.setAccessibleName(f"{words} of the {self._what}")
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(label)
        column.addWidget(field)
        self.fields[name], self._cells[name] = field, cell
        self.numbers.addWidget(cell)
        field.edited.connect(self._on_edited)

    def show_fields(self, value: Any, hidden: Sequence[str] = ()) -> None:
        """Write the numbers, and leave out those that mean nothing here."""
        for name, field in self.fields.items():
            field.set_amount(getattr(value, name))
            self._cells[name].setVisible(name not in hidden)

    def show_value(self, value: Any) -> None:
        """Write a value to the widgets."""
        raise NotImplementedError

    def value(self) -> Any:
        """The value that the widgets hold."""
        raise NotImplementedError

    def _on_edited(self) -> None:
        sender = self.sender()
        strokes = [f.gesture for f in self.fields.values() if f is sender]
        merge = strokes[0].merge(f"timeline.{self._what}") if strokes else ""
        self.edited.emit(self.value(), merge)


class Entries(QWidget):
    """One entry for each value.

    Signals
    -------
    edited(tuple, str)
        The hand changed, or removed, one of them: all values, and the stroke's merge key.
    grown(QWidget)
        An entry has been added.
    """

    edited = Signal(tuple, str)
    grown = Signal(QWidget)

    def __init__(self, make: Callable[[], Entry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make = make
        self._values: tuple[Any, ...] = ()
        self.entries: list[Entry] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP)

    def set_values(self, values: tuple[Any, ...]) -> None:
        """Show these."""
        self._values = values
        while len(self.entries) > len(values):
            gone = self.entries.pop()
            gone.hide()
            gone.deleteLater()
        while len(self.entries) < len(values):
            entry = self._make()
            self._column.addWidget(entry)
            self.entries.append(entry)
            entry.edited.connect(self._on_edited)
            entry.removed.connect(self._on_removed)
            self.grown.emit(entry)
        for entry, value in zip(self.entries, values, strict=True):
            entry.show_value(value)

    def _on_edited(self, value: object, merge: str) -> None:
        place = self.entries.index(self.sender())  # type: ignore[arg-type]
        self.edited.emit((*self._values[:place], value, *self._values[place + 1 :]), merge)

    def _on_removed(self) -> None:
        place = self.entries.index(self.sender())  # type: ignore[arg-type]
        self.edited.emit(self._values[:place] + self._values[place + 1 :], "")
