"""Undo and redo of crop and brush, by the keys that elsewhere mean the document."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QLineEdit, QMainWindow

from latentstudio.data.intake import Crop
from latentstudio.ui.panels.picture import PicturePanel
from latentstudio.ui.shortcuts import FocusGuard
from tests.ui.conftest import dcgan_info
from tests.ui.fake_inverter import FakeInverter, photograph

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
CONTROL = Qt.KeyboardModifier.ControlModifier
BOTH = CONTROL | Qt.KeyboardModifier.ShiftModifier
K = Qt.Key
WHOLE = Crop.whole(300, 200)


@pytest.fixture
def window(studio, show):
    """As the studio's: the document's keys, and the guard of who gets them."""
    made = QMainWindow()
    made.asked = []
    for name, keys in (("undo", "Ctrl+Z"), ("redo", "Ctrl+Shift+Z")):
        action = QAction(name, made)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _=False, name=name: made.asked.append(name))
        made.addAction(action)
    studio.inverting.load = lambda: FakeInverter
    made.panel = PicturePanel(studio.context)
    made.setCentralWidget(made.panel)
    made.aside = QLineEdit()
    made.setMenuWidget(made.aside)
    FocusGuard(made, made)
    show(made, width=340, height=1400)
    yield made
    studio.inverting.stop()


@pytest.fixture
def panel(window, studio, tmp_path, qtbot):
    """With a photograph of 300 x 200 px."""
    source = studio.inverting.source
    studio.inverting.take(photograph(tmp_path / "anna.png"))
    qtbot.waitUntil(lambda: source.pixels is not None)
    return window.panel


@pytest.fixture
def brush(panel, qtbot):
    panel.more.set_open(True)
    qtbot.mouseClick(panel.more.task.kinds.buttons["repair"], LEFT)
    return panel.more.task.brush


def drag(qtbot, widget, *ways, button=LEFT):
    at = widget.rect().center()
    qtbot.mousePress(widget, button, pos=at)
    for way in ways:
        at += QPoint(*way)
        qtbot.mouseMove(widget, at)
    qtbot.mouseRelease(widget, button, pos=at)


def test_a_drag_of_the_crop_is_one_step(panel, window, studio, qtbot):
    view, source = panel.picture.view, studio.inverting.source
    drag(qtbot, view, (10, 0), (10, 0), (10, 0))
    moved = source.crop
    assert moved.x > WHOLE.x
    qtbot.keyClick(view, K.Key_Minus)
    assert source.crop.size < 1.0
    qtbot.keyClick(view, K.Key_Z, CONTROL)
    assert source.crop == view.crop == moved
    qtbot.keyClick(view, K.Key_Z, CONTROL)
    assert source.crop == view.crop == WHOLE
    qtbot.keyClick(view, K.Key_Z, BOTH)
    assert source.crop == view.crop == moved
    assert window.asked == []
    assert studio.steps() == 0, "nothing is in the document"


def test_what_is_cut_follows_an_undo(panel, studio, qtbot):
    source, view = studio.inverting.source, panel.picture.view
    drag(qtbot, view, (300, 0))
    qtbot.waitUntil(lambda: tuple(source.pixels[32, 20]) == (40, 40, 200))
    qtbot.keyClick(view, K.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: tuple(source.pixels[32, 20]) == (200, 40, 40))


def test_the_document_keeps_its_keys_when_nothing_is_left(panel, window, qtbot):
    view = panel.picture.view
    view.setFocus()
    qtbot.keyClick(view, K.Key_Z, CONTROL)
    assert window.asked == ["undo"]
    drag(qtbot, view, (20, 0))
    for _ in range(3):
        qtbot.keyClick(view, K.Key_Z, CONTROL)
    assert window.asked == ["undo"] * 3, "one step of the crop, and two of the document"
    qtbot.keyClick(view, K.Key_Z, BOTH)
    qtbot.keyClick(view, K.Key_Z, BOTH)
    assert window.asked == ["undo"] * 3 + ["redo"]


def test_elsewhere_the_keys_mean_the_document(panel, window, studio, qtbot):
    drag(qtbot, panel.picture.view, (20, 0))
    moved = studio.inverting.source.crop
    for widget in (window.aside, panel.search, panel.showing.compare):
        widget.setFocus()
        qtbot.keyClick(widget, K.Key_Z, CONTROL)
    assert window.asked == ["undo"] * 3
    assert studio.inverting.source.crop == moved


def test_the_turn_has_steps_by_slider_and_by_number(panel, window, studio, qtbot):
    turn, source = panel.picture.turn, studio.inverting.source
    turn.slider.setFocus()
    qtbot.keyClick(turn.slider, K.Key_Right)
    turn.field.setFocus()
    turn.field.selectAll()
    qtbot.keyClicks(turn.field, "12")
    qtbot.keyClick(turn.field, K.Key_Return)
    assert source.crop.angle == 12.0
    qtbot.keyClick(turn.field, K.Key_Z, CONTROL)
    assert source.crop.angle == turn.value() == 0.5
    qtbot.keyClick(turn.field, K.Key_Z, CONTROL)
    assert source.crop == WHOLE
    assert window.asked == []


def test_a_stroke_is_one_step_and_so_is_taking_all_off(brush, panel, window, qtbot):
    drag(qtbot, brush, (20, 0), (20, 0))
    once = brush.kept.copy()
    drag(qtbot, brush, (0, 40), button=RIGHT)
    twice = brush.kept.copy()
    assert (twice != once).any()
    qtbot.mouseClick(panel.more.task.painting.clear, LEFT)
    assert brush.empty
    assert not panel.search.isEnabled()
    qtbot.keyClick(panel.more.task.painting.clear, K.Key_Z, CONTROL)
    assert (brush.kept == twice).all()
    assert panel.search.isEnabled()
    brush.setFocus()
    qtbot.keyClick(brush, K.Key_Z, CONTROL)
    assert (brush.kept == once).all()
    qtbot.keyClick(brush, K.Key_Z, CONTROL)
    assert brush.empty
    for _ in range(3):
        qtbot.keyClick(brush, K.Key_Z, BOTH)
    assert brush.empty, "taken off again"
    assert window.asked == []


def test_crop_and_brush_go_back_in_the_order_in_which_they_were_used(brush, panel, studio, qtbot):
    source = studio.inverting.source
    drag(qtbot, panel.picture.view, (20, 0))
    moved = source.crop
    qtbot.mouseClick(brush, LEFT)
    undo = panel.picture.again.buttons["undo"]
    assert undo.accessibleName() == "Undo brush stroke"
    qtbot.mouseClick(undo, LEFT)
    assert brush.empty
    assert source.crop == moved
    assert undo.accessibleName() == "Undo crop"
    qtbot.mouseClick(panel.more.task.painting.again.buttons["undo"], LEFT)
    assert source.crop == WHOLE
    assert not undo.isEnabled()
    qtbot.mouseClick(panel.picture.again.buttons["redo"], LEFT)
    assert source.crop == moved


def test_the_buttons_say_how_it_works(panel, qtbot):
    undo = panel.picture.again.buttons["undo"]
    drag(qtbot, panel.picture.view, (20, 0))
    assert undo.toolTip().startswith("Undo crop (Ctrl+Z).")
    assert "Another photograph begins anew" in undo.toolTip()


def test_another_photograph_begins_anew(brush, panel, window, studio, tmp_path, qtbot):
    drag(qtbot, panel.picture.view, (20, 0))
    qtbot.mouseClick(brush, LEFT)
    source = studio.inverting.source
    studio.inverting.take(photograph(tmp_path / "ben.png"))
    qtbot.waitUntil(lambda: source.intake.name == "ben.png" and source.pixels is not None)
    assert brush.empty
    assert source.crop == WHOLE
    brush.setFocus()
    qtbot.keyClick(brush, K.Key_Z, CONTROL)
    assert window.asked == ["undo"]


def test_a_generator_of_another_size_has_no_paint_and_the_first_one_its_own(
    brush, studio, infos, qtbot
):
    source = studio.inverting.source
    qtbot.mouseClick(brush, LEFT)
    painted = brush.kept.copy()
    studio.document.set_info(dcgan_info())
    qtbot.waitUntil(lambda: source.pixels is not None and len(source.pixels) == 32)
    assert brush.empty
    studio.document.set_info(infos["stylegan"])
    qtbot.waitUntil(lambda: source.pixels is not None and len(source.pixels) == 64)
    assert (brush.kept == painted).all()
