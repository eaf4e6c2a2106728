"""What a search can be told beyond its defaults: the task, the space, starts, steps, noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLayout, QPushButton, QVBoxLayout, QWidget

from latentstudio.engine.inverting.values import STARTS, STEPS
from latentstudio.ui.inverting.mask_brush import MaskBrush
from latentstudio.ui.inverting.wishes import ANSWERS, Kind, Wishes, small_sizes
from latentstudio.ui.numbers.section import Section
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.segmented import Segmented
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.engine.inverting.values import Space
    from latentstudio.generators.info import GeneratorInfo

KINDS = [
    ("find", "Find", "The point whose picture is most like the photograph"),
    ("enlarge", "Enlarge", "The photograph is small: points whose pictures, shrunk, are like it"),
    ("repair", "Repair", "A part of it is damaged: points whose pictures are like the rest"),
]
SPACES = [
    ("z", "z", "Before the mapping: always a face of the generator's own, seldom a close likeness"),
    ("w", "w", "After the mapping: a good likeness that can still be edited"),
    ("w+", "w of layers", "Each layer for itself: the closest likeness, and the hardest to edit"),
]
NO_MAPPING = "This generator has no mapping network: z is all there is to search."
STARTS_TIP = """Starts: how many points set out at once. More find a better one;
the worst drop out on the way, so that eight cost little more than two"""
STEPS_TIP = "Steps: how often the points move. Stop ends a search early and keeps the best"
NOISE_TIP = """The noise planes, too: fine detail such as hair comes out closer.
They are kept as a small difference beside the checkpoint"""
SMALL_TIP = """How many pixels a side the photograph really has: what is finer is not looked at,
and will be invented"""
ANSWERS_TIP = "How many different answers: they all fit what is known, and differ in the rest"


class MoreBox(Section):
    """Folded away at first.

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

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("More", "picture.more", parent)
        self.kinds = Segmented(KINDS)
        self.small = Combo()
        self.small.setToolTip(SMALL_TIP)
        self.small.setAccessibleName("Real size of the photograph")
        self.brush = MaskBrush()
        self.clear = QPushButton("Take all paint off")
        self.answers = SliderRow(2, 8, step=1, decimals=0, default=ANSWERS, origin=2)
        self.answers.setToolTip(ANSWERS_TIP)
        self.answers.name("Answers")
        self.spaces = Segmented(SPACES)
        self.starts = SliderRow(1, 32, step=1, decimals=0, default=STARTS, origin=1)
        self.starts.setToolTip(STARTS_TIP)
        self.starts.name("Starts")
        self.steps = SliderRow(50, 2000, step=10, decimals=0, default=STEPS, origin=50)
        self.steps.setToolTip(STEPS_TIP)
        self.steps.name("Steps")
        self.noise = QCheckBox("Noise, too")
        self.noise.setToolTip(NOISE_TIP)
        for name in ("kinds", "small", "brush", "clear", "answers", "spaces", "starts", "steps",
                     "noise"):  # fmt: skip
            getattr(self, name).setObjectName(f"picture.{name}")
        painting = QVBoxLayout()
        painting.setSpacing(GAP)
        painting.addWidget(self.brush)
        painting.addWidget(self.clear)
        self._enlarging = _row(labelled("Only", self.small))
        self._painting = _row(painting)
        self._several = _row(labelled("Answers", self.answers))
        self._noise_row = _row(labelled("", self.noise))
        self.column.addLayout(labelled("Task", self.kinds))
        for widget in (self._enlarging, self._painting, self._several):
            self.column.addWidget(widget)
        self.column.addLayout(labelled("Search in", self.spaces))
        self.column.addLayout(labelled("Starts", self.starts))
        self.column.addLayout(labelled("Steps", self.steps))
        self.column.addWidget(self._noise_row)
        self.kinds.chosen.connect(self._on_kind)
        self.small.activated.connect(self.edited)
        self.clear.clicked.connect(self.brush.clear)
        self.brush.painted.connect(self.edited)
        self.kinds.choose("find")
        self._on_kind("find")
        self.set_open(False)

    @property
    def kind(self) -> Kind:
        """The task."""
        return cast("Kind", self.kinds.choice())

    def choose(self, kind: Kind) -> None:
        """Choose a task, and show what belongs to it."""
        self.kinds.choose(kind)
        self._on_kind(kind)

    def wishes(self) -> Wishes:
        """What is to be done."""
        return Wishes(
            self.kind,
            cast("Space", self.spaces.choice()),
            round(self.starts.value()),
            round(self.steps.value()),
            self.noise.isChecked() and not self._noise_row.isHidden(),
            self.small.currentData() or 0,
            round(self.answers.value()),
        )

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Offer what the generator has."""
        mapping = info is not None and info.has_mapping
        for (key, _, tip), button in zip(SPACES, self.spaces.buttons.values(), strict=True):
            button.setEnabled(mapping or key == "z")
            button.setToolTip(tip if button.isEnabled() else NO_MAPPING)
        self.spaces.choose("w" if mapping else "z")
        sizes = small_sizes(info.resolution) if info is not None else ()
        self.small.fill([(f"{size} × {size} px", size) for size in sizes])
        self.small.choose(next((size for size in sizes if size <= 16), None))
        self._noise_row.setVisible(info is not None and info.has_noise)

    def _on_kind(self, kind: str) -> None:
        self._enlarging.setVisible(kind == "enlarge")
        self._painting.setVisible(kind == "repair")
        self._several.setVisible(kind != "find")
        self.edited.emit()


def _row(layout: QLayout) -> QWidget:
    """A layout that can be hidden."""
    widget = QWidget()
    box = QHBoxLayout(widget)
    box.setContentsMargins(0, 0, 0, 0)
    box.addLayout(layout)
    return widget
