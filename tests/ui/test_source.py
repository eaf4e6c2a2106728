from __future__ import annotations

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from latentstudio.document.recipe import (
    POINT_NAMES,
    Axis,
    Blend,
    Mixing,
    Morph,
    Move,
    Noise,
    Point,
    Recipe,
    Seed,
    Truncation,
    Weight,
)
from latentstudio.document.vector import Vector
from latentstudio.ui.panels.point_pictures import alone
from latentstudio.ui.panels.source import SourcePanel
from latentstudio.ui.widgets.recipe_mime import RECIPE_MIME, write_recipe

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(studio, show):
    return show(SourcePanel(studio.context), height=720)


def set_recipe(studio, **values):
    studio.document.change("Set", recipe=msgspec.structs.replace(studio.recipe, **values))


def test_document_to_widget(panel, studio):
    axis = studio.axes.x
    points = (Point("A", Seed(77), (Move(axis, 0.5),)), *studio.recipe.points[1:])
    set_recipe(studio, points=points, blend=Blend((Weight("A", 3), Weight("D", 1)), "z"))
    assert panel.seed.value() == 77
    assert panel.seed.field.text() == "77"
    assert panel.move_box.pad.position() == (0.5, 0.0)
    assert panel.blend_box.pad.shares() == (0.75, 0, 0, 0.25)
    assert [row.value() for row in panel.blend_box.rows] == [75, 0, 0, 25]
    assert panel.blend_box.space.choice() == "z"
    studio.document.change("Active", active="C")
    assert panel.points["C"].isChecked()
    assert panel.seed.value() == 2
    assert panel.move_box.pad.position() == (0.0, 0.0)
    assert panel.move_box.pad.trail() == []
    assert studio.steps() == 2


def test_choosing_a_point_shows_it_in_one_step(panel, studio, qtbot):
    qtbot.mouseClick(panel.points["C"], LEFT)
    assert studio.document.active == "C"
    assert studio.recipe == Recipe(checkpoint=studio.recipe.checkpoint).showing("C")
    assert studio.steps() == 1
    studio.document.undo()
    assert panel.points["A"].isChecked()


def test_seeds(panel, studio, qtbot):
    set_recipe(
        studio, points=(Point("A", Seed(5), (Move(Axis(), 1.0),)), *studio.recipe.points[1:])
    )
    qtbot.mouseClick(panel.seed.next, LEFT)
    assert studio.recipe.point("A") == Point("A", Seed(6))
    qtbot.mouseClick(panel.seed.next, LEFT)
    assert studio.steps() == 3
    panel.seed.field.selectAll()
    qtbot.keyClicks(panel.seed.field, "85")
    assert studio.recipe.point("A").base == Seed(7)
    qtbot.keyClick(panel.seed.field, Qt.Key.Key_Return)
    assert studio.recipe.point("A").base == Seed(85)
    assert studio.recipe.point("B").base == Seed(1)


def test_a_held_button_is_one_step(panel, studio, qtbot):
    panel.seed.next.setAutoRepeatDelay(10)
    panel.seed.next.setAutoRepeatInterval(10)
    qtbot.mousePress(panel.seed.next, LEFT)
    qtbot.waitUntil(lambda: studio.recipe.point("A").base.value >= 4)
    qtbot.mouseRelease(panel.seed.next, LEFT)
    assert studio.steps() == 1
    qtbot.mouseClick(panel.seed.next, LEFT)
    assert studio.steps() == 2


def test_a_vector_has_no_seed_and_the_next_one_begins_at_zero(panel, studio, qtbot):
    base = Vector.of("w", np.zeros(32, np.float32))
    set_recipe(studio, points=(Point("A", base), *studio.recipe.points[1:]))
    assert panel.seed.value() is None
    assert panel.seed.field.text() == "vector w"
    panel.seed.field.setFocus()
    panel.seed.dice.setFocus()
    assert studio.recipe.point("A").base == base
    qtbot.mouseClick(panel.seed.next, LEFT)
    assert studio.recipe.point("A").base == Seed(0)


def test_the_pad_moves_the_active_point_in_one_step(panel, studio, qtbot):
    pad = panel.move_box.pad
    qtbot.mouseClick(panel.points["B"], LEFT)
    before = studio.steps()
    middle = pad.rect().center()
    qtbot.mousePress(pad, LEFT, pos=middle)
    for i in range(1, 20):
        qtbot.mouseMove(pad, middle + QPoint(2 * i, -i))
    qtbot.mouseRelease(pad, LEFT)
    point = studio.recipe.point("B")
    assert point.along(studio.axes.x) > 0
    assert point.along(studio.axes.y) > 0
    assert len(pad.trail()) > 5
    assert studio.steps() == before + 1
    qtbot.mouseClick(panel.move_box.reset, LEFT)
    assert studio.recipe.point("B").moves == ()
    assert not panel.move_box.reset.isEnabled()


