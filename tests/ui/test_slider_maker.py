from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton

from latentstudio.document.recipe import Seed
from latentstudio.ui.directions.maker import FITTING, NOTHING, SliderMaker
from latentstudio.ui.directions.questions import (
    AttributeQuestion,
    GroupsQuestion,
    NumberQuestion,
    PointsQuestion,
)
from latentstudio.ui.directions.result import CLEAN
from latentstudio.ui.panels.sliders import SlidersPanel
from latentstudio.ui.samples.groups import ENOUGH, FEWEST, guidance
from latentstudio.ui.samples.tiles import BADGE
from latentstudio.ui.samples.tray import BOTH
from latentstudio.ui.samples.wall import FOREIGN, SamplesWall
from tests.ui.conftest import CHECKPOINT, stylegan_info
from tests.ui.directions import OTHER, bench, leak
from tests.ui.samples import LAYERS, FakeNumbers, make_samples

__all__ = ["bench"]
LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def numbers(qapp):
    return FakeNumbers()


@pytest.fixture
def wall(bench, numbers, show, qtbot):
    made = SamplesWall(replace(bench.context, numbers=numbers))
    show(made, width=800, height=600)
    numbers.give(make_samples(100))
    qtbot.waitUntil(lambda: not made._worker.busy)
    yield made
    made.stop()


@pytest.fixture
def begin(bench, show):
    """A maker with a question."""
    made = []

    def start(question, **settings):
        made.append(show(SliderMaker(bench.context, question, **settings), 1000, 640))
        return made[-1]

    yield start
    for maker in made:
        maker.stop()


def group(wall, side):
    return [example.number for example in wall.groups.of(CHECKPOINT, side)]


def tile(wall, number):
    return wall.view.visualRect(wall.view.wall.index(wall.view.wall.row_of(number)))


def sign(wall, number, side):
    """Where a tile's sign is."""
    face = wall.view.tiles._face(tile(wall, number))
    inset = BADGE + 3
    x = face.left() + inset if side == "more" else face.right() - inset
    return QPoint(round(x), round(face.top() + inset))


def examples(wall, more=6, less=6):
    wall.sort("more", list(range(more)))
    wall.sort("less", list(range(50, 50 + less)))


# -- sorting on the wall -------------------------------------------------------------------


def test_keys_sort_the_chosen_ones_and_take_them_out(wall, bench, qtbot):
    wall.view.setFocus()
    qtbot.keyClick(wall.view, Qt.Key.Key_Home)
    qtbot.keyClick(wall.view, Qt.Key.Key_Plus)
    qtbot.keyClick(wall.view, Qt.Key.Key_Right)
    qtbot.keyClick(wall.view, Qt.Key.Key_Equal)
    qtbot.keyClick(wall.view, Qt.Key.Key_Right)
    qtbot.keyClick(wall.view, Qt.Key.Key_Minus)
    assert (group(wall, "more"), group(wall, "less")) == ([0, 1], [2])
    qtbot.keyClick(wall.view, Qt.Key.Key_Plus)  # the other side
    assert (group(wall, "more"), group(wall, "less")) == ([0, 1, 2], [])
    qtbot.keyClick(wall.view, Qt.Key.Key_Plus)  # again: out
    assert group(wall, "more") == [0, 1]
    qtbot.keyClick(wall.view, Qt.Key.Key_Left)
    qtbot.keyClick(wall.view, Qt.Key.Key_Delete)
    assert group(wall, "more") == [0]
    assert bench.studio.steps() == 0  # sorting changes no picture


def test_a_click_on_a_sign_sorts_and_shows_nothing(wall, bench, qtbot):
    viewport = wall.view.viewport()
    qtbot.mouseClick(viewport, LEFT, pos=sign(wall, 3, "more"))
    qtbot.mouseClick(viewport, LEFT, pos=sign(wall, 4, "less"))
    qtbot.mouseDClick(viewport, LEFT, pos=sign(wall, 5, "less"))
    assert (group(wall, "more"), group(wall, "less")) == ([3], [4, 5])
    assert bench.studio.steps() == 0
    wall.grab()
    qtbot.mouseClick(viewport, LEFT, pos=tile(wall, 3).center())
    assert bench.recipe.point("A").base == Seed(int(wall.numbers.now.draws.seeds[3]))
    wall.view.set_side(40)  # too small for signs: the whole tile shows the sample
    qtbot.mouseClick(viewport, LEFT, pos=sign(wall, 6, "more"))
    assert group(wall, "more") == [3]


