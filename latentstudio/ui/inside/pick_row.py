"""Choosing many channels at once, and how many are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from latentstudio.ui.widgets.field import NumberField
from latentstudio.ui.widgets.metrics import ROW, STEP

if TYPE_CHECKING:
    from latentstudio.ui.inside.order import Sort

FEW = 8
WORDS = {"number": "First", "strength": "Strongest", "answer": "Answering"}
TIPS = {
    "number": "Choose as many channels as the number beside it says, from the first on",
    "strength": "Choose the strongest channels, as many as the number beside it says",
    "answer": "Choose those that answer most, at most as many as the number beside it says",
}


class PickRow(QWidget):
    """All, none, and the first few of the present order.

    Signals
    -------
    picked(str)
        ``all``, ``none`` or ``few``.
    """

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel()
        self.words.setObjectName("inside.chosen")
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.count = NumberField(1, 4096, step=1, decimals=0)
        self.count.setObjectName("inside.count")
        self.count.setAccessibleName("How many channels to choose")
        self.count.setToolTip("How many channels to choose")
        self.count.setFixedWidth(10 * STEP)
        self.count.set_amount(FEW)
        self.count.edited.connect(self._on_few)
        self.buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        row.addWidget(self.words, 1)
        for name, words, tip in (
            ("all", "All", "Choose all channels (Ctrl+A)"),
            ("none", "None", "Choose no channel (Esc)"),
            ("few", "", ""),
        ):
            button = self.buttons[name] = QPushButton(words)
            button.setObjectName(f"inside.pick.{name}")
            button.setToolTip(tip)
            button.setFixedHeight(ROW)
            button.setStyleSheet("padding: 0 7px")
            button.clicked.connect(self._on_button)
            row.addWidget(button)
        row.addWidget(self.count)
        self.show_sort("number")

    @property
    def few(self) -> int:
        """How many are a few."""
        return round(self.count.value())

    def show_sort(self, sort: Sort) -> None:
        """What the first of the order are."""
        self.buttons["few"].setText(WORDS[sort])
        self.buttons["few"].setToolTip(TIPS[sort])

    def show_chosen(self, chosen: int, among: int) -> None:
        """How many are chosen."""
        self.words.setText(f"{chosen} of {among}" if among else "")
        self.words.setToolTip(f"{chosen} of {among} channels are chosen")
        for name, able in (("all", chosen < among), ("none", chosen > 0), ("few", among > 0)):
            self.buttons[name].setEnabled(able)

    def _on_button(self) -> None:
        name = next(name for name, button in self.buttons.items() if button is self.sender())
        self.picked.emit(name)

    def _on_few(self) -> None:
        self.picked.emit("few")
