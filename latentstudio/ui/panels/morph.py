"""The morph panel: from one point to another, and what the way is like."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from latentstudio.document.course import Course, Way
from latentstudio.document.recipe import POINT_NAMES
from latentstudio.latents.fit import has_z
from latentstudio.ui.morphing.ends_row import EndsRow
from latentstudio.ui.morphing.film import with_morph
from latentstudio.ui.morphing.model import COUNT
from latentstudio.ui.morphing.own_layers import OwnLayers
from latentstudio.ui.morphing.way_choice import PACE_TIP, WayChoice
from latentstudio.ui.morphing.way_strip import WayStrip
from latentstudio.ui.morphing.words import facts, gain
from latentstudio.ui.numbers.section import Section
from latentstudio.ui.numbers.visibility import Attention
from latentstudio.ui.panels.base import NO_GENERATOR, Panel
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.frame import Frame
    from latentstudio.engine.morphing.values import Pace
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

ON_TIP = "Show the way between the two points; again: back to the blend"
T_TIP = "Where the picture stands: 0 is the start, 1 the end. Drag, type, or use the strip"
TAKE_TIP = "Two keys on the timeline: the start now, the end three seconds later"
OFF = "Choose two points and press Morph: the picture goes from one to the other."
MEASURING = "Measuring the way …"
MIDDLE = 0.5
FOLLOW = 100  # ms between two looks at a film that plays
LINES = 3  # of facts: what lies below must not move under the hand
STALE = "The pace was measured for another way: press Constant speed again."
TAKEN = "The morph is on the timeline (T): press play there, or export the film."


class MorphPanel(Panel):
    """Over the recipe's morph and :class:`~latentstudio.ui.morphing.model.MorphModel`."""

    title = "Morph"
    name = "morph"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.model = studio.morphing
        self.ends = EndsRow()
        self.on = _switch("Morph", "morph.on", ON_TIP)
        self.t = SliderRow(
            0.0, 1.0, default=MIDDLE, origin=0.0, marks=(0.0, MIDDLE, 1.0), labelled=True
        )
        self.t.setObjectName("morph.t")
        self.t.name("Morph t")
        self.t.setToolTip(T_TIP)
        self.strip = WayStrip(COUNT)
        self.strip.setObjectName("morph.strip")
        self.pace = _switch("Constant speed", "morph.pace", PACE_TIP)
        self.take = QPushButton("To the timeline")
        self.take.setObjectName("morph.take")
        self.take.setToolTip(TAKE_TIP)
        self.facts = Hint()
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.facts.setMinimumHeight(LINES * self.facts.fontMetrics().lineSpacing())
        self.way = WayChoice()
        self.way.setObjectName("morph.way")
        self.why = Hint()
        self.own = OwnLayers()
        self.layers = Section("Layers", "morph.layers")
        self.layers.column.addWidget(self.own)
        self._followed = QTimer(self)  # since the film was followed last
        self._followed.setSingleShot(True)
        self._followed.setInterval(FOLLOW)
        self._build()
        self._connect()
        self.refresh()

    def _build(self) -> None:
        """What is worked with while it moves comes first."""
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP)
        buttons.addWidget(self.pace)
        buttons.addWidget(self.take)
        self.column.addLayout(labelled("From", self.ends))
        self.column.addWidget(self.on)
        self.column.addLayout(labelled("t", self.t))
        self.column.addWidget(self.strip)
        self.column.addLayout(buttons)
        self.column.addWidget(self.facts)
        self.column.addLayout(labelled("Way", self.way))
        self.column.addWidget(self.why)
        self.column.addWidget(self.layers)
        self.column.addStretch(1)

    def _connect(self) -> None:
        model = self.model
        self.ends.chosen.connect(self._on_ends)
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
        model.failed.connect(self.facts.say)
        self._attention = Attention(self)
        self._attention.changed.connect(self._on_attention)

    def renew(self) -> None:
        """Where there is no morph, propose the middle of the way from A to B again."""
        if self.model.morph is None:
            self.ends.show_ends(*POINT_NAMES[:2])
            self.t.set_value(MIDDLE)

    def stop(self) -> None:
        """Follow no film any more."""
        self._followed.stop()

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
        self.own.show_morph(morph)
        if morph is None or info is None:
            self.say(NO_GENERATOR if info is None else OFF)
            self.pace.setChecked(False)
            for hint in (self.facts, self.why):
                hint.say("")
            return
        self.facts.say(self.facts.text() or MEASURING)
        self.ends.show_ends(morph.start, morph.end)
        self.t.set_value(morph.t)
        self.strip.show_t(morph.t)
        self.pace.setChecked(bool(morph.course.pace))
        ends = [recipe.point(name) for name in (morph.start, morph.end)]
        self.why.say(self.way.show_way(morph.course.way, info, ends))
        self.say(STALE if self.model.stale else "")

    def show_frame(self, frame: Frame) -> None:
        """Follow a film that plays along this way, at a low rate: the document rests meanwhile."""
        morph, played = self.model.morph, frame.recipe.morph
        if not self.studio.timeline.playing or morph is None or played is None:
            return
        same = (morph.start, morph.end) == (played.start, played.end)
        if same and not self._followed.isActive():
            self._followed.start()
            self.t.set_value(played.t)
            self.strip.show_t(played.t)

    # -- the hand ------------------------------------------------------------------------

    def _on_switch(self, on: bool) -> None:
        if on:
            start, end = self.ends.ends()
            self.model.change(f"Morph {start} to {end}", start=start, end=end, t=self.t.value())
        else:
            self.model.end()

    def _on_ends(self, start: str, end: str) -> None:
        morph, info, recipe = self.model.morph, self.document.info, self.document.recipe
        if morph is not None and info is not None:
            reached = all(has_z(info, recipe.point(name)) for name in (start, end))
            course = Course(morph.course.way) if reached else Course()
            self.model.change("Ends of the morph", course=course, start=start, end=end)

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
        if self.model.morph is not None:
            timeline, first = with_morph(self.document.timeline, self.document.recipe)
            self.document.change("Morph to timeline", recipe=first, timeline=timeline)
            self.studio.tell(TAKEN)

    # -- news ----------------------------------------------------------------------------

    def _on_attention(self) -> None:
        self.model.watch(self._attention.seen)

    def _on_strip(self) -> None:
        self.strip.show_pictures(self.model.pictures)

    def _on_curve(self) -> None:
        curve = self.model.curve
        self.strip.show_curve(curve)
        if curve is not None:
            self.facts.say(facts(curve))

    def _on_paced(self, pace: Pace) -> None:
        self.studio.tell(gain(pace))

    def _on_progress(self, title: str, share: float, _left: float) -> None:
        self.facts.say(f"{title} … {share:.0%}")


def _switch(words: str, name: str, tip: str) -> QPushButton:
    button = QPushButton(words)
    button.setObjectName(name)
    button.setToolTip(tip)
    button.setCheckable(True)
    return button
