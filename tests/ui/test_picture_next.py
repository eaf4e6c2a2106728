"""What the picture panel offers next, what it keeps in sight, and who has to wait."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QLineEdit

from latentstudio.document.recipe import Point, Seed
from latentstudio.engine.inverting.values import Ended
from latentstudio.ui.inverting import stage as stage_module
from latentstudio.ui.inverting.big_button import BIG
from latentstudio.ui.panels.picture import PicturePanel
from tests.ui.fake_inverter import FakeInverter, answers, flat, photograph, vector

LEFT = Qt.MouseButton.LeftButton
K = Qt.Key
SMALL = 650  # px that the panel has in a window of 1280 x 800


@pytest.fixture
def asked(studio):
    """Recipes that were asked of the canvas, and whether a preview will do."""
    asked = []

    def request(recipe, preview=False):
        asked.append((recipe, preview))

    studio.context = replace(studio.context, engine=SimpleNamespace(request=request))
    return asked


@pytest.fixture
def model(studio):
    made = studio.inverting
    made.load = lambda: FakeInverter
    yield made
    made.stop()


@pytest.fixture
def panel(studio, asked, model, show, tmp_path, qtbot):
    """With a photograph, and what is asked of the inverter."""
    made = show(PicturePanel(studio.context), width=348, height=SMALL)
    model.take(photograph(tmp_path / "anna.png"))
    qtbot.waitUntil(lambda: model.source.pixels is not None and model._agent is not None)
    QApplication.processEvents()
    yield made
    made.stop()


@pytest.fixture
def inverter(panel, model):
    return model._agent


def find(panel, qtbot, *found, warning=""):
    """Search by hand, and answer."""
    qtbot.mouseClick(panel.search, LEFT)
    inverter = panel.model._agent
    inverter.tell("ended", Ended(inverter.order, found or answers(), "Done.", warning))
    qtbot.waitUntil(lambda: bool(panel.model.answers))


def outstanding(panel):
    return [name for name, button in panel.answers.uses.items() if button.styleSheet() == BIG]


def in_sight(panel, widget):
    """Whether all of a widget can be seen without scrolling."""
    port = panel._scroll.viewport()
    top = widget.mapTo(port, QPoint(0, 0)).y()
    return widget.isVisible() and top >= 0 and top + widget.height() <= port.height()


# -- which point -----------------------------------------------------------------------------


def test_after_a_b_stands_out_and_after_both_none(panel, studio, qtbot):
    find(panel, qtbot)
    assert outstanding(panel) == ["A"]
    assert panel.answers.uses["A"].hasFocus()
    qtbot.keyClick(panel.answers.uses["A"], K.Key_Space)
    assert outstanding(panel) == ["B"]
    qtbot.mouseClick(panel.answers.uses["B"], LEFT)
    assert outstanding(panel) == []
    studio.document.undo()
    assert outstanding(panel) == ["B"]


def test_a_second_picture_is_for_b(panel, studio, model, tmp_path, qtbot):
    model.take_in_turn([photograph(tmp_path / "b.png"), photograph(tmp_path / "c.png")])
    qtbot.waitUntil(lambda: model.source.intake.name == "b.png")
    qtbot.waitUntil(lambda: model.source.pixels is not None)
    find(panel, qtbot)
    qtbot.mouseClick(panel.answers.uses["A"], LEFT)
    qtbot.waitUntil(lambda: model.source.intake.name == "c.png")
    qtbot.waitUntil(lambda: model.source.pixels is not None)
    find(panel, qtbot, replace(answers()[0], vector=vector(7.0)))
    assert panel.answers.uses["B"].hasFocus()
    qtbot.keyClick(panel.answers.uses["B"], K.Key_Space)
    assert studio.recipe.point("A").base == vector(1.0)
    assert studio.recipe.point("B").base == vector(7.0)


def test_what_the_generator_cannot_make_is_pressed_on_no_point(panel, qtbot):
    find(panel, qtbot, replace(answers()[0], distance=0.37, misfit=0.91), warning="It cannot.")
    assert outstanding(panel) == []
    assert not any(button.hasFocus() for button in panel.answers.uses.values())
    assert "37 % off" in panel.answers.verdict.text()
    assert "nearer" not in panel.answers.verdict.text()


def test_what_is_not_yet_the_same_is_to_be_fine_tuned(panel, qtbot):
    find(panel, qtbot, replace(answers()[0], distance=0.12))
    said = panel.answers.verdict.text()
    assert said.startswith("12 % off: 100 % off is as far as two random pictures are")
    assert "lower is better" in said
    assert said.endswith("tune brings it nearer.")
    find(panel, qtbot, replace(answers()[0], distance=0.03))
    assert "nearer" not in panel.answers.verdict.text()


# -- who has to wait -------------------------------------------------------------------------


def test_a_picture_dropped_while_it_searches_waits_and_says_so(
    panel, inverter, model, tmp_path, qtbot
):
    qtbot.mouseClick(panel.search, LEFT)
    model.take(photograph(tmp_path / "ben.png"))
    assert model.going == "search"
    assert "stop" not in inverter.names()
    assert panel.next.isVisible()
    assert panel.next.words.text() == "ben.png comes next, once you use what is found."
    inverter.end()
    qtbot.waitUntil(lambda: bool(model.answers))
    assert panel.next.isVisible()
    qtbot.mouseClick(panel.answers.uses["A"], LEFT)
    qtbot.waitUntil(lambda: model.source.intake.name == "ben.png")
    assert not panel.next.isVisible(), "it has come"


def test_now_leaves_the_search_for_the_one_that_waits(panel, inverter, model, tmp_path, qtbot):
    qtbot.mouseClick(panel.search, LEFT)
    model.take_in_turn([photograph(tmp_path / f"{name}.png") for name in ("ben", "cora")])
    assert panel.next.words.text().startswith("ben.png, cora.png come next")
    qtbot.mouseClick(panel.next.now, LEFT)
    qtbot.waitUntil(lambda: model.source.intake.name == "ben.png")
    assert "stop" in inverter.names()
    assert panel.next.words.text().startswith("cora.png comes next")


# -- what stays in sight ---------------------------------------------------------------------


@pytest.mark.parametrize("deed", ["tune", "refine"])
def test_what_moves_and_stop_are_in_sight(panel, inverter, qtbot, deed):
    qtbot.mouseClick(panel.search, LEFT)
    inverter.go()
    inverter.end(8, warning="What it adds is invented. " * 8)
    qtbot.waitUntil(lambda: len(panel.answers.faces) == 8)
    panel.picture.set_open(True)
    QApplication.processEvents()
    panel._scroll.ensureWidgetVisible(panel.answers.deeds[deed])
    qtbot.mouseClick(panel.answers.deeds[deed], LEFT)
    moving = panel.showing.compare, panel.showing.run
    qtbot.waitUntil(lambda: all(in_sight(panel, widget) for widget in moving))
    assert panel.showing.compare.hasFocus()


def test_a_hand_elsewhere_keeps_the_focus(panel, inverter, model, show, qtbot):
    qtbot.mouseClick(panel.search, LEFT)
    aside = show(QLineEdit())
    aside.setFocus()
    inverter.end()
    qtbot.waitUntil(lambda: bool(model.answers))
    assert aside.hasFocus()


def test_the_best_is_shown_though_its_start_goes_on_no_more(panel, inverter, model, qtbot):
    qtbot.mouseClick(panel.search, LEFT)
    inverter.go(step=10)
    for step in range(20, 120, 10):
        inverter.go(step=step, alive=(0, 4), best=2, distance=0.17)
    qtbot.waitUntil(lambda: model.progress is not None and model.progress.step == 110)
    grid = panel.showing.grid
    assert grid.strengths[2] == 1.0
    assert grid.strengths[1] < 0.3
    assert grid.accessibleName() == "2 of 8 starts; number 3 leads, and goes on no more"
    assert "closer than all others" in grid._words[2]
    assert np.array_equal(panel.showing.compare.pixels(1), flat(60, 90, 120))
    assert panel.showing.compare.words[1] == "Best so far · 17 % off"


# -- the canvas ------------------------------------------------------------------------------


def test_the_canvas_shows_the_best_and_then_what_was_found(panel, inverter, asked, studio, qtbot):
    said, before = [], studio.recipe
    panel.stage.said.connect(said.append)
    panel.stage._rest.setInterval(30)
    qtbot.mouseClick(panel.search, LEFT)
    for step in (10, 20, 30):
        inverter.go(step=step, distance=0.2)
    qtbot.waitUntil(lambda: bool(asked) and asked[-1][0].point("A").base == vector(30))
    assert len(asked) < 3, "not every one: the search is to go on"
    assert said[-1] == "Best so far · 20 % off"
    inverter.end(2)
    qtbot.waitUntil(lambda: bool(panel.model.answers))
    qtbot.waitUntil(lambda: asked[-1] == (panel.model.recipe(panel.model.answers[0]), True))
    qtbot.mouseClick(panel.answers.faces[1], LEFT)
    qtbot.waitUntil(lambda: asked[-1][0] == panel.model.recipe(panel.model.answers[1]))
    assert studio.recipe == before, "the document stays"
    panel.hide()
    assert asked[-1] == (before, False)
    assert said[-1] == ""


def test_the_canvas_is_the_hands_once_it_asks_for_another_picture(
    panel, inverter, asked, studio, qtbot
):
    qtbot.mouseClick(panel.search, LEFT)
    inverter.go(step=10)
    qtbot.waitUntil(lambda: len(asked) == 1)
    studio.document.change("Seed", recipe=studio.recipe.with_point(Point("A", Seed(99))))
    inverter.go(step=20)
    inverter.end()
    qtbot.waitUntil(lambda: bool(panel.model.answers))
    qtbot.wait(2 * stage_module.EVERY)
    assert len(asked) == 1, "the studio itself asks for the document's"


# -- repair ----------------------------------------------------------------------------------


@pytest.fixture
def painted(panel, qtbot):
    """Repair is chosen by hand, and something painted."""
    qtbot.mouseClick(panel.more.fold, LEFT)
    qtbot.mouseClick(panel.more.task.kinds.buttons["repair"], LEFT)
    QApplication.processEvents()
    brush = panel.more.task.brush
    qtbot.mouseClick(brush, LEFT, pos=brush.room().center().toPoint())
    return panel


def test_the_brush_takes_the_place_of_the_same_picture(painted, qtbot):
    assert not painted.showing.compare.isVisible()
    assert not painted.picture.view.isVisible()
    task = painted.more.task
    needed = task.brush, task.painting.brush_size, painted.search
    qtbot.waitUntil(lambda: all(in_sight(painted, widget) for widget in needed))


@pytest.mark.parametrize("colour", [(232, 168, 96), (12, 12, 12), (250, 250, 250), (200, 40, 40)])
def test_paint_is_seen_on_any_picture(painted, colour, qtbot):
    brush = painted.more.task.brush
    brush.show_picture(flat(*colour))
    middle = brush.room().center().toPoint()
    grabbed = brush.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    ratio = grabbed.width() / brush.width()
    seen = {
        grabbed.pixelColor(QPoint(middle.x() + x, middle.y()) * ratio).getRgb()[:3]
        for x in range(-8, 9)
    }
    apart = [max(abs(a - b) for a, b in zip(one, colour, strict=True)) for one in seen]
    assert max(apart) > 90


def test_the_brush_has_a_size_to_be_set(painted, qtbot):
    brush, row = painted.more.task.brush, painted.more.task.painting.brush_size
    radius = brush.radius
    row.slider.setFocus()
    qtbot.keyClick(row.slider, K.Key_Right)
    assert brush.radius > radius
    brush.setFocus()
    qtbot.keyClick(brush, K.Key_BracketRight)
    assert row.value() == pytest.approx(2 * brush.radius)


def test_a_repair_shows_the_photograph_filled_in_and_gives_it_away(
    painted, inverter, studio, tmp_path, qtbot
):
    find(painted, qtbot, *answers(2))
    order, answer = painted.model.order, painted.model.answers[1]
    assert 0 < (order.mask == 0).sum() < order.mask.size
    expected = np.where(order.mask[..., None] == 0, answer.picture, order.picture)
    qtbot.mouseClick(painted.answers.faces[1], LEFT)
    assert painted.showing.compare.words == ("Yours, filled in", "Generated · 14 % off")
    assert np.array_equal(painted.showing.compare.pixels(0), expected)
    assert np.array_equal(painted.showing.compare.pixels(1), answer.picture)
    qtbot.mouseClick(painted.answers.deeds["copy"], LEFT)
    copied = QGuiApplication.clipboard().image()
    hole = np.argwhere(order.mask == 0)[0]
    for y, x in ((0, 0), hole.tolist()):
        assert copied.pixelColor(x, y) == QColor(*expected[y, x].tolist())
    painted.ask_where = lambda *_: str(tmp_path / "mine.png")
    qtbot.mouseClick(painted.answers.deeds["save"], LEFT)
    from PIL import Image

    assert np.array_equal(np.array(Image.open(tmp_path / "mine.png").convert("RGB")), expected)
    assert studio.told[-1] == "mine.png is saved."
    painted.ask_where = lambda *_: str(tmp_path / "no folder" / "mine.png")
    troubles = []
    painted.model.failed.connect(troubles.append)
    qtbot.mouseClick(painted.answers.deeds["save"], LEFT)
    assert len(troubles) == 1
    assert studio.told[-1] == "mine.png is saved."


def test_a_search_has_nothing_to_be_filled_in(panel, qtbot):
    find(panel, qtbot)
    assert not panel.answers.deeds["copy"].isVisible()
    assert panel.showing.compare.words[0] == "Yours"
