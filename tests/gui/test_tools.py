"""Windows of their own beside the main one, reached by their keys."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from latentstudio.ui.samples.shift import ShiftTool, shifted
from latentstudio.ui.samples.wall import SamplesWall
from tests.ui.fake_live import FakeLive

KEYS = ((Qt.Key.Key_W, SamplesWall), (Qt.Key.Key_X, ShiftTool))


@pytest.fixture
def window(make_window):
    made = make_window()
    made.studio.numbers.load_live = lambda: FakeLive
    return made


def test_the_shift_tool_holds_the_picture_on_the_screen(window, settled, qtbot):
    assert window.findChild(ShiftTool) is None, "made on first use"
    qtbot.keyClick(window.canvas, Qt.Key.Key_X)
    tool = window.findChild(ShiftTool)
    qtbot.waitUntil(tool.isVisible)
    before = tool.still.pixels()
    np.testing.assert_array_equal(before, window.canvas.frame.pixels[..., :3])
    np.testing.assert_array_equal(tool.moved.pixels(), shifted(before, 1))
    qtbot.keyClick(window.canvas, Qt.Key.Key_Right)  # the next seed
    shown = settled(window).pixels[..., :3]
    assert not np.array_equal(shown, before)
    np.testing.assert_array_equal(tool.still.pixels(), shown)


@pytest.mark.parametrize(("key", "kind"), KEYS)
def test_there_is_one_of_each_and_it_goes_with_the_window(window, qtbot, key, kind):
    for _ in range(2):
        qtbot.keyClick(window.canvas, key)
    (tool,) = window.findChildren(kind)
    qtbot.waitUntil(tool.isVisible)
    window.close()
    assert not tool.isVisible()
    assert not tool._worker.busy
