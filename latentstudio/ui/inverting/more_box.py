"""What a search can be told beyond its defaults: the task, the space, starts, steps, noise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from latentstudio.engine.inverting.values import STARTS, STEPS
from latentstudio.ui.inverting.task_box import TaskBox, row
from latentstudio.ui.numbers.section import Section
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.segmented import Segmented
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.engine.inverting.values import Space
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.inverting.model import InvertModel
    from latentstudio.ui.inverting.wishes import Wishes

Z_TIP = "Before the mapping: always a picture of the generator's own, seldom a likeness"
W_TIP = """One w for all layers: takes edits and ways best, but finds only a rough likeness of a
photograph. Right for pictures that this generator has drawn itself"""
LAYERS_TIP = """Each layer its own w: by far the closest likeness of a photograph;
large edits and mixing may break it sooner than a point of w"""
SPACES = [("z", "z", Z_TIP), ("w", "w", W_TIP), ("w+", "w+", LAYERS_TIP)]
NO_MAPPING = "This generator has no mapping network: z is all there is to search."
STARTS_TIP = """Starts: how many points set out at once. More find a better one;
the worst drop out on the way, so that eight cost little more than two"""
STEPS_TIP = "Steps: how often the points move. Stop ends a search early and keeps the best"
NOISE_TIP = """The noise planes, too: fine detail such as hair comes out closer.
They are kept as a small difference beside the checkpoint"""
MOST_STARTS = 32
STEPS_RANGE = 50, 2000


class MoreBox(Section):
    """Folded away at first; what is chosen here is found again at the next start.

    Signals
    -------
    edited()
        The hand has changed something, or painted.
    """

    edited = Signal()

    def __init__(self, model: InvertModel, parent: QWidget | None = None) -> None:
        super().__init__("More", "picture.more", parent)
        self._memory, self._info = model.memory, model.document.info
        self.task = TaskBox(model.source, model.steps)
        self.spaces = Segmented(SPACES)
        self.starts = SliderRow(1, MOST_STARTS, step=1, decimals=0, default=STARTS, origin=1)
        self.starts.setToolTip(STARTS_TIP)
        self.starts.name("Starts")
        low, high = STEPS_RANGE
        self.steps = SliderRow(low, high, step=10, decimals=0, default=STEPS, origin=low)
        self.steps.setToolTip(STEPS_TIP)
        self.steps.name("Steps")
        self.noise = QCheckBox("Noise, too")
        self.noise.setToolTip(NOISE_TIP)
        for name in ("spaces", "starts", "steps", "noise"):
            getattr(self, name).setObjectName(f"picture.{name}")
        self._noise_row = row(labelled("", self.noise))
        self.column.addWidget(self.task)
        self.column.addLayout(labelled("Search in", self.spaces))
        self.column.addLayout(labelled("Starts", self.starts))
        self.column.addLayout(labelled("Steps", self.steps))
        self.column.addWidget(self._noise_row)
        hands = (self.task.edited, self.spaces.chosen, self.starts.edited, self.steps.edited,
                 self.noise.clicked)  # fmt: skip
        for hand in hands:
            hand.connect(self._on_hand)
        model.steps.changed.connect(self.edited)
        model.memory.settled.connect(self._show)
        self._show()
        self.set_open(self.task.kind != "find")

    def wishes(self) -> Wishes:
        """What is to be done."""
        return replace(
            self.task.into(self._memory.wishes),
            space=cast("Space", self.spaces.choice()),
            starts=round(self.starts.value()),
            steps=round(self.steps.value()),
            noise=self.noise.isChecked() and self._has_noise,
        )

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Offer what the generator has."""
        self._info = info
        self._show()

    @property
    def _mapping(self) -> bool:
        return self._info is not None and self._info.has_mapping

    @property
    def _has_noise(self) -> bool:
        return self._info is not None and self._info.has_noise

    def _show(self) -> None:
        wishes = self._memory.wishes
        self.task.show_wishes(wishes, self._info)
        for (key, _, tip), button in zip(SPACES, self.spaces.buttons.values(), strict=True):
            button.setEnabled(self._mapping or key == "z")
            button.setToolTip(tip if button.isEnabled() else NO_MAPPING)
        self.spaces.choose(wishes.space if self._mapping else "z")
        low, high = STEPS_RANGE
        self.starts.set_value(min(MOST_STARTS, max(1, wishes.starts)))
        self.steps.set_value(min(high, max(low, wishes.steps)))
        self.noise.setChecked(wishes.noise)
        self._noise_row.setVisible(self._has_noise)

    def _on_hand(self) -> None:
        before, wishes = self._memory.wishes, self.wishes()
        # What this generator cannot do is still wished of others.
        self._memory.wish(
            replace(
                wishes,
                space=wishes.space if self._mapping else before.space,
                noise=wishes.noise if self._has_noise else before.noise,
            )
        )
        self.edited.emit()
