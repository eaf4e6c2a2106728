"""A direction that was found: what it does to pictures, how far to trust it, what it leaks."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from latentstudio.document.recipe import MAX_SEED, Mixing, Point, Recipe, Seed
from latentstudio.ui import theme
from latentstudio.ui.directions.strip import AmountStrip
from latentstudio.ui.directions.words import leak_bars
from latentstudio.ui.editing.leakage_bars import LeakageBars
from latentstudio.ui.editing.leaks import Bar, worst
from latentstudio.ui.widgets.glyph import GlyphButton
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, MARGIN, STEP
from latentstudio.ui.widgets.rows import Heading

if TYPE_CHECKING:
    from latentstudio.engine.editing.values import Fitted
    from latentstudio.ui.panels.context import PanelContext

CLEAN = "Nothing else moves beyond chance."
LEAK_TIP = "What one unit moves beside, in standard deviations over this generator's pictures"
SIDE = 320
FEW = 10
LARGE = 128


def someone(recipe: Recipe, seed: int) -> Recipe:
    """The picture of another seed under the same settings."""
    bare = msgspec.structs.replace(recipe, mixing=Mixing(), edits=(), bends=())
    return bare.with_point(Point("A", Seed(seed))).showing("A")


class ResultView(QWidget):
    """Three filmstrips, a verdict, and bars of the leakage.

    Signals
    -------
    hold(str)
        The hand wants this attribute held, and the direction fitted again.
    """

    hold = Signal(str)

    def __init__(self, context: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = context.document
        self._fitted: Fitted | None = None
        self._worst: Bar | None = None
        self._seeds = [random.randrange(MAX_SEED), random.randrange(MAX_SEED)]
        self.strips = [AmountStrip(context.thumbnails, LARGE) for _ in range(3)]
        self.dice = GlyphButton("dice", "Two other pictures")
        self.validation = QLabel()
        self.validation.setWordWrap(True)
        self.validation.setObjectName("maker.validation")
        self.leaks = LeakageBars()
        self.leaks.setToolTip(LEAK_TIP)
        self.clean = Hint()
        self.refit = QPushButton()
        self.refit.setObjectName("maker.hold")
        self.refit.setToolTip("Fit again, perpendicular to what moved most beside it")
        self._arrange()
        self.dice.clicked.connect(self._on_dice)
        self.refit.clicked.connect(self._on_refit)
        self.leaks.picked.connect(self._on_picked)
        self._document.recipe_changed.connect(self._on_recipe)
        self.show_fitted(None)

    def _arrange(self) -> None:
        pictures, words, others = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        for column in (pictures, words):
            column.setSpacing(STEP)
        others.addWidget(Heading("And on two others"))
        others.addWidget(self.dice, 0, Qt.AlignmentFlag.AlignBottom)
        others.addStretch(1)
        pictures.addWidget(Heading("On the picture"))
        pictures.addWidget(self.strips[0])
        pictures.addLayout(others)
        pictures.addWidget(self.strips[1])
        pictures.addWidget(self.strips[2])
        pictures.addStretch(1)
        self._side = QWidget()
        self._side.setFixedWidth(SIDE)
        self._side.setLayout(words)
        words.setContentsMargins(0, 0, 0, 0)
        words.addWidget(Heading("How sure"))
        words.addWidget(self.validation)
        words.addSpacing(GAP)
        leaks = Heading("What moves along")
        leaks.setToolTip(LEAK_TIP)
        words.addWidget(leaks)
        words.addWidget(self.leaks)
        words.addWidget(self.clean)
        words.addSpacing(STEP)
        words.addWidget(self.refit)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * MARGIN)
        row.addLayout(pictures, 1)
        row.addWidget(self._side)

    def show_fitted(self, fitted: Fitted | None) -> None:
        """Show what was found; None shows nothing."""
        self._fitted = fitted
        self._side.setVisible(fitted is not None)
        self._on_recipe(self._document.recipe)
        if fitted is None:
            return
        self.validation.setStyleSheet(f"color: {theme.ALERT}" if fitted.weak else "")
        self.validation.setText(fitted.validation)
        bars = leak_bars(fitted.direction, fitted.leakage)
        self.leaks.show_bars(bars[:FEW])
        self._worst = worst([bar for bar in bars if _sure(bar)])
        self.clean.say("" if self._worst is not None else CLEAN)
        holds = fitted.request.kind != "style" and self._worst is not None
        self.refit.setVisible(holds)
        if self._worst is not None:
            self.refit.setText(f"Hold {self._worst.label.split(':')[0]} and fit again")

    def stop(self) -> None:
        """Hear and ask for nothing more (the window is going)."""
        self._document.recipe_changed.disconnect(self._on_recipe, missing_ok=True)
        for strip in self.strips:
            strip.stop()

    def _on_recipe(self, recipe: Recipe) -> None:
        fitted = self._fitted
        direction = fitted.direction if fitted is not None else None
        amounts = fitted.amounts if fitted is not None else ()
        others = [someone(recipe, seed) for seed in self._seeds]
        for strip, each in zip(self.strips, (recipe, *others), strict=True):
            strip.show_direction(direction, each, amounts)

    def _on_dice(self) -> None:
        self._seeds = [random.randrange(MAX_SEED) for _ in self._seeds]
        self._on_recipe(self._document.recipe)

    def _on_refit(self) -> None:
        if self._worst is not None:
            self.hold.emit(self._worst.attribute)

    def _on_picked(self, attribute: str) -> None:
        if self._fitted is not None and self._fitted.request.kind != "style":
            self.hold.emit(attribute)


def _sure(bar: Bar) -> bool:
    """Whether its interval leaves out 0."""
    return bar.interval is not None and bar.interval[0] * bar.interval[1] > 0
