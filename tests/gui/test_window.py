"""The window as a person uses it: keys, menus, panels, status line, stage."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QLabel, QScrollBar

from latentstudio.document.codec import recipe_from_json
from latentstudio.document.recipe import Move, Point, Seed, Truncation
from latentstudio.document.vector import Vector
from latentstudio.ui.actions import TABLE
from latentstudio.ui.panels import PANELS


def seed_of(window, name="A"):
    return window.studio.document.recipe.point(name).base


def test_opens_on_the_bundled_checkpoint_with_every_panel(window):
    frame = window.canvas.frame
    assert frame.pixels.shape == (32, 32, 4)
    assert window.tools.checkpoint.text() == "small"
    assert set(window.docks) == {kind.name for kind in PANELS}
    assert all(dock.isVisible() for dock in window.docks.values())
    behind = {n for n, dock in window.docks.items() if dock.visibleRegion().isEmpty()}
    # Tabs beside the source, the gallery, and the noise, which this generator has.
    assert behind == {
        "picture",
        "edit",
        "sliders",
        "numbers",
        "neighbours",
        "transform",
        "composition",
        "inside",
        "timeline",
        "morph",
    }


def test_the_picture_is_the_engines_own(window):
    expected = window.studio.engine.render(window.studio.document.recipe)
    assert np.array_equal(window.canvas.frame.pixels, expected.pixels)


def test_arrow_keys_step_the_seed_of_the_active_point(qtbot, window, settled):
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_Right)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Right)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Left)
    assert seed_of(window) == Seed(1)
    before = window.studio.engine.render(window.studio.document.history.previous.recipe)
    assert not np.array_equal(settled(window).pixels, before.pixels)


def test_seed_zero_steps_back_to_the_last(qtbot, window):
    qtbot.keyClick(window.canvas, Qt.Key.Key_Left)
    assert seed_of(window) == Seed(2**32 - 1)


def test_undo_and_redo_are_named_and_restore(qtbot, window, settled):
    start = window.studio.document.recipe
    qtbot.keyClick(window.canvas, Qt.Key.Key_R)
    changed = window.studio.document.recipe
    assert changed != start
    undo = window.actions_by_name["undo"]
    assert undo.text() == "&Undo Random seed"
    qtbot.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.studio.document.recipe == start
    assert not undo.isEnabled()
    assert window.actions_by_name["redo"].text() == "&Redo Random seed"
    window.actions_by_name["redo"].trigger()
    assert window.studio.document.recipe == changed
    settled(window)


def test_number_keys_show_and_choose_points(qtbot, window):
    qtbot.keyClick(window.canvas, Qt.Key.Key_3)
    document = window.studio.document
    assert document.active == "C"
    assert document.recipe.blend.share("C") == 1.0


def test_up_and_down_turn_truncation_within_bounds(qtbot, window):
    document = window.studio.document
    qtbot.keyClick(window.canvas, Qt.Key.Key_Down)
    assert document.recipe.truncation.psi == 0.95
    for _ in range(60):
        qtbot.keyClick(window.canvas, Qt.Key.Key_Up)
    assert document.recipe.truncation.psi == 2.0


def test_a_focused_control_keeps_its_arrow_keys(qtbot, window):
    slider = next(
        slider
        for slider in window.docks["truncation"].panel.findChildren(QAbstractSlider)
        if not isinstance(slider, QScrollBar) and slider.isVisible()
    )
    slider.setFocus()
    qtbot.waitUntil(slider.hasFocus)
    before = slider.value()
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert slider.value() < before
    assert seed_of(window) == Seed(0)
    qtbot.keyClick(slider, Qt.Key.Key_R)
    assert seed_of(window) != Seed(0)


def test_undo_means_the_document_while_an_entry_has_the_focus(qtbot, window):
    qtbot.keyClick(window.canvas, Qt.Key.Key_R)
    entry = next(
        box
        for box in window.docks["truncation"].panel.findChildren(QAbstractSpinBox)
        if box.isVisible()
    )
    entry.setFocus()
    qtbot.waitUntil(entry.hasFocus)
    qtbot.keyClick(entry, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.studio.document.history.undo_label is None


def test_keep_puts_the_shown_picture_in_the_gallery(qtbot, window):
    qtbot.keyClick(window.canvas, Qt.Key.Key_K)
    (kept,) = window.studio.document.gallery
    assert kept.recipe == window.canvas.frame.recipe
    assert kept.thumbnail.startswith(b"\x89PNG")
    window.studio.document.undo()
    assert window.studio.document.gallery == ()


def test_status_line_reads_the_frame_not_the_document(qtbot, window, settled):
    document = window.studio.document
    recipe = msgspec.structs.replace(document.recipe, truncation=Truncation(0.5, 4))
    document.change("Truncation", recipe=recipe)
    # The document has moved on; the picture has not come yet.
    assert "ψ 1.00" in window.status.recipe.text()
    settled(window)
    assert window.status.recipe.text() == "A seed 0 · ψ 0.50 < 4 · noise const ×1.00"
    assert window.status.device.text() == "cpu float32" or "cuda" in window.status.device.text()


def test_copy_and_paste_carry_the_recipe(qtbot, window, settled):
    window.actions_by_name["copy_recipe"].trigger()
    copied = recipe_from_json(QGuiApplication.clipboard().text().encode())
    assert copied == window.canvas.frame.recipe
    qtbot.keyClick(window.canvas, Qt.Key.Key_R)
    window.actions_by_name["paste"].trigger()
    assert window.studio.document.recipe == copied
    settled(window)


@pytest.mark.parametrize("text", ["", "hello", '{"version": 99}', '{"points": 3}'])
def test_paste_of_anything_else_changes_nothing_and_says_why(window, text):
    before = window.studio.document.state
    QGuiApplication.clipboard().setText(text)
    window.actions_by_name["paste"].trigger()
    assert window.studio.document.state is before
    assert window.bar.sentence.endswith(".")


def test_copied_picture_pastes_back_as_recipe(qtbot, window):
    start = window.studio.document.recipe
    window.actions_by_name["copy_picture"].trigger()
    qtbot.keyClick(window.canvas, Qt.Key.Key_R)
    window.actions_by_name["paste"].trigger()
    assert window.studio.document.recipe == start


def test_stage_leaves_only_the_picture_and_the_keyboard(qtbot, window):
    chrome = [window.menuBar(), window.tools, window.status, *window.docks.values()]
    before = [widget.isVisible() for widget in chrome]
    window.actions_by_name["stage"].trigger()
    assert not any(widget.isVisible() for widget in chrome)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Right)
    assert seed_of(window) == Seed(1)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert [widget.isVisible() for widget in chrome] == before
    assert not window.isFullScreen()


def test_layout_is_remembered(qtbot, make_window):
    first = make_window()
    first.docks["noise"].hide()
    first.close()
    second = make_window()
    assert not second.docks["noise"].isVisible()
    assert second.docks["source"].isVisible()
    second.reset_layout()
    assert second.docks["noise"].isVisible()


def test_no_two_actions_share_a_key(window):
    keys = [QKeySequence(key).toString() for entry in TABLE for key in entry.keys]
    assert len(keys) == len(set(keys))
    assert all(entry.tip and entry.menu for entry in TABLE)


def test_the_sheet_names_every_action(qtbot, window):
    qtbot.keyClick(window.canvas, Qt.Key.Key_F1)
    sheet = window._sheet
    assert sheet.isVisible()
    texts = {label.text() for label in sheet.findChildren(QLabel)}
    assert {entry.text.replace("&", "") for entry in TABLE} <= texts


def test_title_marks_what_is_not_saved(qtbot, window):
    assert not window.isWindowModified()
    qtbot.keyClick(window.canvas, Qt.Key.Key_R)
    assert window.isWindowModified()
    window.studio.document.undo()
    assert not window.isWindowModified()


def test_drag_moves_the_active_point_in_one_undo_step(qtbot, window, settled):
    start = window.studio.document.recipe
    centre = window.canvas.rect().center()
    qtbot.mousePress(window.canvas, Qt.MouseButton.LeftButton, pos=centre)
    for step in range(1, 30):
        qtbot.mouseMove(window.canvas, centre + step * (window.canvas.rect().center() / 60))
    qtbot.mouseRelease(window.canvas, Qt.MouseButton.LeftButton)
    moves = window.studio.document.recipe.point("A").moves
    assert moves and all(isinstance(move, Move) for move in moves)
    settled(window)
    window.studio.document.undo()
    assert window.studio.document.recipe == start


def test_a_point_that_was_found_is_dragged_along_components(qtbot, window, settled):
    document = window.studio.document
    found = Point("A", Vector.of("w+", np.zeros((document.info.num_layers, 32), np.float32)))
    before = window.studio.axes.x
    document.change("Use as A", recipe=document.recipe.with_point(found))
    settled(window)
    shown = window.canvas.frame.recipe
    centre = window.canvas.rect().center()
    qtbot.mousePress(window.canvas, Qt.MouseButton.LeftButton, pos=centre)
    for step in range(1, 10):
        qtbot.mouseMove(window.canvas, centre + step * (centre / 60))
    qtbot.mouseRelease(window.canvas, Qt.MouseButton.LeftButton)
    moves = document.recipe.point("A").moves
    assert moves and {move.axis.kind for move in moves} == {"principal"}
    settled(window)  # the engine draws it
    assert window.canvas.frame.recipe != shown and window.bar.sentence == ""
    chooser = window.docks["source"].panel.move_box.x_axis
    assert [chooser.kind.itemText(i) for i in range(chooser.kind.count())] == ["Component"]
    document.change("Point", active="B")
    assert window.studio.axes.x == before
    assert chooser.kind.count() == 4


def test_typing_finds_a_class_and_other_letters_stay_shortcuts(qtbot, window):
    document = window.studio.document
    names = ("angular", "round", "kite", "rose")
    info = msgspec.structs.replace(document.info, num_classes=len(names), labels=names)
    window.studio.learn(info)
    box = window.docks["source"].panel.label
    box.setFocus()
    qtbot.waitUntil(box.hasFocus)
    seed = document.recipe.point("A").base
    qtbot.keyClicks(box, "ro")
    assert document.recipe.label == 1
    qtbot.keyClicks(box, "s")
    assert document.recipe.label == 3
    assert document.recipe.point("A").base == seed
    qtbot.wait(500)  # another word
    qtbot.keyClick(box, Qt.Key.Key_K)
    assert document.recipe.label == 2
    assert not document.gallery
    qtbot.wait(500)
    qtbot.keyClick(box, Qt.Key.Key_P)  # begins no class
    assert not window.actions_by_name["previews"].isChecked()