def test_axes_both_ways(panel, studio, qtbot):
    box = panel.move_box
    studio.axes.x = Axis("principal", 4)
    assert box.x_axis.axis() == Axis("principal", 4)
    assert box.x_axis.kind.currentText() == "Component"
    assert not box.x_axis.roll.isEnabled()
    studio.axes.y = Axis("toward", 3)
    assert box.y_axis.point.currentText() == "D"
    box.x_axis.kind.setFocus()
    qtbot.keyClick(box.x_axis.kind, Qt.Key.Key_Home)
    assert studio.axes.x == Axis("random", 4)
    qtbot.mouseClick(box.x_axis.roll, LEFT)
    assert studio.axes.x.kind == "random"
    box.x_axis.number.selectAll()
    qtbot.keyClicks(box.x_axis.number, "31")
    qtbot.keyClick(box.x_axis.number, Qt.Key.Key_Return)
    assert studio.axes.x == Axis("random", 31)
    qtbot.keyClick(box.gain.slider, Qt.Key.Key_End)
    assert studio.axes.gain == pytest.approx(4.0)
    assert studio.steps() == 0  # tools, not values of the picture


def test_a_coordinate_stays_below_the_size_of_z(panel, studio, qtbot):
    chooser = panel.move_box.x_axis
    studio.axes.x = Axis("coordinate", 0)
    chooser.number.selectAll()
    qtbot.keyClicks(chooser.number, "999")
    qtbot.keyClick(chooser.number, Qt.Key.Key_Return)
    assert studio.axes.x.index < studio.document.info.z_dim


def test_components_need_a_mapping_network(panel, studio, infos):
    kinds = panel.move_box.x_axis.kind
    assert kinds.findData("principal") >= 0
    studio.document.set_info(infos["dcgan"])
    assert kinds.findData("principal") < 0
    assert kinds.findData("coordinate") >= 0


def test_it_says_when_the_active_point_is_not_heard(panel, studio):
    studio.document.change("Blend", recipe=studio.recipe.showing("B"))
    assert "A has no share" in panel.move_box.hint.text()
    set_recipe(studio, mixing=Mixing().with_cells({(0, "A"): 0.5}))
    assert panel.move_box.hint.text() == ""


def test_blend_pad_and_shares_write_the_blend(panel, studio, qtbot):
    box = panel.blend_box
    qtbot.keyClick(box.pad, "d")
    assert studio.recipe.blend.weights == (Weight("D", 1.0),)
    row = box.rows[1]
    row.field.selectAll()
    qtbot.keyClicks(row.field, "25")
    qtbot.keyClick(row.field, Qt.Key.Key_Return)
    assert studio.recipe.blend.share("B") == pytest.approx(0.25)
    assert studio.recipe.blend.share("D") == pytest.approx(0.75)
    qtbot.mouseClick(box.space.buttons["z"], LEFT)
    assert studio.recipe.blend.space == "z"
    assert studio.steps() == 3


def test_without_a_mapping_network_the_blend_is_on_the_sphere(panel, studio, infos):
    box = panel.blend_box
    assert box.space.choice() == "w"
    assert not box.hint.isVisible()
    studio.document.set_info(infos["dcgan"])
    assert not box.space.isEnabled()
    assert box.space.choice() == "z"
    assert "w is z" in box.hint.text()
    studio.document.set_info(infos["classes"])
    assert box.space.isEnabled()
    assert (box.space.choice(), studio.recipe.blend.space) == ("w", "w")
    assert not box.hint.isVisible()


