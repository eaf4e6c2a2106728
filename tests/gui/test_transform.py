"""A StyleGAN3 pickle is dropped on the window, and its picture moved and turned by hand."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from latentstudio.document.recipe import Transform
from latentstudio.ui.panels.transform import NO_TRANSFORM
from tests.gui.conftest import WAIT
from tests.gui.test_files import drop

PICKLE = Path(__file__).parents[1] / "fixtures" / "sg3t_32_small.pkl"


@pytest.fixture
def moving(qtbot, window, settled):
    """The window with the pickle open."""
    drop(window, PICKLE)
    qtbot.waitUntil(lambda: window.studio.document.info.family == "stylegan3", timeout=WAIT)
    settled(window)
    return window


def in_front(window, name):
    return not window.docks[name].visibleRegion().isEmpty()


def test_a_dropped_pickle_is_open_and_its_panel_comes_to_the_front(moving, qtbot):
    assert moving.tools.checkpoint.text() == "sg3t_32_small"
    assert in_front(moving, "transform") and not in_front(moving, "noise")
    panel = moving.docks["transform"].panel
    assert panel.pad.isEnabled() and not panel.reason.isVisible()
    assert moving.recents.paths("checkpoints") == [PICKLE]
    moving.studio.document.undo()
    assert in_front(moving, "noise") and not in_front(moving, "transform")
    assert panel.reason.text() == NO_TRANSFORM
    moving.studio.document.redo()
    assert in_front(moving, "transform")


def test_a_drag_on_the_pad_moves_the_picture_on_the_screen(moving, qtbot, settled):
    document = moving.studio.document
    start = settled(moving)
    pad = moving.docks["transform"].panel.pad
    centre = pad.rect().center()
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=centre)
    for step in range(1, 9):
        qtbot.mouseMove(pad, centre + QPoint(3 * step, -step))
    qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton)
    moved = settled(moving)
    assert document.recipe.transform.x > 0 > document.recipe.transform.y
    assert not np.array_equal(moved.pixels, start.pixels)
    assert "moved 0." in moving.status.recipe.text()
    qtbot.keyClick(pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert document.recipe == start.recipe
    assert np.array_equal(settled(moving).pixels, start.pixels)


def test_a_turned_picture_comes_back_from_its_png(moving, qtbot, settled, tmp_path):
    document = moving.studio.document
    row = moving.docks["transform"].panel.turn
    row.slider.setFocus()
    qtbot.waitUntil(row.slider.hasFocus)
    qtbot.keyClick(row.slider, "3")
    qtbot.keyClick(row.field, "6")
    qtbot.keyClick(row.field, Qt.Key.Key_Return)
    assert document.recipe.transform == Transform(angle=36.0)
    turned = settled(moving)
    assert moving.status.recipe.text().endswith("turned 36°")
    moving.saver.ask = lambda *_: str(tmp_path / "turned.png")
    moving.actions_by_name["save_picture"].trigger()
    qtbot.mouseClick(moving.docks["transform"].panel.reset, Qt.MouseButton.LeftButton)
    assert document.recipe.transform == Transform()
    settled(moving)
    drop(moving, tmp_path / "turned.png")
    assert document.recipe == turned.recipe
    assert np.array_equal(settled(moving).pixels, turned.pixels)


def test_another_family_takes_the_transform_away_and_says_so(moving, settled, bundle):
    document = moving.studio.document
    recipe = msgspec.structs.replace(document.recipe, transform=Transform(0.1, 0.2, 3.0))
    document.change("Transform", recipe=recipe)
    drop(moving, bundle / "small.safetensors")
    assert document.recipe.transform == Transform()
    assert "the transform" in moving.bar.sentence
    assert "moved" not in moving.status.recipe.text() or settled(moving)
    assert settled(moving).recipe == document.recipe


def test_a_session_with_a_pickle_opens_at_the_next_start(moving, make_window, settled, tmp_path):
    document = moving.studio.document
    recipe = msgspec.structs.replace(document.recipe, transform=Transform(0.1, 0.2, 3.0))
    document.change("Transform", recipe=recipe)
    shown = settled(moving)
    moving.saver.ask = lambda *_: str(tmp_path / "night")
    moving.actions_by_name["save_session"].trigger()
    moving.close()
    again = make_window([tmp_path / "night.latents"])
    assert again.studio.document.recipe == recipe
    assert np.array_equal(settled(again).pixels, shown.pixels)
