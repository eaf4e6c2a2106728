"""Chooses an axis: its kind and its number."""

from __future__ import annotations

import random

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QWidget

from latentstudio.document.recipe import POINT_NAMES, Axis
from latentstudio.generators.info import GeneratorInfo
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.field import NumberField
from latentstudio.ui.widgets.glyph import GlyphButton
from latentstudio.ui.widgets.metrics import FIELD, STEP

LARGEST = 99_999  # what the field has room for
DICE = 1000  # short enough to remember
KINDS = {
    "random": "Direction",
    "coordinate": "Coordinate",
    "principal": "Component",
    "toward": "Toward",
}
TIPS = {
    "random": "A random direction, drawn with this number: the same number, the same direction",
    "coordinate": "One coordinate of z alone",
    "principal": "A principal component of w, the strongest first (GANSpace, Härkönen et al. 2020),"
    " in standard deviations",
    "toward": "The way to another point: about 1.6 reaches it",
}


class AxisChooser(QWidget):
    """Kind, number, and a throw of the dice for a random direction.

    Signals
    -------
    edited(object)
        The hand chose this :class:`Axis`.
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axis = Axis()
        self._info: GeneratorInfo | None = None
        self._random = random.Random()
        self.kind = Combo()
        self.number = NumberField(0, LARGEST, step=1, decimals=0)
        self.point = Combo()
        self.point.setMinimumContentsLength(1)
        self.point.fill([(name, i) for i, name in enumerate(POINT_NAMES)])
        self._stack = QStackedWidget()
        self._stack.addWidget(self.number)
        self._stack.addWidget(self.point)
        self._stack.setFixedSize(FIELD - STEP, self.number.height())
        self.roll = GlyphButton("dice", "Another random direction")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        row.addWidget(self.kind, 1)
        row.addWidget(self._stack)
        row.addWidget(self.roll)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self.kind)
        self.kind.activated.connect(self._on_kind)
        self.number.edited.connect(self._on_number)
        self.point.activated.connect(self._on_point)
        self.roll.clicked.connect(self._on_roll)
        self.set_info(None)

    def axis(self) -> Axis:
        """The axis shown."""
        return self._axis

    def set_axis(self, axis: Axis) -> None:
        """Show an axis without reporting it."""
        self._axis = axis
        self.kind.choose(axis.kind)
        self.kind.setToolTip(TIPS[axis.kind])
        self.number.setToolTip(TIPS[axis.kind])
        toward = axis.kind == "toward"
        self._stack.setCurrentWidget(self.point if toward else self.number)
        if toward:
            self.point.choose(axis.index)
        else:
            self.number.set_limits(0, self._limit(axis.kind))
            self.number.set_amount(axis.index)
        self.roll.setEnabled(axis.kind == "random")

    def set_info(self, info: GeneratorInfo | None, in_w: bool = False) -> None:
        """Offer the kinds of axes that the generator has; for a point without a z, those of w."""
        self._info = info
        absent = set() if info is None or info.has_mapping else {"principal"}
        if in_w and not absent:
            absent = KINDS.keys() - {"principal"}
        self.kind.fill([(KINDS[k], k) for k in KINDS if k not in absent])
        self.set_axis(self._axis)

    def _limit(self, kind: str) -> int:
        if self._info is None or kind == "random":
            return LARGEST
        return (self._info.z_dim if kind == "coordinate" else self._info.w_dim) - 1

    def _choose(self, axis: Axis) -> None:
        if axis != self._axis:
            self.set_axis(axis)
            self.edited.emit(axis)

    def _on_kind(self) -> None:
        kind = self.kind.currentData()
        index = self._axis.index
        if kind == "toward":
            index = min(index, len(POINT_NAMES) - 1)
        self._choose(Axis(kind, min(index, self._limit(kind))))

    def _on_number(self, value: float) -> None:
        self._choose(Axis(self._axis.kind, min(round(value), self._limit(self._axis.kind))))

    def _on_point(self) -> None:
        self._choose(Axis("toward", self.point.currentData()))

    def _on_roll(self) -> None:
        self._choose(Axis("random", self._random.randrange(DICE)))
