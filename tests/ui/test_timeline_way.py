"""The way between keys, by mouse and keyboard; the morpher that measures is a fake."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from latentstudio.document.course import Course
from latentstudio.document.recipe import Axis, Point
from latentstudio.document.timeline.ease import Ease
from latentstudio.document.timeline.motion import Walk
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.document.vector import Vector
from latentstudio.engine.morphing.values import Pace
from latentstudio.ui.morphing.way_choice import NO_Z, SPHERE, WAYS
from latentstudio.ui.panels.base import NO_GENERATOR
from latentstudio.ui.panels.timeline import TimelinePanel
from latentstudio.ui.timeline.courses import stretches, with_courses
from latentstudio.ui.timeline.lanes import LANE
from latentstudio.ui.timeline.pacing import EASED, GONE
from latentstudio.ui.timeline.way_box import EVEN, PACED
from latentstudio.ui.timeline.way_reasons import (
    ALONG,
    BETWEEN,
    HOLD,
    LAST,
    NO_POINT,
    NOWHERE,
    SAME,
    WALKS,
)
from tests.ui.conftest import dcgan_info
from tests.ui.timelines import PICTURES, film, picture

LEFT = Qt.MouseButton.LeftButton
K = Qt.Key
FOUND = (0.0, 0.7, 1.0)


class FakeMorpher:
    """Answers when the test says."""

    def __init__(self, _engine, _locate, **callbacks):
        self.callbacks, self.asked = callbacks, []

    def pace(self, recipe, n):
        self.asked.append((recipe, n))

    def answer(self, number=-1):
        recipe, _ = self.asked[number]
        course = Course(recipe.morph.course.way, FOUND)
        self.callbacks["on_progress"]("Finding an even pace", 0.5, 1.0)
        self.callbacks["on_pace"](Pace(recipe, course, 0.8, 0.04, "portraits"))

    def cancel(self):
        self.asked.append("cancel")

    def stop_all(self):
        self.asked.append("stop")


@pytest.fixture
def panel(studio, show):
    made = show(TimelinePanel(studio.context), width=800, height=280)
    made.pacing.load = lambda: FakeMorpher
    yield made
    made.stop()


def put(studio, timeline):
    studio.document.change("Film", timeline=timeline, recipe=timeline.at(0.0))


@pytest.fixture
def box(panel, studio, qtbot):
    """The page, over a film of three keys."""
    put(studio, film())
    click(qtbot, panel.inspector.pages.buttons["way"])
    return panel.inspector.way


def click(qtbot, widget):
    qtbot.mouseClick(widget, LEFT, pos=widget.rect().center())


def choose(panel, qtbot, time, row="point A"):
    """Click a key."""
    lane = [track.name for track in panel.model.timeline.tracks].index(row)
    at = QPoint(round(panel.chart.scale.x(time)), lane * LANE + LANE // 2)
    qtbot.mouseClick(panel.chart.lanes, LEFT, pos=at)


def courses(studio):
    return [key.course for key in studio.document.timeline.track("point A").keys]


def morpher(panel, qtbot):
    qtbot.waitUntil(lambda: panel.pacing._agent is not None)
    return panel.pacing._agent


# -- the way -------------------------------------------------------------------------------


def test_a_chosen_key_offers_its_way(panel, box, studio, qtbot):
    choose(panel, qtbot, 2.0)
    assert panel.inspector.pages.choice() == "way"  # it was looked at: it stays
    assert box.words.text() == "Point A, 0:02.00 to 0:04.00"
    assert box.way.choice() == "lerp w"
    click(qtbot, box.way.buttons["slerp z"])
    assert courses(studio) == [Course(), Course("slerp z"), Course()]
    assert studio.document.history.undo_label == "Way between keys"
    studio.document.undo()
    assert box.way.choice() == "lerp w"


def test_arrow_keys_go_between_the_ways(panel, box, studio, qtbot):
    choose(panel, qtbot, 0.0)
    box.way.setFocus()
    qtbot.keyClick(box.way.focusProxy(), K.Key_Right)
    qtbot.keyClick(QApplication.focusWidget(), K.Key_Space)
    assert courses(studio)[0].way == "slerp z"
    qtbot.keyClick(QApplication.focusWidget(), K.Key_Tab)
    assert QApplication.focusWidget() is box.pace
    qtbot.keyClick(box.pace, K.Key_Space)
    assert panel.pacing.busy


def test_without_a_chosen_key_it_is_the_stretch_under_the_playhead(panel, box, studio, qtbot):
    assert box.words.text() == "Point A, 0:00.00 to 0:02.00"
    lanes = panel.chart.lanes
    qtbot.mouseClick(lanes, LEFT, pos=QPoint(round(panel.chart.scale.x(3.0)), LANE // 2))
    assert panel.selection.time is None
    assert box.words.text() == "Point A, 0:02.00 to 0:04.00"
    click(qtbot, box.way.buttons["lerp z"])
    assert courses(studio)[1].way == "lerp z"
    panel.model.seek(5.0)
    assert box.facts.text() == NOWHERE
    assert not box.way.isEnabled()


def test_a_whole_key_means_all_points_that_go_a_way(panel, box, studio, qtbot):
    timeline = Timeline().with_mark(0.0, PICTURES[0])
    both = PICTURES[1].with_point(Point("B", PICTURES[2].point("A").base))
    timeline = timeline.with_mark(2.0, both)
    timeline = timeline.with_mark(4.0, both.with_point(Point("A", PICTURES[2].point("A").base)))
    put(studio, timeline)
    panel.selection.choose("", 0.0)
    assert box.words.text() == "Point A, B, 0:00.00 to 0:02.00"
    panel.selection.choose("", 2.0)  # B stands there
    assert box.words.text() == "Point A, 0:02.00 to 0:04.00"


def test_what_makes_no_sense_says_why(panel, box, studio, qtbot):
    choose(panel, qtbot, 4.0)
    assert (box.facts.text(), box.way.isEnabled(), box.pace.isEnabled()) == (LAST, False, False)
    assert box.pace.toolTip() == LAST
    choose(panel, qtbot, 0.0, "truncation")
    assert box.facts.text() == NO_POINT
    choose(panel, qtbot, 0.0)
    panel.selection.set_ease(Ease("hold"))
    assert box.facts.text() == HOLD
    panel.selection.set_ease(Ease("linear"))
    assert box.facts.text() == EVEN
    studio.document.set_info(None)
    assert (box.facts.text(), box.pace.isEnabled()) == (NO_GENERATOR, False)


def test_moves_from_one_seed_and_places_between_points_have_no_way(panel, box, studio):
    moved = PICTURES[0].with_point(PICTURES[0].point("A").moved(Axis("random", 3), 0.5))
    put(studio, Timeline().with_mark(0.0, PICTURES[0]).with_mark(2.0, moved))
    assert box.facts.text() == SAME.format("A")
    put(studio, film().with_mark(1.0, film().at(1.0)))
    assert box.facts.text() == ALONG.format("0:01.00")
    elsewhere = film().at(1.0).with_point(film().at(3.0).point("A"))
    put(studio, film().with_mark(1.0, elsewhere))
    assert box.facts.text() == BETWEEN.format("0:01.00")


def test_a_point_that_wanders_goes_a_way_but_at_no_constant_speed(panel, box, studio):
    put(studio, film(walks=(Walk("A"),)))
    assert box.way.isEnabled()
    assert not box.pace.isEnabled()
    assert box.facts.text() == WALKS.format("A")
    before = Course(pace=FOUND)
    put(studio, with_courses(film(walks=(Walk("A"),)), {next(stretches(film())): before}))
    box.pace.click()  # it had one before it wandered
    assert courses(studio)[0] == Course()


def test_a_point_without_z_or_a_generator_without_mapping(panel, box, studio):
    found = picture(1).with_point(Point("A", Vector.of("w", np.ones(32, np.float32))))
    put(studio, Timeline().with_mark(0.0, found).with_mark(2.0, PICTURES[0]))
    assert [box.way.buttons[way].isEnabled() for way, _, _ in WAYS] == [True, False, False]
    assert box.facts.text() == NO_Z.format("Point A lies")
    assert box.pace.isEnabled()
    put(studio, film())
    studio.document.set_info(dcgan_info())
    assert [box.way.buttons[way].isEnabled() for way, _, _ in WAYS] == [False, True, True]
    assert (box.way.choice(), box.facts.text()) == ("slerp z", SPHERE)


def test_a_film_of_another_checkpoint(panel, box, studio):
    other = msgspec.structs.replace(PICTURES[0], checkpoint="cd" * 32)
    studio.document.change("Open", recipe=other)
    assert box.facts.text() == panel.model.foreign
    assert not box.pace.isEnabled()


# -- constant speed ------------------------------------------------------------------------


def test_constant_speed_is_measured_and_one_step(panel, box, studio, qtbot):
    choose(panel, qtbot, 0.0)
    steps = studio.steps()
    choose(panel, qtbot, 0.0)
    click(qtbot, box.pace)
    assert box.pace.text() == "Stop measuring"
    agent = morpher(panel, qtbot)
    recipe, n = agent.asked[0]
    ends = recipe.point(recipe.morph.start), recipe.point(recipe.morph.end)
    assert [end.base.value for end in ends] == [1, 2]
    assert n == 48  # 60 frames
    agent.answer()
    qtbot.waitUntil(lambda: not panel.pacing.busy)
    assert courses(studio) == [Course("lerp w", FOUND), Course(), Course()]
    assert studio.document.history.undo_label == "Constant speed"
    assert studio.told == [f"Steps vary by 4% of their mean; they varied by 80%. {EASED}"]
    assert (box.pace.text(), box.pace.isChecked()) == ("Constant speed", True)
    assert box.facts.text() == PACED
    assert studio.steps() == steps + 1
    click(qtbot, box.pace)
    assert courses(studio)[0] == Course()
    assert not box.pace.isChecked()


def test_progress_and_stop(panel, box, studio, qtbot):
    click(qtbot, box.pace)
    agent = morpher(panel, qtbot)
    agent.callbacks["on_progress"]("Finding an even pace", 0.25, 3.0)
    qtbot.waitUntil(lambda: "25%" in box.facts.text())
    click(qtbot, box.pace)
    assert agent.asked[-1] == "cancel"
    agent.answer(0)  # what was under way
    QApplication.processEvents()
    assert courses(studio)[0] == Course()
    assert (box.pace.text(), box.facts.text()) == ("Constant speed", EVEN)
    click(qtbot, box.pace)
    qtbot.waitUntil(lambda: len(agent.asked) == 3)


def test_long_stretches_are_measured_in_more_steps(panel, box, studio, qtbot):
    put(studio, film(length=60.0).moved_mark(2.0, 40.0).moved_mark(4.0, 20.0))
    click(qtbot, box.pace)
    assert morpher(panel, qtbot).asked[0][1] == 150  # 600 frames


def test_several_points_are_measured_in_turn_and_are_one_step(panel, box, studio, qtbot):
    both = PICTURES[1].with_point(Point("B", PICTURES[2].point("A").base))
    put(studio, Timeline().with_mark(0.0, PICTURES[0]).with_mark(2.0, both))
    steps = studio.steps()
    click(qtbot, box.pace)
    agent = morpher(panel, qtbot)
    agent.answer()
    qtbot.waitUntil(lambda: len(agent.asked) == 2)
    assert not any(course.pace for course in courses(studio))
    agent.answer()
    qtbot.waitUntil(lambda: not panel.pacing.busy)
    assert all(t.keys[0].course.pace for t in studio.document.timeline.tracks if "point" in t.name)
    assert studio.steps() == steps + 1


def test_keys_that_change_meanwhile_end_the_measurement(panel, box, studio, qtbot):
    click(qtbot, box.pace)
    morpher(panel, qtbot)
    panel.model.change("Easing", lambda t: t.with_ease(2.0, Ease("linear")))
    assert panel.pacing.busy  # another stretch's
    panel.model.change("Remove key", lambda t: t.without_mark(2.0))
    assert not panel.pacing.busy
    assert studio.told == [GONE]


def test_what_cannot_be_measured_is_one_sentence(panel, box, studio, qtbot):
    click(qtbot, box.pace)
    morpher(panel, qtbot).callbacks["on_error"]("the generator cannot be read")
    qtbot.waitUntil(lambda: not panel.pacing.busy)
    assert studio.told == ["The generator cannot be read."]


def test_another_way_drops_the_pace_and_says_so(panel, box, studio, qtbot):
    told = []
    panel.model.troubled.connect(told.append)
    click(qtbot, box.pace)
    morpher(panel, qtbot).answer()
    qtbot.waitUntil(lambda: bool(courses(studio)[0].pace))
    click(qtbot, box.way.buttons["slerp z"])
    assert courses(studio)[0] == Course("slerp z")
    assert told == [
        "Point A goes at even steps again: its pace was measured for another way. Constant speed"
        " measures it anew."
    ]
    studio.document.undo()
    assert courses(studio)[0] == Course("lerp w", FOUND)


def test_a_drag_over_a_neighbour_drops_the_pace_and_back_again_keeps_it(panel, box, studio, qtbot):
    click(qtbot, box.pace)
    morpher(panel, qtbot).answer()
    qtbot.waitUntil(lambda: bool(courses(studio)[0].pace))
    chart = panel.chart
    start, beyond, back = (QPoint(round(chart.scale.x(t)), 12) for t in (2.0, 4.6, 2.4))
    lanes = chart.lanes
    qtbot.mousePress(lanes, LEFT, pos=start)
    for at in (beyond, beyond + QPoint(9, 0)):
        qtbot.mouseMove(lanes, at)
        assert not any(course.pace for course in courses(studio))
    qtbot.mouseMove(lanes, back)
    assert courses(studio)[0].pace == FOUND
    qtbot.mouseRelease(lanes, LEFT, pos=back)


def test_the_tip_of_a_key_says_its_course(panel, box, studio, qtbot):
    click(qtbot, box.pace)
    morpher(panel, qtbot).answer()
    qtbot.waitUntil(lambda: bool(courses(studio)[0].pace))
    tips = [panel.chart.lanes.tip(("point A", time)) for time in (0.0, 2.0, 4.0)]
    assert "Then line in w at constant speed\n" in tips[0]
    assert "Then line in w\n" in tips[1]
    assert "Then" not in tips[2]
    lanes, at = panel.chart.lanes, QPoint(round(panel.chart.scale.x(0.0)), 12)
    QApplication.sendEvent(lanes, QHelpEvent(QEvent.Type.ToolTip, at, lanes.mapToGlobal(at)))
    assert "constant speed" in QToolTip.text()
    QToolTip.hideText()


def test_closing_ends_the_measurement(panel, box, qtbot):
    click(qtbot, box.pace)
    agent = morpher(panel, qtbot)
    panel.stop()
    assert agent.asked[-1] == "stop"
