"""The history on the panel: list, pins, notes, and what pinned measurements put into the plots."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QPushButton, QVBoxLayout, QWidget

from latentstudio.ui.numbers.curves import Pin, incomparable
from latentstudio.ui.numbers.history_list import HistoryList, Item
from latentstudio.ui.numbers.plot import COLOURS
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, STEP

if TYPE_CHECKING:
    from latentstudio.metrics.quality import Quality
    from latentstudio.ui.numbers.history import Entry
    from latentstudio.ui.numbers.model import NumbersModel

EMPTY = "Every measurement that settles is kept here, and what is pinned is kept for ever."
PIN_TIP = """Pin: keep this measurement for ever, and its curve in the plots, where it can be
compared with other checkpoints and settings"""
NOTE_TIP = "Write a note on this measurement"
REMOVE_TIP = "Forget this measurement (Del in the list)"


class Record(QWidget):
    """Shows and changes the history of a model.

    Signals
    -------
    taken(Entry)
        The hand wants to return to this setting.
    pins_changed()
        :attr:`pins` has changed.
    """

    taken = Signal(object)
    pins_changed = Signal()

    def __init__(self, numbers: NumbersModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._numbers = numbers
        self.pins: tuple[Pin, ...] = ()
        self.list = HistoryList()
        self.list.setObjectName("numbers.history")
        self.list.setAccessibleName("Measurements")
        self.empty = Hint(EMPTY)
        self.pin = _button("Pin", "pin", PIN_TIP)
        self.pin.setCheckable(True)
        self.note = _button("Note…", "note", NOTE_TIP)
        self.remove = _button("Remove", "remove", REMOVE_TIP)
        # Tests answer here instead of in a modal dialog.
        self.ask: Callable[[str], str | None] = self._ask
        buttons = QHBoxLayout()
        buttons.setSpacing(STEP)
        for button in (self.pin, self.note, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(GAP)
        self.column.addWidget(self.empty)
        self.column.addWidget(self.list)
        self.column.addLayout(buttons)
        self.list.taken.connect(self.taken)
        self.list.removed.connect(self._on_removed)
        self.list.chosen.connect(self._on_chosen)
        self.pin.clicked.connect(self._on_pin)
        self.note.clicked.connect(self._on_note)
        self.remove.clicked.connect(self._on_remove)
        numbers.history_changed.connect(self.refresh)
        numbers.curve_changed.connect(self.refresh)
        numbers.choices_changed.connect(self.refresh)
        self._reference: Quality | None = None
        numbers.quality_changed.connect(self._on_quality)
        self.refresh()

    def refresh(self, _news: object = None) -> None:
        """List what is kept, and see what may stand in the plots now."""
        history, curve = self._numbers.history, self._numbers.curve
        entries = history.entries if history is not None else ()
        axes = curve.qualities[0] if curve is not None and curve.qualities else None
        target = self._numbers.choices.target
        items: list[Item] = []
        pins: list[Pin] = []
        for entry in entries:
            colour = COLOURS[len(pins) % len(COLOURS)] if entry.pinned else ""
            drawn = entry.curve[0] if entry.curve else entry.quality
            if not entry.pinned or (axes is not None and incomparable(drawn, axes, axes.n)):
                colour = ""
            else:
                pins.append(Pin(entry.name, entry.quality, entry.curve, colour))
            now = self._reference
            apart = incomparable(entry.quality, now, target) if now is not None else ""
            items.append(Item(entry, colour, apart))
        self.list.set_items(items)
        self.list.setVisible(bool(items))
        self.empty.setVisible(not items)
        if tuple(pins) != self.pins:
            self.pins = tuple(pins)
            self.pins_changed.emit()

    def _ask(self, before: str) -> str | None:
        title, words = "Note", "What was this measurement for?"
        text, fine = QInputDialog.getText(self.window(), title, words, text=before)
        return text if fine else None

    def _on_quality(self, quality: Quality | None) -> None:
        """Other features or data make other entries comparable."""
        before, self._reference = self._reference, quality
        if _frame(before) != _frame(quality):
            self.refresh()

    def _on_chosen(self) -> None:
        entry = self.list.current()
        for button in (self.pin, self.note, self.remove):
            button.setEnabled(entry is not None)
        self.pin.setChecked(entry is not None and entry.pinned)

    def _on_pin(self, on: bool) -> None:
        entry, history = self.list.current(), self._numbers.history
        if entry is not None and history is not None:
            history.pin(entry, on)
            self._numbers.history_changed.emit()

    def _on_note(self) -> None:
        entry, history = self.list.current(), self._numbers.history
        if entry is None or history is None:
            return
        note = self.ask(entry.note)
        if note is not None:
            history.annotate(entry, note)
            self._numbers.history_changed.emit()

    def _on_remove(self) -> None:
        self._on_removed(self.list.current())

    def _on_removed(self, entry: Entry | None) -> None:
        if entry is not None and self._numbers.history is not None:
            self._numbers.history.remove(entry)
            self._numbers.history_changed.emit()


def _frame(quality: Quality | None) -> tuple[str, str] | None:
    return None if quality is None else (quality.features_hash, quality.data_hash)


def _button(words: str, name: str, tip: str) -> QPushButton:
    button = QPushButton(words)
    button.setObjectName(f"numbers.{name}")
    button.setToolTip(tip)
    return button
