"""Previews: said of the picture, and switchable."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from latentstudio.document.recipe import Recipe
from latentstudio.engine.engine import Engine
from latentstudio.engine.frame import Frame
from latentstudio.ui.canvas import Canvas
from latentstudio.ui.statusbar import StatusLine


def frame(side, *, preview, precision="float32"):
    pixels = np.full((side, side, 4), 90, np.uint8)
    return Frame(Recipe(), pixels, preview, 0.02, "cpu", precision, 1)


def test_the_status_line_says_what_is_a_preview(qtbot):
    line = StatusLine()
    qtbot.addWidget(line)
    line.show_frame(frame(256, preview=True, precision="bfloat16"))
    assert line.device.text() == "preview 256 px bfloat16"
    line.show_frame(frame(1024, preview=False))
    assert line.device.text() == "cpu float32"


def test_the_picture_wears_a_tag_while_it_is_a_preview(qtbot):
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 400)
    canvas.set_side(64)
    canvas.set_frame(frame(64, preview=False))
    plain = canvas.grab().toImage()
    canvas.set_frame(frame(32, preview=True))
    tagged = canvas.grab().toImage()
    corner = canvas.view.rect().toRect().topLeft()
    assert plain.pixelColor(200, 200) == tagged.pixelColor(200, 200)  # the same grey, as large
    assert plain.pixelColor(corner.x() + 20, corner.y() + 14) != tagged.pixelColor(
        corner.x() + 20, corner.y() + 14
    )


@pytest.fixture
def switched(monkeypatch):
    """What the engine was told about previews."""
    told = []
    monkeypatch.setattr(Engine, "set_previews", lambda _engine, on: told.append(on))
    return told


def test_previews_are_switched_by_a_key_and_remembered(qtbot, switched, make_window):
    window = make_window()
    action = window.actions_by_name["previews"]
    assert action.isChecked()
    assert switched[-1] is True
    qtbot.keyClick(window.canvas, Qt.Key.Key_P)
    assert not action.isChecked()
    assert switched[-1] is False
    window.close()
    again = make_window()
    assert not again.actions_by_name["previews"].isChecked()
    assert switched[-1] is False
    again.actions_by_name["previews"].trigger()
    assert switched[-1] is True


def test_the_rate_is_that_of_painted_frames_and_goes_with_them(qtbot, themed):
    line = StatusLine()
    qtbot.addWidget(line)
    for number in range(60):
        line.count(10.0 + number / 25)
    assert line.rate.text() == "25 fps"
    qtbot.waitUntil(lambda: line.rate.text() == "", timeout=3000)
    line.count(20.0)
    line.count(20.0001)
    assert line.rate.text() == ""  # two are no rate


def test_the_lessons_are_remembered(qtbot, make_window):
    window = make_window()
    window.canvas.lessons = 1
    window.close()
    again = make_window()
    assert again.canvas.lessons == 1
    again.actions_by_name["stage"].trigger()
    assert again.canvas.bare
    again.actions_by_name["stage"].trigger()
    assert not again.canvas.bare
