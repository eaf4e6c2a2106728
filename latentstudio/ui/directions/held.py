"""The attributes that a direction is made not to move, as small buttons that go at a click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from latentstudio.data.attributes import title
from latentstudio.ui.widgets.metrics import STEP

if TYPE_CHECKING:
    from latentstudio.data.attributes import Attribute

NONE = "nothing yet"
TIP = "What the slider is to leave as it is: it is made perpendicular to these"


class HeldRow(QWidget):
    """Held attributes, and a menu with all of them.

    Signals
    -------
    changed()
        The hand holds something, or lets it go.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept: tuple[str, ...] = ()
        self.menu = QMenu(self)
        self.add = QPushButton("Hold…")
        self.add.setToolTip(TIP)
        self.add.setMenu(self.menu)
        self.none = QLabel(NONE)
        self.none.setEnabled(False)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(STEP)
        self._row.addWidget(self.none)
        self._row.addStretch(1)
        self._row.addWidget(self.add)
        self.chips: dict[str, QPushButton] = {}
        self.menu.triggered.connect(self._on_action)
        self.set_attributes(())

    @property
    def kept(self) -> tuple[str, ...]:
        """Names of the held attributes, in the order in which they were held."""
        return self._kept

    def set_attributes(self, attributes: Sequence[Attribute], target: str = "") -> None:
        """Offer these, except the one that is to move."""
        self.menu.clear()
        for attribute in attributes:
            if attribute.name != target:
                action = self.menu.addAction(title(attribute.name))
                action.setData(attribute.name)
                action.setCheckable(True)
                action.setChecked(attribute.name in self._kept)
        self.add.setEnabled(bool(self.menu.actions()))

    def set_kept(self, kept: Sequence[str]) -> None:
        """Show that these are held."""
        self._kept = tuple(dict.fromkeys(kept))
        for action in self.menu.actions():
            action.setChecked(action.data() in self._kept)
        for name in set(self.chips) - set(self._kept):
            chip = self.chips.pop(name)
            self._row.removeWidget(chip)
            chip.deleteLater()
        for name in self._kept:
            if name not in self.chips:
                chip = self.chips[name] = QPushButton(f"{title(name)}  ×")
                chip.setProperty("attribute", name)
                chip.setToolTip(f"Let {title(name).lower()} go again")
                chip.clicked.connect(self._on_chip)
                self._row.insertWidget(len(self.chips), chip)
        self.none.setVisible(not self._kept)

    def hold(self, name: str, on: bool = True) -> None:
        """Hold one more, or let it go, as the hand does."""
        others = [kept for kept in self._kept if kept != name]
        self.set_kept([*others, name] if on else others)
        self.changed.emit()

    def _on_action(self, action: QAction) -> None:
        self.hold(action.data(), action.isChecked())

    def _on_chip(self) -> None:
        self.hold(self.sender().property("attribute"), False)
