"""What is done to the chosen channels: a kind of bend, and how far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from latentstudio.ui.inside.kinds import KINDS, amount_in, bend_key, kind_tip, refusal
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.gesture import Gesture
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import STEP
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.slider_row import SliderRow
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.inside.kinds import Kind

CHOOSE = "Choose channels above to bend them."
KEEP_TIP = "Keep these style channels as a slider of your own: amount 1 is what is set now"
KEEP_IDLE = "Move the slider first: amount 1 of the new slider is what is set then"
BUTTONS = {
    "ablate": ("Ablate", 0.0, "Silence these channels; again: bring them back"),
    "invert": ("Invert", -1.0, "Turn these channels' signs around; again: turn them back"),
}


class BendBox(QWidget):
    """Ablate, invert, and a slider for every kind.

    Signals
    -------
    bent(str, float, str)
        The hand bends the chosen channels so (a kind), that far, in the stroke of that merge key.
    kept()
        The hand wants the present style bend as a slider.
    """

    bent = Signal(str, float, str)
    kept = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._info: GeneratorInfo | None = None
        self.buttons: dict[str, QPushButton] = {}
        self.rows: dict[str, SliderRow] = {}
        for name, (words, _, tip) in BUTTONS.items():
            button = self.buttons[name] = QPushButton(words)
            button.setObjectName(f"inside.{name}")
            button.setToolTip(tip)
            button.setCheckable(True)
            button.clicked.connect(self._on_button)
        self.kind = Combo()
        self.kind.setObjectName("inside.kind")
        self.kind.setAccessibleName("Kind of bend")
        self.kind.fill([(kind.title, kind.name) for kind in KINDS.values()])
        self.kind.setToolTip("What is done to the chosen channels; several kinds can be combined")
        self._stack = QStackedWidget()
        for kind in KINDS.values():
            row = self.rows[kind.name] = amount_row(kind)
            row.setObjectName(f"inside.amount.{kind.name}")
            row.name(f"{kind.title} of the chosen channels")
            row.edited.connect(self._on_amount)
            self._stack.addWidget(row)
        self.hint = Hint(CHOOSE)
        self.hint.setObjectName("inside.bend.hint")
        self.keep = QPushButton("Also as a slider")
        self.keep.setObjectName("inside.keep")
        self._lay_out()
        self.kind.activated.connect(self._on_kind)
        self.keep.clicked.connect(self.kept)

    @property
    def chosen(self) -> str:
        """The kind that is set."""
        return str(self.kind.currentData())

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Offer the kinds that the generator knows, with reasons for the others."""
        self._info = info
        items = self.kind.model()
        assert isinstance(items, QStandardItemModel)
        for place, kind in enumerate(KINDS.values()):
            reason = refusal(kind.name, info) if info is not None else ""
            items.item(place).setEnabled(not reason)
            items.item(place).setToolTip(reason or kind_tip(kind, info))
            self.rows[kind.name].setToolTip(kind_tip(kind, info))
        if info is not None and refusal(self.chosen, info):
            self.kind.choose("scale")
            self._on_kind()

    def show_bends(self, recipe: Recipe, layer: int, channels: tuple[int, ...] | None) -> None:
        """How far the chosen channels (None: no channel is chosen) are bent in each way."""
        amounts: dict[str, float | None] = {}
        for name, row in self.rows.items():
            if channels is not None:
                amounts[name] = amount_in(recipe, bend_key(layer, name, channels))
            amount = amounts.get(name)
            row.set_value(KINDS[name].rest if amount is None else amount)
        for name, (_, amount, _) in BUTTONS.items():
            self.buttons[name].setChecked(amounts.get("scale") == amount)
        able = channels is not None
        for widget in (*self.buttons.values(), self.kind, self._stack):
            widget.setEnabled(able)
        style = bool(amounts.get("style"))
        self.keep.setVisible(self.chosen == "style")
        self.keep.setEnabled(style)
        self.keep.setToolTip(KEEP_TIP if style else KEEP_IDLE)
        self._explain(able)

    # -- inside --------------------------------------------------------------------------

    def _lay_out(self) -> None:
        above = QHBoxLayout()
        above.setSpacing(STEP)
        for button in self.buttons.values():
            above.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        column.addLayout(above)
        column.addLayout(labelled("Kind", self.kind))
        column.addWidget(self._stack)
        column.addWidget(self.keep)
        column.addWidget(self.hint)

    def _explain(self, able: bool) -> None:
        if not able:
            self.hint.say(CHOOSE)
        else:
            without = refusal("style", self._info) if self._info is not None else ""
            self.hint.say(f"{sentence(kind_tip(KINDS[self.chosen], self._info))} {without}".strip())

    def _on_kind(self) -> None:
        self._stack.setCurrentWidget(self.rows[self.chosen])
        self.keep.setVisible(self.chosen == "style")
        self._explain(self._stack.isEnabled())

    def _on_amount(self, amount: float) -> None:
        row = self.rows[self.chosen]
        self.bent.emit(self.chosen, round(amount, 4), row.merge())

    def _on_button(self) -> None:
        name = next(name for name, button in self.buttons.items() if button is self.sender())
        self.kind.choose("scale")
        self._on_kind()
        amount = BUTTONS[name][1] if self.buttons[name].isChecked() else 1.0
        self.bent.emit("scale", amount, Gesture().merge(f"inside.{name}"))


def amount_row(kind: Kind) -> SliderRow:
    """Slider and number for the amount of a bend."""
    return SliderRow(
        kind.low,
        kind.high,
        step=kind.step,
        decimals=kind.decimals,
        default=kind.rest,
        origin=kind.rest,
        marks=kind.marks,
        suffix=kind.suffix,
    )
