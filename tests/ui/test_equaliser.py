from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt

from latentstudio.ui.widgets.equaliser import Equaliser

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def bars(show):
    widget = Equaliser(3.0)
    widget.set_bars(tuple((f"{4 * 2 ** (i // 2)}", f"Layer {i}") for i in range(5)))
    return show(widget, width=216)


def heard(bars):
    edits = []
    bars.edited.connect(edits.append)
    return edits


def at(bars, number, value):
    rect = bars.bar_rect(number)
    return QPoint(round(rect.center().x()), round(rect.bottom() - value / 3 * rect.height()))


def test_set_values_is_silent(bars):
    edits = heard(bars)
    bars.set_values([0.0, 1.0, 2.0, 3.0, 1.0])
    assert bars.values() == [0.0, 1.0, 2.0, 3.0, 1.0]
    assert edits == []


def test_click_sets_one_bar(bars, qtbot):
    edits = heard(bars)
    qtbot.mouseClick(bars, LEFT, pos=at(bars, 3, 2.0))
    assert edits == [{3: pytest.approx(2.0, abs=0.05)}]


def test_a_drag_draws_across_all_bars_on_the_way(bars, qtbot):
    qtbot.mousePress(bars, LEFT, pos=at(bars, 0, 0.0))
    number = bars.gesture.number
    qtbot.mouseMove(bars, at(bars, 4, 3.0))
    qtbot.mouseRelease(bars, LEFT, pos=at(bars, 4, 3.0))
    values = bars.values()
    assert values == sorted(values)
    assert values[0] < 0.5
    assert values[2] == pytest.approx(1.5, abs=0.4)
    assert values[4] == 3.0
    assert bars.gesture.number == number


def test_one_catches_the_hand_and_double_click_returns_to_it(bars, qtbot):
    qtbot.mouseClick(bars, LEFT, pos=at(bars, 1, 1.07))
    assert bars.values()[1] == 1.0
    qtbot.mouseClick(bars, LEFT, pos=at(bars, 1, 2.5))
    qtbot.mouseDClick(bars, LEFT, pos=at(bars, 1, 2.5))
    assert bars.values()[1] == 1.0


def test_keys(bars, qtbot):
    edits = heard(bars)
    qtbot.keyClick(bars, Qt.Key.Key_End)
    qtbot.keyClick(bars, Qt.Key.Key_Left)
    qtbot.keyClick(bars, Qt.Key.Key_Up)
    qtbot.keyClick(bars, "2")
    qtbot.keyClick(bars, Qt.Key.Key_PageDown)
    qtbot.keyClick(bars, Qt.Key.Key_Delete)
    qtbot.keyClick(bars, "9")
    assert edits == [{3: 1.05}, {3: 2.0}, {3: 1.75}, {3: 1.0}, {3: 3.0}]


def test_no_bars_no_trouble(show, qtbot):
    widget = show(Equaliser(), width=200)
    edits = heard(widget)
    qtbot.mouseClick(widget, LEFT)
    qtbot.keyClick(widget, "2")
    assert edits == []
