"""The morph panel: from one point to another, and what the way is like."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

import msgspec
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from latentstudio.document.course import Course, Way
from latentstudio.document.morph import Morph
from latentstudio.document.recipe import POINT_NAMES
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.latents.fit import has_z
from latentstudio.ui.morphing.model import COUNT
from latentstudio.ui.morphing.own_layers import OwnLayers
from latentstudio.ui.morphing.way_strip import WayStrip
from latentstudio.ui.numbers.section import Section
from latentstudio.ui.numbers.visibility import Attention
from latentstudio.ui.panels.base import NO_GENERATOR, Panel
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.segmented import Segmented
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.morphing.values import Curve, Pace
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

SECONDS = 3.0  # that a morph takes on the timeline
WAYS = [
    ("lerp w", "Line in w", "Straight in w: usually the smoothest (Karras et al. 2019)"),
    ("slerp z", "Arc in z", "Along a great circle of z: every picture is as likely as the ends"),
    ("lerp z", "Line in z", "Straight in z: the middle lies nearer to 0 than samples do"),
]
T_TIP = "Where the picture stands: 0 is the start, 1 the end. Drag, type, or use the strip"
PACE_TIP = "Measure the way in feature space and pace it so that every step changes as much"
TAKE_TIP = "Two keys on the timeline: the start now, the end three seconds later"
OFF = "Choose two points and press Morph: the picture goes from one to the other."
SPHERE = "No mapping network: w is z, and the way goes along the sphere."
NO_Z = "Point {} was found in w and has no z: only the line in w leads there."
STALE = "The pace was measured for another way: press Constant speed again."


class MorphPanel(Panel):
    """Over the recipe's morph and :class:`~latentstudio.ui.morphing.model.MorphModel`."""

    title = "Morph"
    name = "morph"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.model = studio.morphing
        names = [(name, name, f"Point {name}") for name in POINT_NAMES]
        self.start, self.end = Segmented(names), Segmented(names)
        self.start.setObjectName("morph.start")
        self.end.setObjectName("morph.end")
        self.start.choose("A")
        self.end.choose("B")
        self.on = QPushButton("Morph")
        self.on.setObjectName("morph.on")
        self.on.setCheckable(True)
        self.on.setToolTip("Show the way between the two points; again: back to the blend")
        self.t = SliderRow(0.0, 1.0, default=0.5, origin=0.0, marks=(0.0, 0.5, 1.0), labelled=True)
        self.t.setObjectName("morph.t")
        self.t.name("Morph t")
        self.t.setToolTip(T_TIP)
        self.way = Segmented(WAYS)
        self.way.setObjectName("morph.way")
        self.strip = WayStrip(COUNT)
        self.strip.setObjectName("morph.strip")
        self.facts = Hint()
        self.pace = QPushButton("Constant speed")
        self.pace.setObjectName("morph.pace")
        self.pace.setCheckable(True)
        self.pace.setToolTip(PACE_TIP)
        self.take = QPushButton("To the timeline")
        self.take.setObjectName("morph.take")
        self.take.setToolTip(TAKE_TIP)
        self.own = OwnLayers()
        self.layers = Section("Layers", "morph.layers")
        self.layers.column.addWidget(self.own)
        self._build()
        self._connect()
        self.refresh()

    def _build(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.pace)
        buttons.addWidget(self.take)
        self.column.addLayout(labelled("From", self.start))
        self.column.addLayout(labelled("To", self.end))
        self.column.addWidget(self.on)
        self.column.addLayout(labelled("t", self.t))
        self.column.addLayout(labelled("Way", self.way))
        self.column.addWidget(self.strip)
        self.column.addWidget(self.facts)
        self.column.addLayout(buttons)
        self.column.addWidget(self.layers)
        self.column.addStretch(1)

    def _connect(self) -> None:
        model = self.model
        self.start.chosen.connect(partial(self._on_end, "start"))
        self.end.chosen.connect(partial(self._on_end, "end"))
        self.on.clicked.connect(self._on_switch)
        self.t.edited.connect(self._on_t)
        self.strip.sought.connect(self._on_sought)
        self.way.chosen.connect(self._on_way)
        self.pace.clicked.connect(self._on_pace)
        self.take.clicked.connect(self._on_take)
        self.own.changed.connect(self._on_layers)
        model.strip_changed.connect(self._on_strip)
        model.curve_changed.connect(self._on_curve)
        model.paced.connect(self._on_paced)
        model.progressed.connect(self._on_progress)
        model.failed.connect(self._on_failed)
        self._attention = Attention(self)
        self._attention.changed.connect(self._on_attention)

    # -- what it shows -------------------------------------------------------------------

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Ways and layers that the generator has."""
        self.own.show_info(info)
        self.layers.setVisible(info is None or info.num_layers > 1)

    def show_recipe(self, recipe: Recipe) -> None:
        """Write the morph."""
        info, morph = self.document.info, recipe.morph
        able = info is not None and morph is not None
        for widget in (self.t, self.way, self.strip, self.pace, self.take, self.own):
            widget.setEnabled(able)
        self.on.setEnabled(info is not None)
        self.on.setChecked(morph is not None)
        self.on.setText("Morph" if morph is None else "End the morph")
        self.say(NO_GENERATOR if info is None else OFF if morph is None else "")
        self.own.show_morph(morph)
        if morph is None or info is None:
            return
        self.start.choose(morph.start)
        self.end.choose(morph.end)
        self.t.set_value(morph.t)
        self.strip.show_t(morph.t)
        self.pace.setChecked(bool(morph.course.pace))
        without = [n for n in (morph.start, morph.end) if not has_z(info, recipe.point(n))]
        for way in ("slerp z", "lerp z"):
            self.way.buttons[way].setEnabled(not without)
        self.way.buttons["lerp w"].setEnabled(info.has_mapping or bool(without))
        self.way.choose(_shown(morph.course.way, info))
        reason = "" if info.has_mapping else SPHERE
        reason = NO_Z.format(without[0]) if without else reason
        self.say(STALE if self.model.stale else reason)

    # -- the hand ------------------------------------------------------------------------

    def _on_switch(self, on: bool) -> None:
        if not on:
            self.model.end()
            return
        self.model.change(
            f"Morph {self.start.choice()} to {self.end.choice()}",
            start=self.start.choice(),
            end=self.end.choice(),
            t=0.5,
        )

    def _on_end(self, which: str, name: str) -> None:
        """Another end; the other one makes room if it is the same."""
        ends = {"start": self.start.choice(), "end": self.end.choice()}
        other = "end" if which == "start" else "start"
        morph = self.model.morph
        if ends[other] == name:
            before = None if morph is None else getattr(morph, which)
            ends[other] = before or next(n for n in POINT_NAMES if n != name)
            (self.end if other == "end" else self.start).choose(ends[other])
        if morph is not None:
            course = Course(morph.course.way)
            info, recipe = self.document.info, self.document.recipe
            if info is not None and not all(has_z(info, recipe.point(n)) for n in ends.values()):
                course = Course()
            self.model.change("Ends of the morph", course=course, **ends)

    def _on_t(self, t: float) -> None:
        self.model.change("Morph", self.t.merge(), t=round(t, 4))

    def _on_sought(self, t: float) -> None:
        self.model.change("Morph", self.strip.gesture.merge("morph.t"), t=t)

    def _on_way(self, way: str) -> None:
        self.model.set_way(cast("Way", way))

    def _on_layers(self, layers: tuple[float | None, ...], merge: str) -> None:
        self.model.change("Layers of the morph", merge or None, layers=layers)

    def _on_pace(self, on: bool) -> None:
        if on or self.model.stale:
            self.pace.setChecked(False)  # until it is found
            self.model.find_pace()
        else:
            self.model.even_steps()

    def _on_take(self) -> None:
        """Put the morph behind what the timeline has already."""
        recipe, morph, timeline = self.document.recipe, self.model.morph, self.document.timeline
        if morph is None:
            return
        foreign = timeline.marks and timeline.base.checkpoint != recipe.checkpoint
        timeline = Timeline() if foreign or not timeline.marks else timeline
        begin = timeline.marks[-1] + 1.0 if timeline.marks else 0.0
        first, last = (msgspec.structs.replace(recipe, morph=at) for at in _ends(morph))
        timeline = msgspec.structs.replace(
            timeline, length=max(begin + SECONDS, timeline.length if timeline.marks else 0.0)
        )
        timeline = timeline.with_mark(begin, first).with_mark(begin + SECONDS, last)
        self.document.change("Morph to timeline", recipe=first, timeline=timeline)
        self.studio.tell("The morph is on the timeline (T): press play there, or export the film.")

    def _on_attention(self) -> None:
        self.model.watch(self._attention.seen)

    # -- news ----------------------------------------------------------------------------

    def _on_strip(self) -> None:
        self.strip.show_pictures(self.model.pictures)

    def _on_curve(self) -> None:
        self.strip.show_curve(self.model.curve)
        self.facts.say("" if self.model.curve is None else words(self.model.curve))

    def _on_paced(self, pace: Pace) -> None:
        self.studio.tell(
            f"Steps vary by {pace.after:.0%} of their mean; they varied by {pace.before:.0%}."
        )

    def _on_progress(self, title: str, share: float, _left: float) -> None:
        self.facts.say(f"{title} … {share:.0%}")

    def _on_failed(self, reason: str) -> None:
        self.facts.say(reason)


def words(curve: Curve) -> str:
    """What the curve says, in a line or two."""
    way = f" ({curve.length / curve.direct:.1f} × the direct way)" if curve.direct > 0 else ""
    begin, end, longest = curve.worst
    return (
        f"Length {curve.length:.1f}{way}, path length (PPL) {curve.path_length:.0f}, steps vary by"
        f" {curve.variation:.0%}; fastest at t {(begin + end) / 2:.2f}, {longest:.1f} × the mean."
        f" Measured in {curve.space}."
    )


def _ends(morph: Morph) -> tuple[Morph, Morph]:
    """The morph at its start and at its end."""
    return msgspec.structs.replace(morph, t=0.0), msgspec.structs.replace(morph, t=1.0)


def _shown(way: str, info: GeneratorInfo) -> str:
    """The segment to show: without a mapping network the line in w is the arc in z."""
    return way if info.has_mapping or way != "lerp w" else "slerp z"
