from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt

from latentstudio.ui.widgets.pad import INSET, Pad

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def pad(show):
    """220 x 176 with an inset of 10: the centre at 110, 88, half a width 100, half a height 78."""
    pad = show(Pad(), width=220, height=176)
    pad.set_frame(2.0, "direction 1", "z 4")
    assert (pad.width(), pad.height(), INSET) == (220, 176, 10)
    return pad


def heard(pad):
    places = []
    pad.moved.connect(lambda x, y: places.append((x, y)))
    return places


def test_the_program_moves_it_silently_and_it_leaves_a_trail(pad):
    places = heard(pad)
    pad.set_position(0.5, 0.5)
    pad.set_position(1.0, -0.5)
    assert places == []
    assert pad.position() == (1.0, -0.5)
    assert pad.trail() == [(0.0, 0.0), (0.5, 0.5)]
    pad.forget()
    assert pad.trail() == []


def test_another_axis_forgets_the_trail_another_range_does_not(pad):
    pad.set_position(0.5, 0.5)
    pad.set_frame(3.0, "direction 1", "z 4")
    assert pad.trail() == [(0.0, 0.0)]
    pad.set_frame(3.0, "direction 7", "z 4")
    assert pad.trail() == []


def test_a_press_brings_the_point_and_a_drag_moves_it(pad, qtbot):
    places = heard(pad)
    qtbot.mousePress(pad, LEFT, pos=QPoint(160, 49))
    assert places == [(pytest.approx(1.0), pytest.approx(1.0))]
    number = pad.gesture.number
    qtbot.mouseMove(pad, QPoint(60, 127))
    qtbot.mouseRelease(pad, LEFT, pos=QPoint(60, 127))
    assert places[-1] == (pytest.approx(-1.0), pytest.approx(-1.0))
    assert pad.gesture.number == number


def test_taking_the_handle_off_its_centre_does_not_make_it_jump(pad, qtbot):
    places = heard(pad)
    qtbot.mousePress(pad, LEFT, pos=QPoint(114, 85))
    assert places == []
    qtbot.mouseMove(pad, QPoint(124, 85))
    qtbot.mouseRelease(pad, LEFT, pos=QPoint(124, 85))
    assert places == [(pytest.approx(0.2), pytest.approx(0.0))]


def test_the_edge_holds_the_hand(pad, qtbot):
    qtbot.mousePress(pad, LEFT, pos=QPoint(160, 88))
    qtbot.mouseMove(pad, QPoint(900, -700))
    qtbot.mouseRelease(pad, LEFT, pos=QPoint(900, -700))
    assert pad.position() == (2.0, 2.0)


def test_keys(pad, qtbot):
    places = heard(pad)
    qtbot.keyClick(pad, Qt.Key.Key_Right)
    qtbot.keyClick(pad, Qt.Key.Key_Up)
    qtbot.keyClick(pad, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert places[-1] == (pytest.approx(0.1), pytest.approx(0.11))
    qtbot.keyClick(pad, Qt.Key.Key_Home)
    assert places[-1] == (0.0, 0.0)


def test_double_click_returns(pad, qtbot):
    places = heard(pad)
    pad.set_position(1.0, 1.0)
    qtbot.mouseDClick(pad, LEFT, pos=QPoint(30, 30))
    assert places[-1] == (0.0, 0.0)
    qtbot.mouseMove(pad, QPoint(100, 20))
    assert places[-1] == (0.0, 0.0)