def test_keys_speak_of_what_the_mouse_points_at_until_an_arrow_key(wall, monkeypatch, qtbot):
    view = wall.view
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Home)
    there = view.viewport().mapToGlobal(tile(wall, 5).center())
    monkeypatch.setattr("latentstudio.ui.samples.wall_view.QCursor.pos", lambda: there)
    monkeypatch.setattr(view, "under_hand", lambda: True)
    qtbot.keyClick(view, Qt.Key.Key_Plus)  # the mouse only rests there
    qtbot.mouseMove(view.viewport(), tile(wall, 4).center())
    qtbot.mouseMove(view.viewport(), tile(wall, 5).center())
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert group(wall, "more") == [0, 5, 1]


def test_the_menu_sorts_several(wall, qtbot):
    viewport = wall.view.viewport()
    for number in (1, 4):
        qtbot.mouseClick(viewport, LEFT, CTRL, tile(wall, number).center())
    wall.menu.set_count(2)
    wall.menu.deeds["less"].trigger()
    assert group(wall, "less") == [1, 4]
    wall.menu.deeds["out"].trigger()
    assert group(wall, "less") == []


def test_another_setting_keeps_the_groups_and_marks_its_own_samples(wall, numbers, qtbot):
    before = numbers.now.sampling
    wall.sort("more", [7])
    numbers.give(make_samples(60, psi=0.5))
    qtbot.waitUntil(lambda: not wall._worker.busy)
    assert wall.groups.side(before, 7) == "more"
    assert wall.groups.side(numbers.now.sampling, 7) is None  # another picture
    wall.sort("more", [7])
    recipes = [example.recipe for example in wall.groups.of(CHECKPOINT, "more")]
    assert [recipe.truncation.psi for recipe in recipes] == [1.0, 0.5]
    assert recipes[1] == numbers.now.sampling.recipe(numbers.now.draws, 7, LAYERS)


def test_samples_of_another_generator_are_not_sorted(wall, numbers, bench, qtbot):
    numbers.give(make_samples(20, checkpoint=OTHER))
    qtbot.waitUntil(lambda: not wall._worker.busy)
    wall.sort("more", [3])
    assert bench.told == [FOREIGN]
    assert wall.groups.of(OTHER, "more") == []


def test_another_generator_has_groups_of_its_own(wall, bench):
    wall.sort("more", [3])
    other = msgspec.structs.replace(bench.recipe, checkpoint=OTHER)
    bench.studio.document.change("Open", recipe=other)
    bench.studio.document.set_info(stylegan_info(resolution=32))
    assert wall.tray.help.isVisible()
    bench.studio.document.undo()
    bench.studio.document.set_info(stylegan_info())
    assert wall.tray.counts["more"].text() == guidance(1)


def test_the_tray(wall, qtbot):
    tray = wall.tray
    assert tray.help.isVisible()
    assert not tray.button.isVisible()
    examples(wall, FEWEST, FEWEST - 1)
    assert tray.counts["more"].text() == "5 of 20 to 50"
    assert not tray.button.isEnabled()
    assert tray.button.toolTip() == BOTH
    wall.sort("less", [70])
    assert tray.button.isEnabled()
    strip = tray.strips["more"]
    qtbot.mouseClick(strip, LEFT, pos=strip.face(0).center().toPoint())  # the newest
    assert group(wall, "more") == [0, 1, 2, 3]
    strip.setFocus()
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    qtbot.keyClick(strip, Qt.Key.Key_Delete)
    assert group(wall, "more") == [0, 1, 3]
    qtbot.mouseClick(tray.clear, LEFT)
    assert group(wall, "more") == group(wall, "less") == []
    assert tray.clear.text() == "Bring back"
    qtbot.mouseClick(tray.clear, LEFT)
    assert group(wall, "more") == [0, 1, 3]
    assert len(group(wall, "less")) == FEWEST


def test_more_than_there_is_room_for(wall, qtbot):
    wall.sort("more", list(range(60)))
    strip = wall.tray.strips["more"]
    assert strip._shown() == strip._room() - 1
    assert wall.tray.counts["more"].text() == "60: plenty"
    assert guidance(ENOUGH) == "20: enough"
    wall.grab()


