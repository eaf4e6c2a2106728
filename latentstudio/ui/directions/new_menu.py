"""The ways to a new slider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from latentstudio.ui.directions.questions import (
    AttributeQuestion,
    NumberQuestion,
    PointsQuestion,
)

if TYPE_CHECKING:
    from latentstudio.document.document import Document
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.directions.questions import Question

WAYS = (
    ("wall", "From &examples on the samples wall…", "Sort pictures into more and less, by eye"),
    ("attribute", "From an &attribute…", "What the classifier reads, with others held"),
    ("points", "From point A to point &B…", "What B has and A has not"),
    ("", "", ""),
    ("principal", "&Principal component…", "GANSpace: where this generator varies most"),
    ("sefa", "&SeFa factor…", "From the weights alone: where the layers answer most"),
    ("style", "Single style &channel…", "StyleSpace: one channel of one layer"),
    ("", "", ""),
    ("file", "From a &file…", "A .direction.json that somebody shared"),
)
STYLED = ("stylegan", "stylegan2", "stylegan3")


class NewMenu(QMenu):
    """Choose a way.

    Signals
    -------
    wanted(str)
        Its key, as in :data:`WAYS`.
    """

    wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self.ways: dict[str, QAction] = {}
        for key, words, tip in WAYS:
            if not key:
                self.addSeparator()
                continue
            action = self.ways[key] = self.addAction(words)
            action.setData(key)
            action.setToolTip(tip)
        self.triggered.connect(self._on_triggered)

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Offer what the generator has."""
        for key, action in self.ways.items():
            action.setEnabled(info is not None or key == "file")
        if info is not None:
            self.ways["style"].setEnabled(info.family in STYLED)

    def _on_triggered(self, action: QAction) -> None:
        self.wanted.emit(action.data())


def question_of(key: str, document: Document) -> Question:
    """The controls of a way."""
    if key == "attribute":
        return AttributeQuestion()
    if key == "points":
        return PointsQuestion(document.recipe)
    return NumberQuestion(key, document.info)  # type: ignore[arg-type]  # a kind, as in WAYS
