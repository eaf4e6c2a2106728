"""What the slider that was used last does: its filmstrip, and what it moves beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from latentstudio.engine.editing.values import FITTED
from latentstudio.ui.directions.menu import refittable
from latentstudio.ui.directions.strip import AmountStrip, spread
from latentstudio.ui.directions.words import leak_bars
from latentstudio.ui.editing.leakage_bars import LeakageBars
from latentstudio.ui.editing.leaks import verdict, worst
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.rows import Heading

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction, Leak
    from latentstudio.document.recipe import Recipe
    from latentstudio.ui.panels.context import Thumbnails

PICTURES = 5
FEW = 6
UNMEASURED = "What it moves beside was not measured yet."


class Details(QWidget):
    """Filmstrip, bars, and the button that holds the worst.

    Signals
    -------
    taken(float)
        The hand chose that amount on the filmstrip.
    measure(), hold(str)
        The hand wants the leakage measured, or an attribute held.
    """

    taken = Signal(float)
    measure = Signal()
    hold = Signal(str)

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = Heading("")
        self.strip = AmountStrip(thumbnails)
        self.strip.setObjectName("sliders.strip")
        self.leaks = LeakageBars()
        self.words = Hint()
        self.again = QPushButton("Measure")
        self.again.setObjectName("sliders.measure")
        self.refit = QPushButton()
        self.refit.setObjectName("sliders.hold")
        self.refit.setToolTip("Fit it again, perpendicular to what it moved most beside")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GAP, 0, 0)
        column.setSpacing(GAP)
        for widget in (self.heading, self.strip, self.leaks, self.words, self.again, self.refit):
            column.addWidget(widget)
        self.direction: Direction | None = None
        self.worst = ""
        self.strip.taken.connect(self.taken)
        self.again.clicked.connect(self.measure)
        self.refit.clicked.connect(self._on_refit)
        self.leaks.picked.connect(self._on_picked)
        self.hide()

    def show_direction(self, direction: Direction | None, recipe: Recipe) -> None:
        """Speak of this one; None of none."""
        before, self.direction = self.direction, direction
        self.setVisible(direction is not None)
        amounts = spread(direction, PICTURES) if direction is not None else ()
        self.strip.show_direction(direction, recipe, amounts)
        if direction is not None and direction != before:
            self.heading.setText(direction.name)
            self.show_leaks(direction.leakage)

    def show_leaks(self, leaks: Sequence[Leak], n: int = 0) -> None:
        """Show what it moves beside, perhaps over so many samples."""
        if self.direction is None:
            return
        found = leak_bars(self.direction, leaks)
        self.leaks.show_bars(found[:FEW])
        self.leaks.setVisible(bool(found))
        most = worst(found)
        self.worst = most.attribute if most is not None else ""
        said = verdict(found, n or FITTED) if found else UNMEASURED
        self.words.say(said)
        self.again.setVisible(not found)
        self.refit.setVisible(bool(self.worst) and refittable(self.direction))
        if most is not None:
            self.refit.setText(f"Hold {most.label.split(':')[0]} and fit again")

    def _on_refit(self) -> None:
        self.hold.emit(self.worst)

    def _on_picked(self, attribute: str) -> None:
        if self.direction is not None and refittable(self.direction):
            self.hold.emit(attribute)