# -- making --------------------------------------------------------------------------------


def test_from_the_wall_to_the_front(wall, bench, qtbot):
    examples(wall)
    wall.tray.button.setFocus()
    qtbot.keyClick(wall.tray.button, Qt.Key.Key_Space)
    maker = wall.workshop.maker
    request = bench.editing.requests[0]
    assert (request.kind, len(request.more), len(request.less)) == ("examples", 6, 6)
    draws = wall.numbers.now.draws
    assert request.more[2] == wall.numbers.now.sampling.recipe(draws, 2, LAYERS)
    assert request.name  # a direction without a name cannot be
    assert maker.status.text() == FITTING
    bench.editing.progressed.emit("Reading samples", 0.4, 3.0)
    assert maker.status.text() == "Reading samples: 40%"
    assert not maker.save.isEnabled()
    fitted = bench.editing.answer()
    assert maker.result.validation.text() == "It agrees: AUC 0.93."
    assert not maker.save.isEnabled()  # without a name
    qtbot.keyClicks(maker.name, "Rounder face")
    assert maker.name.text() == "Rounder face"
    qtbot.keyClick(maker.name, Qt.Key.Key_Return)
    key = fitted.direction.key
    assert bench.library.get(key).name == "Rounder face"
    assert bench.library.front(CHECKPOINT)[0] == key
    assert not maker.isVisible()


def test_the_panel_shows_what_was_made(bench, show, qtbot):
    panel = show(SlidersPanel(bench.context), width=330, height=700)
    panel.ways.ways["principal"].trigger()
    maker = panel.workshop.maker
    fitted = bench.editing.answer()
    maker.keep()
    key = fitted.direction.key
    assert panel.sliders[key].name.text() == "Component 0"
    assert panel.details.direction.key == key
    panel.begin("points")
    assert panel.workshop.maker is not maker
    panel.begin("wall")
    panel.stop()
    assert panel.workshop.maker is None


def test_the_panel_sends_to_the_wall(bench, show, qtbot):
    panel = show(SlidersPanel(bench.context))
    with qtbot.waitSignal(panel.wall_wanted):
        panel.ways.ways["wall"].trigger()
    panel.stop()


def test_the_result(begin, bench, qtbot):
    maker = begin(GroupsQuestion((bench.recipe,), (bench.recipe,)))
    fitted = bench.editing.answer(weak=True)
    strips = maker.result.strips
    assert all(strip.amounts == fitted.amounts for strip in strips)
    asked = bench.studio.thumbnails.asked
    qtbot.waitUntil(lambda: len(asked) == 3 * len(fitted.amounts))
    assert fitted.direction.applied(bench.recipe, 2.0) in asked
    assert "color" in maker.result.validation.styleSheet()
    assert maker.result.validation.text().startswith("Too weak")
    before = strips[1]._recipes
    qtbot.mouseClick(maker.result.dice, LEFT)
    assert strips[1]._recipes != before
    assert strips[0]._recipes[4] == fitted.direction.applied(bench.recipe, 2.0)
    maker.grab()


def test_hold_the_worst_and_fit_again(begin, bench, qtbot):
    maker = begin(GroupsQuestion((bench.recipe,), (bench.recipe,)))
    first = bench.editing.answer()
    assert maker.result.refit.text() == "Hold Smile and fit again"
    qtbot.mouseClick(maker.result.refit, LEFT)
    assert bench.editing.requests[-1].kept == ("smile",)
    assert maker.fitted is first  # what is shown stays until the answer
    assert not maker.save.isEnabled()
    bench.editing.answer()
    assert maker.result.refit.text() == "Hold Hair style and fit again"
    assert [bar.held for bar in maker.result.leaks.bars()] == [True, False, False, False]
    maker.result.leaks.picked.emit("hue")
    assert bench.editing.requests[-1].kept == ("smile", "hue")
    qtbot.mouseClick(maker.held.chips["smile"], LEFT)
    assert bench.editing.requests[-1].kept == ("hue",)
    bench.editing.answer(leakage=(leak("smile", 0.05),))
    assert maker.result.clean.text() == CLEAN
    assert not maker.result.refit.isVisible()


