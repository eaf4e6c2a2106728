"""A seed: previous, the number, next, and a throw of the dice."""

from __future__ import annotations

import random

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from latentstudio.document.recipe import MAX_SEED
from latentstudio.ui.widgets.field import NumberField
from latentstudio.ui.widgets.gesture import Gesture
from latentstudio.ui.widgets.glyph import GlyphButton
from latentstudio.ui.widgets.metrics import STEP

# What the dice throws: short enough to remember and to say aloud.
DICE = 1_000_000


class SeedRow(QWidget):
    """Step through seeds or type one.

    Signals
    -------
    edited(object)
        The hand chose this seed (a Python int: seeds go beyond a C int).
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = NumberField(0, MAX_SEED, step=1, decimals=0)
        self.previous = GlyphButton("previous", "Previous seed")
        self.next = GlyphButton("next", "Next seed")
        self.dice = GlyphButton("dice", f"Random seed. One below {DICE:,}")
        self._gesture = Gesture()
        self._random = random.Random()
        self._seed: int | None = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        row.addWidget(self.previous)
        row.addWidget(self.field, 1)
        row.addWidget(self.next)
        row.addWidget(self.dice)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self.field)
        for button in (self.previous, self.next):
            button.setAutoRepeat(True)
        self.previous.clicked.connect(self._on_previous)
        self.next.clicked.connect(self._on_next)
        self.dice.clicked.connect(self._on_dice)
        self.field.edited.connect(self._on_field)

    def value(self) -> int | None:
        """The seed shown, or None."""
        return self._seed

    def set_value(self, seed: int | None, instead: str = "") -> None:
        """Show a seed, or ``instead`` where there is none (a point given by its numbers)."""
        self._seed = seed
        # One below the range stands for no seed: a spin box has no empty value.
        self.field.setSpecialValueText(instead or " " if seed is None else "")
        self.field.set_amount(-1 if seed is None else seed)

    def merge(self) -> str:
        """The merge key of the present stroke."""
        return self._gesture.merge(self.objectName())

    def _go(self, seed: int) -> None:
        self._seed = min(MAX_SEED, max(0, seed))
        self.edited.emit(self._seed)

    def _step(self, by: int, button: GlyphButton) -> None:
        self._gesture = button.stroke()
        self._go((self._seed if self._seed is not None else -by) + by)
        self.field.set_amount(float(self._seed or 0))

    def _on_previous(self) -> None:
        self._step(-1, self.previous)

    def _on_next(self) -> None:
        self._step(1, self.next)

    def _on_dice(self) -> None:
        self._gesture = self.dice.stroke()
        self._go(self._random.randrange(DICE))
        self.field.set_amount(float(self._seed or 0))

    def _on_field(self, value: float) -> None:
        self._gesture = self.field.gesture
        self._go(round(value))
