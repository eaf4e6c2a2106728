"""The morph panel, by mouse and keyboard; the morpher behind it is a fake."""

from types import SimpleNamespace
from typing import ClassVar

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from latentstudio.document.course import Course
from latentstudio.document.morph import Morph
from latentstudio.document.recipe import Point
from latentstudio.document.vector import Vector
from latentstudio.engine.morphing.values import Curve, Pace, Strip
from latentstudio.ui.morphing import model as morph_model
from latentstudio.ui.panels import morph as morph_panel
from latentstudio.ui.panels.morph import MorphPanel
from tests.ui.conftest import dcgan_info

LEFT = Qt.MouseButton.LeftButton


class FakeMorpher:
    """Answers at once."""

    made: ClassVar[list] = []

    def __init__(self, _engine, _locate, **callbacks):
        self.callbacks, self.asked = callbacks, []
        self.made.append(self)

    def strip(self, recipe, count, size):
        self.asked.append("strip")
        pixels = np.full((size, size, 4), 200, np.uint8)
        for i in range(count):
            self.callbacks["on_strip"](Strip(recipe, count, i, i / (count - 1), pixels))

    def curve(self, recipe):
        self.asked.append("curve")
        times = np.linspace(0.0, 1.0, 5)
        steps = np.array([1.0, 1.0, 6.0, 2.0])
        self.callbacks["on_curve"](Curve(recipe, times, steps, steps**2, 4.0, 14.0, "portraits"))

    def pace(self, recipe):
        self.asked.append("pace")
        course = Course(recipe.morph.course.way, (0.0, 0.7, 1.0))
        self.callbacks["on_pace"](Pace(recipe, course, 0.8, 0.05, "portraits"))

    def cancel(self):
        self.asked.append("cancel")

    def stop_all(self):
        self.asked.append("stop")


@pytest.fixture
def panel(studio, show):
    studio.morphing.load = lambda: FakeMorpher
    FakeMorpher.made = []
    panel = show(MorphPanel(studio.context), width=320, height=760)
    yield panel
    studio.morphing.stop()


@pytest.fixture
def going(panel, qtbot):
    """The panel with a morph from A to B, looked at."""
    qtbot.mouseClick(panel.on, LEFT)
    qtbot.waitUntil(lambda: panel.model.curve is not None and len(panel.model.pictures) == 7)
    return panel


def test_a_click_shows_the_middle_of_the_way_and_another_ends_it(panel, studio, qtbot):
    assert not panel.t.isEnabled()
    qtbot.mouseClick(panel.on, LEFT)
    assert studio.recipe.morph == Morph("A", "B", 0.5)
    assert panel.t.isEnabled()
    qtbot.mouseClick(panel.on, LEFT)
    assert studio.recipe.morph is None
    assert studio.steps() == 2


def test_the_way_is_drawn_and_measured_while_it_is_looked_at(going):
    assert FakeMorpher.made[0].asked == ["strip", "curve"]
    text = going.facts.text()
    assert "2.5 × the direct way" in text
    assert "2.4 × the mean" in text
    going.hide()
    assert FakeMorpher.made[0].asked[-1] == "cancel"


def test_going_along_the_way_asks_nothing_anew(going, studio, qtbot):
    strip = going.strip
    qtbot.mouseClick(strip, LEFT, pos=QPoint(strip.width() - 2, 5))
    assert studio.recipe.morph.t == 1.0
    qtbot.keyClick(strip, Qt.Key.Key_Left)
    assert studio.recipe.morph.t == pytest.approx(0.99)
    qtbot.keyClick(strip, Qt.Key.Key_Home)
    assert studio.recipe.morph.t == 0.0
    qtbot.wait(2 * morph_model.REST)
    assert FakeMorpher.made[0].asked == ["strip", "curve"]


