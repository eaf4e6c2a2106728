"""What a search is for: the likeness, what a small picture could be, or what is damaged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLayout, QVBoxLayout, QWidget

from latentstudio.ui.inverting.painting_box import PaintingBox
from latentstudio.ui.inverting.wishes import ANSWERS, Kind, Wishes, small_sizes
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.segmented import Segmented
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.inverting.picture_source import PictureSource
    from latentstudio.ui.inverting.steps import Steps

KINDS = [
    ("find", "Find", "The point whose picture is most like the photograph"),
    ("enlarge", "Enlarge", "The photograph is small: points whose pictures, shrunk, are like it"),
    ("repair", "Repair", "A part of it is damaged: points whose pictures are like the rest"),
]
SMALL_TIP = """How many pixels a side the photograph really has: what is finer is not looked at,
and will be invented"""
ANSWERS_TIP = "How many different answers: they all fit what is known, and differ in the rest"
FEWEST, MOST = 2, 8  # answers


class TaskBox(QWidget):
    """The task, and below it what belongs to it alone.

    Signals
    -------
    edited()
        The hand has changed something.

    Attributes
    ----------
    brush
        The mask of a repair.
    """

    edited = Signal()

    def __init__(self, source: PictureSource, steps: Steps, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kinds = Segmented(KINDS)
        self.kinds.setObjectName("picture.kinds")
        self.small = Combo()
        self.small.setObjectName("picture.small")
        self.small.setToolTip(SMALL_TIP)
        self.small.setAccessibleName("Real size of the photograph")
        self.painting = PaintingBox(source, steps)
        self.brush = self.painting.brush
        self.answers = SliderRow(FEWEST, MOST, step=1, decimals=0, default=ANSWERS, origin=FEWEST)
        self.answers.setObjectName("picture.answers")
        self.answers.setToolTip(ANSWERS_TIP)
        self.answers.name("Answers")
        self._enlarging = row(labelled("Real size", self.small))
        self._several = row(labelled("Answers", self.answers))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(labelled("Task", self.kinds))
        for widget in (self._enlarging, self.painting, self._several):
            column.addWidget(widget)
        self.kinds.chosen.connect(self._on_kind)
        self.small.activated.connect(self.edited)
        self.answers.edited.connect(self.edited)
        self._show_kind("find")

    @property
    def kind(self) -> Kind:
        """The task."""
        return cast("Kind", self.kinds.choice())

    def into(self, wishes: Wishes) -> Wishes:
        """Wishes with what is chosen here."""
        small = self.small.currentData() or wishes.small
        return replace(wishes, kind=self.kind, small=small, answers=round(self.answers.value()))

    def show_wishes(self, wishes: Wishes, info: GeneratorInfo | None) -> None:
        """Show what was wished, as far as the generator has it."""
        self._show_kind(wishes.kind)
        self.answers.set_value(min(MOST, max(FEWEST, wishes.answers)))
        sizes = small_sizes(info.resolution) if info is not None else ()
        self.small.fill([(f"{size} × {size} px", size) for size in sizes])
        self.small.choose(next((size for size in sizes if size <= wishes.small), None))

    def _show_kind(self, kind: Kind) -> None:
        self.kinds.choose(kind)
        self._enlarging.setVisible(kind == "enlarge")
        self.painting.setVisible(kind == "repair")
        self._several.setVisible(kind != "find")

    def _on_kind(self, kind: str) -> None:
        self._show_kind(cast("Kind", kind))
        self.edited.emit()


def row(layout: QLayout) -> QWidget:
    """A layout that can be hidden."""
    widget = QWidget()
    box = QHBoxLayout(widget)
    box.setContentsMargins(0, 0, 0, 0)
    box.addLayout(layout)
    return widget
