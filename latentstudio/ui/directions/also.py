"""What a recipe holds beside the sliders in front: each can be taken away."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from latentstudio.ui.directions.slider import Words
from latentstudio.ui.directions.words import signed
from latentstudio.ui.widgets.glyph import GlyphButton
from latentstudio.ui.widgets.metrics import STEP
from latentstudio.ui.widgets.rows import Heading

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe


def applied(recipe: Recipe) -> dict[str, tuple[str, float]]:
    """Name and amount by key of everything that displaces or bends a recipe."""
    bends = {bend.key: (bend.name, bend.amount) for bend in reversed(recipe.bends) if bend.key}
    return {edit.key: (edit.name, edit.amount) for edit in recipe.edits} | bends


class AlsoApplied(QWidget):
    """One line each: name, amount, and a button that takes it away.

    Signals
    -------
    removed(str)
        The hand wants the edit of this key away.
    wanted(str)
        The hand clicked its name.
    """

    removed = Signal(str)
    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, _Row] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        heading = Heading("Also applied")
        heading.setToolTip("In the picture, but not among the sliders in front")
        self._column.addWidget(heading)
        self.hide()

    def show_recipe(self, recipe: Recipe, front: Collection[str]) -> None:
        """List what the recipe holds and does not stand in front."""
        held = {key: its for key, its in applied(recipe).items() if key not in front}
        for key in set(self.rows) - set(held):
            row = self.rows.pop(key)
            row.hide()
            row.deleteLater()
        for key, (name, amount) in held.items():
            if key not in self.rows:
                row = self.rows[key] = _Row(key, name)
                row.removed.connect(self.removed)
                row.wanted.connect(self.wanted)
                self._column.addWidget(row)
            self.rows[key].amount.setText(signed(amount))
        self.setVisible(bool(self.rows))


class _Row(QWidget):
    removed = Signal(str)
    wanted = Signal(str)

    def __init__(self, key: str, name: str) -> None:
        super().__init__()
        self._key = key
        self.name, self.amount = Words(), QLabel()
        self.name.setText(name)
        self.name.setToolTip(f"{name}: click to bring its slider to the front")
        self.amount.setEnabled(False)
        self.remove = GlyphButton("clear", f"Take {name} away from the picture")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        row.addWidget(self.name, 1)
        row.addWidget(self.amount)
        row.addWidget(self.remove)
        self.name.clicked.connect(self._on_name)
        self.remove.clicked.connect(self._on_remove)

    def _on_name(self) -> None:
        self.wanted.emit(self._key)

    def _on_remove(self) -> None:
        self.removed.emit(self._key)