def test_a_share_to_the_end_and_back_gives_the_others_back_theirs(panel, studio, qtbot):
    set_recipe(studio, blend=Blend((Weight("A", 0.2), Weight("B", 0.64), Weight("C", 0.16))))
    slider = panel.blend_box.rows[0].slider
    half = QPoint(slider.width() // 2, 12)
    qtbot.mousePress(slider, LEFT, pos=half)
    qtbot.mouseMove(slider, QPoint(slider.width() + 50, 12))
    assert studio.recipe.blend.weights == (Weight("A", 1.0),)
    qtbot.mouseMove(slider, half)
    qtbot.mouseRelease(slider, LEFT, pos=half)
    blend = studio.recipe.blend
    assert blend.share("B") == pytest.approx(4 * blend.share("C"), rel=1e-3)
    assert studio.steps() == 2


def test_classes(panel, studio, infos, qtbot):
    assert not panel.label.isVisible()
    studio.document.set_info(infos["classes"])
    assert panel.label.isVisible()
    assert panel.label.currentText() == "kind 0"  # what is drawn when none is chosen
    qtbot.keyClick(panel.label, Qt.Key.Key_Home)
    assert studio.steps() == 0
    set_recipe(studio, label=1)
    assert panel.label.currentText() == "kind 1"
    qtbot.keyClick(panel.label, Qt.Key.Key_End)
    assert studio.recipe.label == 2


def drop(widget, mime):
    arguments = (Qt.DropAction.CopyAction, mime, LEFT, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(9, 9), *arguments)
    QApplication.sendEvent(widget, enter)
    if enter.isAccepted():
        QApplication.sendEvent(widget, QDropEvent(QPointF(9, 9), *arguments))
    return enter.isAccepted()


def test_a_kept_recipe_dropped_on_a_point_gives_its_loudest_point(panel, studio):
    kept = Recipe(
        points=(*studio.recipe.points[:2], Point("C", Seed(99), (Move(Axis(), 0.3),)),
                studio.recipe.points[3]),
        blend=Blend((Weight("B", 0.2), Weight("C", 0.8))),
    )  # fmt: skip
    mime = QMimeData()
    write_recipe(mime, kept)
    assert drop(panel.points["B"], mime)
    assert studio.recipe.point("B") == Point("B", Seed(99), (Move(Axis(), 0.3),))
    assert studio.recipe.point("C").base == Seed(2)
    assert studio.steps() == 1


def test_a_point_of_another_generator_is_refused_in_one_sentence(panel, studio):
    base = Vector.of("w", np.zeros(7, np.float32))
    mime = QMimeData()
    write_recipe(mime, Recipe(points=(Point("A", base), *studio.recipe.points[1:])))
    drop(panel.points["B"], mime)
    assert studio.steps() == 0
    assert len(studio.told) == 1
    assert "another generator" in studio.told[0]


@pytest.mark.parametrize("data", [b"", b"{", b'{"version": 99}', b"\xff\xfe"])
def test_rubbish_is_not_accepted(panel, studio, data):
    mime = QMimeData()
    mime.setData(RECIPE_MIME, data)
    assert not drop(panel.points["B"], mime)
    assert studio.steps() == 0


def test_pictures_are_asked_for_after_a_rest_and_shown_when_ready(panel, studio, qtbot):
    wanted = alone(studio.recipe, "D")
    assert panel.points["D"].image() is None
    studio.thumbnails.deliver(wanted)
    assert panel.points["D"].image().pixelColor(0, 0) == Qt.GlobalColor.red
    studio.thumbnails.asked.clear()
    for psi in (0.9, 0.8, 0.7):
        set_recipe(studio, truncation=Truncation(psi))
    assert studio.thumbnails.asked == []
    qtbot.waitUntil(lambda: len(studio.thumbnails.asked) == 4)
    assert studio.thumbnails.asked == [alone(studio.recipe, name) for name in POINT_NAMES]


def test_a_points_picture_depends_on_that_point_alone(studio):
    recipe = studio.recipe
    other = msgspec.structs.replace(
        recipe.with_point(Point("B", Seed(50))),
        mixing=Mixing().with_cells({(0, "C"): 1.0}), noise=Noise("random", 3),
    ).showing("D")  # fmt: skip
    assert alone(other, "A") == alone(recipe, "A")
    assert alone(other, "B") != alone(recipe, "B")
    leaning = recipe.with_point(Point("A", Seed(0), (Move(Axis("toward", 1), 0.5),)))
    moved = leaning.with_point(Point("B", Seed(50)))
    assert alone(leaning, "A") != alone(moved, "A")


def test_without_a_generator_nothing_can_be_moved(panel, studio):
    studio.document.set_info(None)
    parts = (*panel.points.values(), panel.seed, panel.move_box, panel.blend_box)
    assert not any(part.isEnabled() for part in parts)
    assert "Ctrl+O" in panel.reason.text()


def test_the_pictures_of_the_points_know_no_morph():
    morphing = Recipe(morph=Morph("A", "B", 0.5))
    assert alone(morphing, "B").morph is None
