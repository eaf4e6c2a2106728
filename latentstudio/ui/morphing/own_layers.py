"""Groups of layers that stand elsewhere on the way than the rest."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from latentstudio.ui.panels.mixing import GROUPS, groups_of
from latentstudio.ui.widgets.metrics import LABEL_COLUMN, STEP
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.document.morph import Morph
    from latentstudio.generators.info import GeneratorInfo

TIP = "Give these layers a t of their own; unticked, they follow the morph"


class OwnLayers(QWidget):
    """A tick and a slider for the coarse, middle and fine layers each.

    Signals
    -------
    changed(tuple, str)
        The layers' own t's (None follows the morph), and the stroke's merge key.
    """

    changed = Signal(tuple, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ticks: dict[str, QCheckBox] = {}
        self.rows: dict[str, SliderRow] = {}
        self._groups: tuple[str, ...] = ()
        self._morph: Morph | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        for group in GROUPS:
            tick = QCheckBox(group.capitalize())
            tick.setObjectName(f"morph.own.{group}")
            tick.setToolTip(TIP)
            tick.setFixedWidth(LABEL_COLUMN + 4 * STEP)
            row = SliderRow(0.0, 1.0, default=0.5, origin=0.0)
            row.name(f"t of the {group} layers")
            line = QHBoxLayout()
            line.setSpacing(STEP)
            line.addWidget(tick)
            line.addWidget(row, 1)
            column.addLayout(line)
            tick.toggled.connect(partial(self._on_tick, group))
            row.edited.connect(partial(self._on_row, group))
            self.ticks[group], self.rows[group] = tick, row

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Layers that can be fed separately, by their group."""
        layered = info is not None and info.has_mapping and info.num_layers > 1
        self._groups = groups_of(info)[: info.num_layers] if layered and info else ()
        for group in GROUPS:
            self.ticks[group].setEnabled(group in self._groups)

    def show_morph(self, morph: Morph | None) -> None:
        """Write which groups have a t of their own, and which."""
        self._morph = morph
        for group in GROUPS:
            own = self._own(group)
            with QSignalBlocker(self.ticks[group]):
                self.ticks[group].setChecked(own is not None)
            self.rows[group].setEnabled(own is not None)
            follows = 0.0 if morph is None else morph.t
            self.rows[group].set_value(follows if own is None else own)

    def _own(self, group: str) -> float | None:
        """The t of the group's first layer that has one."""
        if self._morph is None:
            return None
        pairs = zip(self._morph.layers, self._groups, strict=False)
        return next((t for t, of in pairs if of == group and t is not None), None)

    def _on_tick(self, group: str, on: bool) -> None:
        if self._morph is not None:
            self._say(group, self._morph.t if on else None, "")

    def _on_row(self, group: str, t: float) -> None:
        self._say(group, round(t, 4), self.rows[group].merge())

    def _say(self, group: str, t: float | None, merge: str) -> None:
        if self._morph is None:
            return
        old = (*self._morph.layers, *[None] * len(self._groups))
        own = [t if of == group else o for of, o in zip(self._groups, old, strict=False)]
        while own and own[-1] is None:
            own.pop()
        self.changed.emit(tuple(own), merge)