def test_the_menu_holds(begin, bench):
    maker = begin(AttributeQuestion(), kept=("hue",))
    words = [action.text() for action in maker.held.menu.actions()]
    assert words == ["Earrings", "Smile", "Hue"]  # without hair style, which is to move
    maker.held.menu.actions()[1].trigger()
    assert bench.editing.requests[-1].kept == ("hue", "smile")
    assert maker.findChildren(QPushButton)


def test_from_an_attribute(begin, bench, qtbot):
    question = AttributeQuestion()
    maker = begin(question)
    assert question.value.isVisible()
    question.value.choose("long")
    question.value.activated.emit(2)
    qtbot.mouseClick(question.method.buttons["svm"], LEFT)
    request = bench.editing.requests[-1]
    assert (request.kind, request.attribute, request.value) == ("attribute", "hair_style", "long")
    assert request.method == "svm"
    assert maker.name.text() == request.name == "Hair style: long"
    question.choose("smile", "", "ridge")
    question.asked.emit()
    assert not question.value.isVisible()
    assert bench.editing.requests[-1].name == maker.name.text() == "Smile"
    qtbot.keyClicks(maker.name, "!")
    question.choose("earrings", "", "ridge")
    question.asked.emit()
    assert maker.name.text() == "Smile!"  # the hand's word stays


def test_attributes_that_are_not_known_yet(begin, bench):
    known, bench.editing.known = bench.editing.known, None
    maker = begin(AttributeQuestion())
    assert maker.status.text() == NOTHING
    assert bench.editing.followed == [maker]  # so that they come
    bench.editing.known = known
    bench.editing.known_changed.emit()
    assert [request.attribute for request in bench.editing.requests] == ["hair_style"]
    bench.editing.known_changed.emit()  # a larger population is no new question
    assert len(bench.editing.requests) == 1


def test_by_number(begin, bench):
    sefa = NumberQuestion("sefa", stylegan_info())
    begin(sefa)
    sefa.number.setValue(3)
    sefa.layers.setCurrentIndex(1)
    sefa.layers.activated.emit(1)
    request = bench.editing.requests[-1]
    assert (request.kind, request.index, request.first) == ("sefa", 3, 0)
    assert request.stop == 3  # up to 8 px
    style = NumberQuestion("style", stylegan_info())
    maker = begin(style)
    assert not maker._holding.isVisible()  # a channel is what it is
    style.layers.setCurrentIndex(4)
    style.number.setValue(17)
    request = bench.editing.requests[-1]
    assert (request.kind, request.index, request.first, request.stop) == ("style", 17, 4, 5)
    assert request.name == "Channel 17 of b16.conv1"


def test_points_and_differences(begin, bench, qtbot):
    begin(PointsQuestion(bench.recipe))
    request = bench.editing.requests[-1]
    assert request.more == (bench.recipe.showing("B"),)
    assert request.less == (bench.recipe.showing("A"),)
    groups = GroupsQuestion((bench.recipe,), (bench.recipe,))
    begin(groups)
    qtbot.mouseClick(groups.way.buttons["difference"], LEFT)
    assert bench.editing.requests[-1].kind == "difference"


def test_refusals_are_sentences(begin, bench, qtbot):
    maker = begin(PointsQuestion(bench.recipe))
    bench.editing.failed.emit("Point A and point B are the same.")
    assert maker.status.text() == "Point A and point B are the same."
    assert not maker.save.isEnabled()
    maker.keep()
    assert bench.library.of(CHECKPOINT) == ()
    maker.ask()
    bench.editing.answer()
    maker.name.setText("x\ty")
    maker.keep()
    assert "printable" in maker.status.text()
    assert maker.isVisible()


def test_answers_to_others_are_not_heard(begin, bench):
    maker = begin(PointsQuestion(bench.recipe))
    mine = bench.editing.requests[-1]
    bench.editing.answer(request=replace(mine, name="Another"))
    assert maker.fitted is None
    bench.editing.answer(request=mine)
    assert maker.fitted.request == mine


def test_another_generator_closes_it(begin, bench):
    maker = begin(PointsQuestion(bench.recipe))
    other = msgspec.structs.replace(bench.recipe, checkpoint=OTHER)
    bench.studio.document.change("Open", recipe=other)
    bench.editing.known_changed.emit()
    assert not maker.isVisible()
    bench.editing.answer()
    assert maker.fitted is None
