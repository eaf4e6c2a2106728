"""Circular walks: what moves without keys, and is back where it began when the film ends."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from latentstudio.document.point import POINT_NAMES
from latentstudio.document.timeline.motion import MAX_HARMONICS, Walk
from latentstudio.ui.timeline.entry import Entries, Entry
from latentstudio.ui.widgets.field import NumberField
from latentstudio.ui.widgets.glyph import GlyphButton
from latentstudio.ui.widgets.metrics import STEP

if TYPE_CHECKING:
    from latentstudio.document.document import Document
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.timeline.model import TimelineModel

WANDERING = 3  # harmonics of a walk that does not look like a circle
FAR = 1.0  # standard deviations: the picture changes, and stays within what was learnt
STRONG = 12  # principal axes among which the dice chooses
TARGETS = [("Noise", "noise"), *((f"Point {name}", name) for name in POINT_NAMES)]
NO_NOISE = "This generator has no noise to walk in"
_replace = msgspec.structs.replace


class WalkEntry(Entry):
    """Target, turns, radius and waves; the dice draws another way."""

    def __init__(self, document: Document) -> None:
        super().__init__("walk")
        self._document = document
        self._walk = Walk()
        self.target.fill(list(TARGETS))
        self.dice = GlyphButton("dice", "Walk another way")
        self.top.insertWidget(1, self.dice)
        self.add_field(
            "turns", "Turns", "Rounds within the film", NumberField(1, 1000, step=1, decimals=0)
        )
        self.add_field(
            "radius",
            "Radius",
            "How far it goes: standard deviations, or radians without a mapping network",
            NumberField(0, 10, step=0.05),
        )
        self.add_field(
            "harmonics",
            "Waves",
            "1 is a circle; more make it wander",
            NumberField(1, MAX_HARMONICS, step=1, decimals=0),
        )
        self.dice.clicked.connect(self._on_dice)

    def show_value(self, value: Walk) -> None:
        """Write a walk."""
        self._walk = value
        self.target.choose(value.target)
        noise = value.target == "noise"
        self.show_fields(value, ("radius", "harmonics") if noise else ())
        self.dice.setVisible(not noise)

    def value(self) -> Walk:
        """The walk as it is set."""
        target = self.target.currentData()
        if self._walk.target == "noise" != target:
            return wandering(target, self._document.info)
        return _replace(
            self._walk,
            target=target,
            turns=round(self.fields["turns"].value()),
            radius=self.fields["radius"].value(),
            harmonics=round(self.fields["harmonics"].value()),
        )

    def _on_dice(self) -> None:
        seed = drawn_seed(self._walk, self._document.info)
        self.edited.emit(_replace(self.value(), seed=seed), "")


def wandering(target: str, info: GeneratorInfo | None) -> Walk:
    """A walk of a point that suits the generator.

    Along principal axes of w where there is a mapping network: points between keys lie in w,
    where random axes of z mean nothing.
    """
    mapped = info is not None and info.has_mapping
    walk = Walk(
        target,  # type: ignore[arg-type]
        radius=FAR if mapped else Walk().radius,
        harmonics=WANDERING,
        axes="principal" if mapped else "random",
    )
    return walk if mapped else _replace(walk, seed=drawn_seed(walk, info))


def drawn_seed(walk: Walk, info: GeneratorInfo | None) -> int:
    """Another way to walk: any random axes, or a few of the first principal ones."""
    last = 1_000_000
    if walk.axes == "principal" and info is not None:
        last = max(1, min(STRONG, info.w_dim - 2 * walk.harmonics))
    return random.SystemRandom().randrange(last)


class WalksBox(QWidget):
    """Two buttons that begin walks, and the walks."""

    def __init__(self, model: TimelineModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.noise = QPushButton("Noise walks in a circle")
        self.noise.setObjectName("timeline.noise_walk")
        self.point = QPushButton()
        self.point.setObjectName("timeline.point_walk")
        self.point.setToolTip(
            "The point circles about where it stands, and is back when the film ends: loops well"
        )
        self.walks = Entries(lambda: WalkEntry(model.document))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        column.addWidget(self.noise)
        column.addWidget(self.point)
        column.addWidget(self.walks)
        column.addStretch(1)
        self.noise.clicked.connect(self._on_noise)
        self.point.clicked.connect(self._on_point)
        self.walks.edited.connect(self._on_edited)
        document = model.document
        document.timeline_changed.connect(self.show_walks)
        document.active_changed.connect(self.show_active)
        document.info_changed.connect(self.show_info)
        self.show_walks()
        self.show_active(document.active)
        self.show_info(document.info)

    def show_walks(self) -> None:
        """Write the walks."""
        self.walks.set_values(self._model.timeline.walks)

    def show_active(self, name: str) -> None:
        """The button means the active point."""
        self.point.setText(f"Point {name} wanders")

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Without a picture nothing walks."""
        self.point.setEnabled(info is not None)
        self.noise.setEnabled(info is not None and info.has_noise)
        self.noise.setToolTip(
            "The fine grain moves softly, and is back when the film ends: loops well"
            if info is None or info.has_noise
            else NO_NOISE
        )

    def _on_noise(self) -> None:
        self._add(Walk())

    def _on_point(self) -> None:
        document = self._model.document
        self._add(wandering(document.active, document.info))

    def _add(self, walk: Walk) -> None:
        ready = self._model.ready
        self._model.change("Walk", lambda t: _replace(ready(t), walks=(*t.walks, walk)))

    def _on_edited(self, walks: tuple[Walk, ...], merge: str) -> None:
        self._model.change("Walk", lambda t: _replace(t, walks=walks), merge or None)
