"""The bends in the picture: how far, off for a while, or away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from latentstudio.ui.directions.slider import Words
from latentstudio.ui.inside.bend_box import amount_row
from latentstudio.ui.inside.kinds import KINDS
from latentstudio.ui.inside.switch import Switch
from latentstudio.ui.widgets.glyph import GlyphButton
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import STEP
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.inside.held import Held

NONE = "Nothing is bent. What you bend above will stand here, and what comes from elsewhere."


class BendList(QWidget):
    """A row for each bend, or for all those of one slider.

    Signals
    -------
    moved(str, float, str)
        The hand bends one that far, in the stroke of that merge key.
    switched(str, bool)
        One is to be on, or off for a while.
    removed(str)
        One is to go.
    found(str)
        Its channels are to be looked at.
    """

    moved = Signal(str, float, str)
    switched = Signal(str, bool)
    removed = Signal(str)
    found = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, BendRow] = {}
        self.none = Hint(NONE)
        self.all = QPushButton("Remove all")
        self.all.setObjectName("inside.remove.all")
        self.all.setToolTip("Take all bends away; undo brings them back")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(STEP)
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.all)
        self._column.addWidget(self.none)
        self._column.addLayout(below)

    def show_bends(
        self,
        bends: Mapping[str, Held],
        off: Mapping[str, Held],
        sliders: Mapping[str, tuple[Direction, float]],
        info: GeneratorInfo | None,
    ) -> None:
        """Show those in the picture, those switched off, and those that are sliders."""
        wanted = {**bends, **off}
        for key in [key for key in self.rows if key not in wanted]:
            self._drop(key)
        for place, (key, its) in enumerate(sorted(wanted.items(), key=lambda pair: pair[1].place)):
            direction, amount = sliders.get(key, (None, its.amount))
            row = self.rows.get(key)
            if row is not None and not row.fits(its, direction):
                self._drop(key)
                row = None
            if row is None:
                row = self.rows[key] = BendRow(key, its, direction)
                row.moved.connect(self.moved)
                row.switched.connect(self.switched)
                row.removed.connect(self.removed)
                row.found.connect(self.found)
            row.show_bend(its, amount, key in bends, info)
            if self._column.indexOf(row) != place + 1:
                self._column.insertWidget(place + 1, row)
        self.none.setVisible(not wanted)
        self.all.setVisible(bool(wanted))

    def _drop(self, key: str) -> None:
        row = self.rows.pop(key)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()


class BendRow(QWidget):
    """Switch, name, facts and a cross above; slider and number below.

    The slider is that of the kind; of the direction where it is one; there is none for several
    bends of which nobody knows what one of them would mean.
    """

    moved = Signal(str, float, str)
    switched = Signal(str, bool)
    removed = Signal(str)
    found = Signal(str)

    def __init__(
        self, key: str, its: Held, direction: Direction | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._key, self._direction = key, direction
        self._kind, self._several = its.bends[0].kind, len(its.bends) > 1
        self.switch, self.name = Switch(), Words()
        self.remove = GlyphButton("clear", f"Take {its.name} away")
        self.amount: SliderRow | None = None
        if direction is not None:
            self.amount = SliderRow(direction.low, direction.high, origin=0.0, marks=(0.0,))
        elif not self._several:
            self.amount = amount_row(KINDS[self._kind])
        above = QHBoxLayout()
        above.setSpacing(STEP)
        for widget in (self.switch, self.name, self.remove):
            above.addWidget(widget, int(widget is self.name))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(above)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name_all(its.name)
        if self.amount is not None:
            column.addWidget(self.amount)
            self.amount.edited.connect(self._on_amount)
        self.switch.clicked.connect(self._on_switch)
        self.remove.clicked.connect(self._on_remove)
        self.name.clicked.connect(self._on_name)

    def fits(self, its: Held, direction: Direction | None) -> bool:
        """Whether this row can show these."""
        same = direction == self._direction and its.bends[0].kind == self._kind
        return same and (len(its.bends) > 1) == self._several

    def show_bend(self, its: Held, amount: float, on: bool, info: GeneratorInfo | None) -> None:
        """How far, and whether it is on."""
        words = its.words(info)
        self.name.setText(its.name)
        self.name.setEnabled(on)
        self.name.setToolTip(f"{its.name}\n{words}\nClick: look at these channels")
        self.switch.setChecked(on)
        if self.amount is not None:
            self.amount.set_value(amount)
            self.amount.setEnabled(on)
            self.amount.setToolTip(words)

    def _name_all(self, name: str) -> None:
        self.setObjectName(f"inside.bend.{self._key}")
        self.switch.setObjectName(f"inside.bend.{self._key}.on")
        self.switch.setAccessibleName(f"{name} is on")
        self.switch.setToolTip("Off for a while, to compare; the bend stays in this list")
        self.remove.setObjectName(f"inside.bend.{self._key}.remove")
        if self.amount is not None:
            self.amount.setObjectName(f"inside.bend.{self._key}.amount")
            self.amount.name(f"Amount of {name}")

    def _on_amount(self, amount: float) -> None:
        assert self.amount is not None
        self.moved.emit(self._key, round(amount, 4), self.amount.merge())

    def _on_switch(self) -> None:
        self.switched.emit(self._key, self.switch.isChecked())

    def _on_remove(self) -> None:
        self.removed.emit(self._key)

    def _on_name(self) -> None:
        self.found.emit(self._key)
