from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt

from latentstudio.document.recipe import Transform
from latentstudio.ui.panels.base import NO_GENERATOR
from latentstudio.ui.panels.transform import NO_TRANSFORM, TransformPanel
from latentstudio.ui.widgets.pad import INSET
from latentstudio.ui.widgets.transform_pad import SIDE

LEFT = Qt.MouseButton.LeftButton
CENTRE = QPoint(SIDE // 2, SIDE // 2)
HALF = SIDE // 2 - INSET  # pixels of one picture width


@pytest.fixture
def panel(studio, show):
    movable = msgspec.structs.replace(
        studio.document.info, family="stylegan3", layers=(), num_layers=0, has_transform=True
    )
    studio.document.set_info(movable)
    return show(TransformPanel(studio.context), width=320)


def lie(studio, *values):
    recipe = msgspec.structs.replace(studio.recipe, transform=Transform(*values))
    studio.document.change("Transform", recipe=recipe)


def test_document_to_widget(panel, studio):
    lie(studio, 0.25, -0.5, 36.0)
    assert panel.right.value() == 0.25
    assert panel.down.value() == -0.5
    assert panel.turn.value() == 36.0
    assert panel.pad.position() == (0.25, 0.5)  # up in the pad is up in the picture
    assert panel.turn.field.text() == "36.0°"
    studio.document.undo()
    assert panel.right.value() == panel.down.value() == panel.turn.value() == 0.0
    assert studio.document.history.redo_label == "Transform"  # showing it changed nothing


def test_a_drag_on_the_pad_moves_the_picture_in_one_undo_step(panel, studio, qtbot):
    qtbot.mousePress(panel.pad, LEFT, pos=CENTRE)
    for step in range(1, 11):
        qtbot.mouseMove(panel.pad, CENTRE + QPoint(2 * step, step))
    qtbot.mouseRelease(panel.pad, LEFT, pos=CENTRE + QPoint(20, 10))
    assert studio.recipe.transform == Transform(round(20 / HALF, 4), round(10 / HALF, 4))
    assert studio.steps() == 1
    assert studio.document.history.undo_label == "Move picture"
    qtbot.mouseDClick(panel.pad, LEFT, pos=CENTRE)
    assert studio.recipe.transform == Transform()


def test_arrow_keys_point_where_the_picture_goes(panel, studio, qtbot):
    qtbot.keyClick(panel.pad, Qt.Key.Key_Right)
    qtbot.keyClick(panel.pad, Qt.Key.Key_Up)
    assert studio.recipe.transform == Transform(0.05, -0.05)
    qtbot.keyClick(panel.pad, Qt.Key.Key_Home)
    assert studio.recipe.transform == Transform()


@pytest.mark.parametrize("name", ["right", "down", "turn"])
def test_each_slider_is_one_step_a_stroke_and_resets_alone(panel, studio, qtbot, name):
    lie(studio, 0.5, 0.5, 45.0)
    row = getattr(panel, name)
    slider = row.slider
    before = row.value()
    start = QPoint(slider.width() // 4, slider.height() // 2)
    qtbot.mousePress(slider, LEFT, pos=start)
    for x in range(3):
        qtbot.mouseMove(slider, start - QPoint(x, 0))
    qtbot.mouseRelease(slider, LEFT)
    assert row.value() < 0 < before
    assert studio.steps() == 2
    qtbot.keyClick(slider, Qt.Key.Key_Delete)
    expected = {"x": 0.5, "y": 0.5, "angle": 45.0} | {slider_field(name): 0.0}
    assert studio.recipe.transform == Transform(**expected)


def slider_field(name):
    return {"right": "x", "down": "y", "turn": "angle"}[name]


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [("right", "-2.5", -2.5), ("down", "10", 10.0), ("turn", "720", 720)],
)
def test_typing_goes_further_than_the_slider(panel, studio, qtbot, name, typed, value):
    row = getattr(panel, name)
    row.field.setFocus()
    row.field.selectAll()
    qtbot.keyClicks(row.field, typed)
    qtbot.keyClick(row.field, Qt.Key.Key_Return)
    assert getattr(studio.recipe.transform, slider_field(name)) == value
    assert studio.steps() == 1
    row.slider.setFocus()
    assert getattr(studio.recipe.transform, slider_field(name)) == value


def test_reset_takes_all_back_in_one_step(panel, studio, qtbot):
    assert not panel.reset.isEnabled()
    lie(studio, 0.5, 0.25, 45.0)
    qtbot.mouseClick(panel.reset, LEFT)
    assert studio.recipe.transform == Transform()
    assert not panel.reset.isEnabled()
    studio.document.undo()
    assert studio.recipe.transform == Transform(0.5, 0.25, 45.0)


def test_more_digits_from_a_file_survive_being_looked_at(panel, studio):
    lie(studio, 0.123456, 0.0, 12.3456)
    for row in (panel.right, panel.turn):
        row.field.setFocus()
        row.slider.setFocus()
    assert studio.recipe.transform == Transform(0.123456, 0.0, 12.3456)


def test_it_says_what_a_generator_cannot_do(panel, studio, infos):
    controls = (panel.pad, panel.right, panel.down, panel.turn)
    assert all(control.isEnabled() for control in controls)
    assert not panel.reason.isVisible()
    studio.document.set_info(infos["stylegan"])
    assert not any(control.isEnabled() for control in controls)
    assert panel.reason.text() == NO_TRANSFORM
    studio.document.set_info(None)
    assert panel.reason.text() == NO_GENERATOR


def test_a_transform_that_stands_in_the_way_can_be_taken_away(panel, studio, infos, qtbot):
    lie(studio, 0.5, 0.0, 0.0)
    studio.document.set_info(infos["dcgan"])
    qtbot.mouseClick(panel.reset, LEFT)
    assert studio.recipe.transform == Transform()


def test_every_control_can_be_reached_and_has_a_name(panel):
    controls = [panel.pad, panel.reset]
    controls += [part for row in (panel.right, panel.down, panel.turn)
                 for part in (row.slider, row.field)]  # fmt: skip
    for control in controls:
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert control.accessibleName()
        assert control.toolTip()


def test_the_picture_in_the_pad_lies_as_the_real_one_will(panel, studio):
    """Looked at: the accent is right of the middle after a move to the right, and turns."""
    plain = panel.pad.grab().toImage()
    lie(studio, 0.5, 0.0, 0.0)
    moved = panel.pad.grab().toImage()
    probe = CENTRE + QPoint(int(0.9 * HALF), 0)  # beyond the untouched edge at half a width
    assert moved.pixelColor(probe) != plain.pixelColor(probe)
    left = CENTRE - QPoint(int(0.9 * HALF), 0)
    assert moved.pixelColor(left) == plain.pixelColor(left)
    # A quarter turn counter-clockwise brings the marked upper edge to the left.
    lie(studio, 0.0, 0.0, 90.0)
    turned = panel.pad.grab().toImage()
    top, left = CENTRE - QPoint(10, HALF // 2), CENTRE - QPoint(HALF // 2, 10)
    assert turned.pixelColor(left) == plain.pixelColor(top)
    assert turned.pixelColor(top) == plain.pixelColor(left) != plain.pixelColor(top)
