"""By what the wall is sorted, in which direction, and which samples it leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from latentstudio.data.attributes import title
from latentstudio.ui.samples.order import DISTANCE, KEYS, NUMBER, Order
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.metrics import GAP, MARGIN, ROW

if TYPE_CHECKING:
    from latentstudio.data.attributes import Attribute

ATTRIBUTE = "attribute:"
ATTRIBUTE_NAMES = ("most first", "least first")
TIP = """What to sort by. Influence: what each sample adds to the FID. Realism: above 1, it lies
where real pictures lie. Distance: near the mean is typical, far from it rare.
Below: what the classifier says of each"""


class OrderBar(QWidget):
    """Sort by, direction, and a filter.

    Signals
    -------
    changed(Order)
        The hand wants this order.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._attributes: dict[str, Attribute] = {}
        self.by = _combo("samples.sort", TIP, 18)
        self.value = _combo("samples.value", "By the probability of which value", 12)
        self.direction = QPushButton()
        self.direction.setObjectName("samples.direction")
        self.direction.setToolTip("Turn the order round")
        self.direction.setFixedHeight(ROW)
        self.direction.setMinimumWidth(136)
        self.only = _combo("samples.only", "Show only samples of one kind, by the classifier", 16)
        self.only_value = _combo("samples.only_value", "Of which kind", 12)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(QLabel("Sort by"))
        for widget in (self.by, self.value, self.direction):
            row.addWidget(widget)
        row.addSpacing(MARGIN)
        row.addWidget(QLabel("Show"))
        for widget in (self.only, self.only_value):
            row.addWidget(widget)
        row.addStretch(1)
        self.order = Order()
        self._largest_first = False
        self.by.activated.connect(self._on_by)
        self.only.activated.connect(self._on_only)
        self.value.activated.connect(self._on_changed)
        self.only_value.activated.connect(self._on_changed)
        self.direction.clicked.connect(self._on_direction)
        self.set_attributes(())

    def set_attributes(self, attributes: Sequence[Attribute]) -> None:
        """Offer what the classifier reads; a choice that it cannot read is dropped."""
        known = {attribute.name: attribute for attribute in attributes}
        if known == self._attributes and self.by.count():
            return
        self._attributes = known
        by, only = self.by.currentData(), self.only.currentData()
        named: list[tuple[str, object]] = [(title(name), ATTRIBUTE + name) for name in known]
        self.by.fill([*((words, key) for key, words, *_ in KEYS), *named])
        kinds = [item for item in named if known[str(item[1])[len(ATTRIBUTE) :]].values]
        self.only.fill([("All samples", None), *kinds])
        self.by.choose(by if self.by.findData(by) >= 0 else NUMBER)
        self.only.choose(only if self.only.findData(only) >= 0 else None)
        self._fill_values()
        self._read()

    def _attribute(self, combo: Combo) -> Attribute | None:
        return self._attributes.get(str(combo.currentData()).removeprefix(ATTRIBUTE))

    def _fill_values(self) -> None:
        for combo, value in ((self.by, self.value), (self.only, self.only_value)):
            attribute = self._attribute(combo)
            kinds = attribute.values if attribute is not None else ()
            # Of two values one probability says it all; to show one kind, both can be chosen.
            choose = len(kinds) > (2 if value is self.value else 0)
            chosen = max(0, value.currentIndex())
            value.fill([(name, number) for number, name in enumerate(kinds)])
            value.setCurrentIndex(min(chosen, value.count() - 1))
            value.setVisible(choose)

    def _read(self) -> None:
        attribute, kind = self._attribute(self.by), self._attribute(self.only)
        by = NUMBER if attribute is not None else str(self.by.currentData())
        largest = self._largest_first
        only = None if kind is None else (kind, self.only_value.currentIndex())
        self.order = Order(by, attribute, max(0, self.value.currentIndex()), largest, only)
        names = next((names for key, _, *names in KEYS if key == by), ATTRIBUTE_NAMES)
        self.direction.setText((ATTRIBUTE_NAMES if attribute else names)[not largest])

    def _on_by(self) -> None:
        self._largest_first = self.by.currentData() not in (NUMBER, DISTANCE)
        self.value.setCurrentIndex(0)
        self._on_changed()

    def _on_only(self) -> None:
        self.only_value.setCurrentIndex(0)
        self._on_changed()

    def _on_direction(self) -> None:
        self._largest_first = not self._largest_first
        self._on_changed()

    def _on_changed(self) -> None:
        self._fill_values()
        self._read()
        self.changed.emit(self.order)


def _combo(name: str, tip: str, letters: int) -> Combo:
    combo = Combo()
    combo.setObjectName(name)
    combo.setToolTip(tip)
    combo.setAccessibleName(tip)
    combo.setMinimumContentsLength(letters)
    return combo