def test_what_is_worked_with_stays_in_its_place_while_the_way_is_measured_anew(
    going, studio, qtbot
):
    tick, row = going.own.ticks["coarse"], going.own.rows["coarse"]
    qtbot.mouseClick(tick, LEFT, pos=QPoint(8, tick.height() // 2))
    place = row.mapTo(going, QPoint(0, 0))
    row.slider.setFocus()
    qtbot.keyClick(row.slider, Qt.Key.Key_Right)
    asked = FakeMorpher.made[0].asked
    while asked.count("curve") < 2:
        assert len(going.model.pictures) == 7
        assert going.model.curve is not None
        assert row.mapTo(going, QPoint(0, 0)) == place
        qtbot.wait(10)


def test_pictures_of_another_generator_go_at_once(going, studio, qtbot):
    other = msgspec.structs.replace(studio.recipe, checkpoint="cd" * 32)
    shown = []
    going.model.strip_changed.connect(lambda: shown.append(len(going.model.pictures)))
    studio.document.change("Open", recipe=other)
    qtbot.waitUntil(lambda: len(shown) > 1)
    assert shown[0] == 0


def test_a_drag_along_the_strip_is_one_step_of_undo(going, studio, qtbot):
    before = studio.steps()
    strip = going.strip
    qtbot.mousePress(strip, LEFT, pos=QPoint(30, 5))
    for x in (60, 120, 200):
        qtbot.mouseMove(strip, QPoint(x, 5))
    qtbot.mouseRelease(strip, LEFT, pos=QPoint(200, 5))
    assert studio.steps() == before + 1
    assert 0.5 < studio.recipe.morph.t < 0.9


def test_constant_speed_comes_into_the_recipe_and_goes(going, studio, qtbot):
    qtbot.mouseClick(going.pace, LEFT)
    qtbot.waitUntil(lambda: bool(studio.recipe.morph.course.pace))
    assert going.pace.isChecked()
    assert "5%" in studio.told[-1]
    qtbot.mouseClick(going.pace, LEFT)
    assert studio.recipe.morph.course == Course()
    studio.document.undo()
    changed = studio.recipe.with_point(Point("A", studio.recipe.point("C").base))
    studio.document.change("Seed", recipe=changed)
    assert "another way" in going.reason.text()


def test_layers_get_a_t_of_their_own_and_give_it_back(going, studio, qtbot):
    tick = going.own.ticks["coarse"]
    qtbot.mouseClick(tick, LEFT, pos=QPoint(8, tick.height() // 2))
    assert studio.recipe.morph.layers == (0.5, 0.5, 0.5)  # 4 px, and twice 8 px
    row = going.own.rows["coarse"]
    row.slider.setFocus()
    qtbot.keyClick(row.slider, Qt.Key.Key_Right)
    assert studio.recipe.morph.layers[0] > 0.5
    assert studio.recipe.morph.t == 0.5
    qtbot.mouseClick(tick, LEFT, pos=QPoint(8, tick.height() // 2))
    assert studio.recipe.morph.layers == ()


def test_choosing_the_same_point_twice_swaps_them(going, studio, qtbot):
    qtbot.mouseClick(going.ends.start.buttons["B"], LEFT)
    assert (studio.recipe.morph.start, studio.recipe.morph.end) == ("B", "A")
    qtbot.mouseClick(going.ends.end.buttons["D"], LEFT)
    assert (studio.recipe.morph.start, studio.recipe.morph.end) == ("B", "D")


def test_a_point_without_z_leaves_the_line_in_w_alone_and_says_why(going, studio, qtbot):
    qtbot.mouseClick(going.way.buttons["slerp z"], LEFT)
    assert studio.recipe.morph.course.way == "slerp z"
    found = Point("C", Vector.of("w", np.ones(32, np.float32)))
    studio.document.change("Picture", recipe=studio.recipe.with_point(found))
    qtbot.mouseClick(going.ends.end.buttons["C"], LEFT)
    assert studio.recipe.morph.course.way == "lerp w"
    assert not going.way.buttons["slerp z"].isEnabled()
    assert going.why.text().startswith("Point C lies in w alone")
    assert "search for the picture in z" in going.why.text(), "what to do"
    studio.document.change("Picture", recipe=studio.recipe.with_point(Point("A", found.base)))
    assert going.why.text().startswith("Points A and C lie in w alone")


def test_a_film_that_plays_is_followed_and_others_are_not(going, studio, qtbot):
    qtbot.mouseClick(going.take, LEFT)
    still = studio.recipe
    assert going.t.value() == 0.0

    def shown(t, **ends):
        morph = msgspec.structs.replace(still.morph, t=t, **ends)
        going.show_frame(SimpleNamespace(recipe=msgspec.structs.replace(still, morph=morph)))

    shown(0.3)
    assert going.t.value() == 0.0, "nothing plays"
    studio.timeline.play()
    shown(0.4)
    assert going.t.value() == going.strip._t == pytest.approx(0.4)
    shown(0.41)
    assert going.t.value() == pytest.approx(0.4), "at a low rate"
    qtbot.wait(2 * morph_panel.FOLLOW)
    shown(0.9, end="C")
    assert going.t.value() == pytest.approx(0.4), "another way"
    shown(0.6)
    assert going.t.value() == pytest.approx(0.6)
    assert studio.recipe == still, "the document rests"
    studio.timeline.pause()
    assert going.t.value() == studio.recipe.morph.t
    studio.timeline.stop()


def test_without_a_mapping_network_there_are_no_layers(panel, studio, qtbot):
    studio.document.set_info(dcgan_info())
    qtbot.mouseClick(panel.on, LEFT)
    assert not panel.layers.isVisible()
    assert not panel.way.buttons["lerp w"].isEnabled()
    assert panel.way.choice() == "slerp z"


def test_the_morph_goes_onto_the_timeline(going, studio, qtbot):
    qtbot.mouseClick(going.take, LEFT)
    timeline = studio.document.timeline
    assert timeline.marks == (0.0, 3.0)
    assert timeline.at(0.0).morph.t == 0.0
    assert timeline.at(3.0).morph.t == 1.0
    assert timeline.length == 3.0
    qtbot.mouseClick(going.take, LEFT)
    assert studio.document.timeline.marks == (0.0, 3.0, 4.0, 7.0)
    studio.document.undo()
    assert studio.document.timeline == timeline
