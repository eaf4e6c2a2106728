from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from latentstudio.ui.widgets.slider import KNOB, Slider
from latentstudio.ui.widgets.slider_row import SliderRow

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def slider(show):
    return show(Slider(-1.0, 2.0, default=1.0, marks=(0.0, 0.7, 1.0)), width=312)


def at(slider, amount):
    """The place of an amount: 300 pixels for 3 units, 6 px in from either side."""
    return QPoint(round(KNOB + (amount + 1) * 100), 12)


def heard(signal):
    values = []
    signal.connect(values.append)
    return values


def wheel(widget, clicks):
    where = QPointF(5, 5)
    event = QWheelEvent(
        where, widget.mapToGlobal(where), QPoint(), QPoint(0, 120 * clicks),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    return event


def test_set_amount_shows_and_says_nothing(slider):
    edits = heard(slider.edited)
    slider.set_amount(0.35)
    assert slider.amount() == pytest.approx(0.35)
    slider.set_amount(9.0)
    assert slider.amount() == pytest.approx(2.0)
    assert edits == []


def test_a_drag_is_one_stroke_and_follows_the_hand(slider, qtbot):
    edits = heard(slider.edited)
    qtbot.mousePress(slider, LEFT, pos=at(slider, 1.0))
    number = slider.gesture.number
    for amount in (1.2, 1.3, 1.5):
        qtbot.mouseMove(slider, at(slider, amount))
    qtbot.mouseRelease(slider, LEFT, pos=at(slider, 1.5))
    assert edits[-1] == pytest.approx(1.5)
    assert slider.gesture.number == number
    qtbot.mousePress(slider, LEFT, pos=at(slider, 0.3))
    assert slider.gesture.number > number
    assert edits[-1] == pytest.approx(0.3)
    qtbot.mouseRelease(slider, LEFT, pos=at(slider, 0.3))


def test_marks_catch_the_hand_unless_alt_is_held(slider, qtbot):
    near = at(slider, 0.73)
    qtbot.mouseClick(slider, LEFT, pos=near)
    assert slider.amount() == pytest.approx(0.7)
    slider.set_amount(2.0)
    qtbot.mouseClick(slider, LEFT, Qt.KeyboardModifier.AltModifier, near)
    assert slider.amount() == pytest.approx(0.73)


def test_shift_is_ten_times_finer(slider, qtbot):
    slider.set_amount(1.5)
    qtbot.mousePress(slider, LEFT, Qt.KeyboardModifier.ShiftModifier, at(slider, 1.5))
    # QTest cannot hold a modifier while it moves the mouse, so send the event itself.
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    goal = QPointF(at(slider, 1.7))
    event = QMouseEvent(
        QEvent.Type.MouseMove, goal, slider.mapToGlobal(goal), Qt.MouseButton.NoButton, LEFT,
        Qt.KeyboardModifier.ShiftModifier,
    )  # fmt: skip
    QApplication.sendEvent(slider, event)
    qtbot.mouseRelease(slider, LEFT, pos=at(slider, 1.7))
    assert slider.amount() == pytest.approx(1.52)


def test_double_click_resets_in_the_stroke_of_the_first_click(slider, qtbot):
    qtbot.mouseClick(slider, LEFT, pos=at(slider, 1.8))
    number = slider.gesture.number
    qtbot.mouseDClick(slider, LEFT, pos=at(slider, 1.8))
    assert slider.amount() == pytest.approx(1.0)
    assert slider.gesture.number <= number + 1


@pytest.mark.parametrize(
    ("key", "amount"),
    [
        (Qt.Key.Key_Right, 0.51),
        (Qt.Key.Key_Left, 0.49),
        (Qt.Key.Key_PageUp, 0.6),
        (Qt.Key.Key_Home, -1.0),
        (Qt.Key.Key_End, 2.0),
        (Qt.Key.Key_Delete, 1.0),
    ],
)
def test_keys(slider, qtbot, key, amount):
    slider.set_amount(0.5)
    edits = heard(slider.edited)
    number = slider.gesture.number
    qtbot.keyClick(slider, key)
    assert edits == [pytest.approx(amount)]
    assert slider.gesture.number != number


def test_the_wheel_needs_the_focus(slider, qtbot):
    slider.clearFocus()
    event = wheel(slider, 1)
    assert slider.amount() == pytest.approx(1.0)
    assert not event.isAccepted()
    slider.setFocus()
    number = slider.gesture.number
    wheel(slider, 1)
    wheel(slider, 1)
    assert slider.amount() > 1.0
    assert slider.gesture.number == number + 1


def test_a_digit_on_the_slider_begins_a_number_in_the_field(show, qtbot):
    row = show(SliderRow(-1.0, 2.0, default=1.0))
    row.setObjectName("truncation.psi")
    edits = heard(row.edited)
    row.slider.setFocus()
    qtbot.keyClick(row.slider, "0")
    qtbot.keyClicks(row.field, ".25")
    assert edits == []
    qtbot.keyClick(row.field, Qt.Key.Key_Return)
    assert edits == [pytest.approx(0.25)]
    assert row.slider.amount() == pytest.approx(0.25)
    assert row.merge().startswith("truncation.psi#")


def test_escape_forgets_what_was_typed(show, qtbot):
    row = show(SliderRow(0.0, 2.0, default=1.0))
    edits = heard(row.edited)
    row.field.setFocus()
    row.field.selectAll()
    qtbot.keyClicks(row.field, "0.3")
    qtbot.keyClick(row.field, Qt.Key.Key_Escape)
    row.slider.setFocus()
    assert edits == []
    assert row.value() == 1.0
    assert row.field.text() == "1.00"


def test_a_value_from_a_file_beyond_the_range_is_shown_as_it_is(show):
    row = show(SliderRow(-1.0, 2.0))
    edits = heard(row.edited)
    row.set_value(5.0)
    assert row.field.text() == "5.00"
    assert row.slider.amount() == pytest.approx(2.0)
    row.set_value(1.0)
    assert row.field.maximum() == 2.0
    assert edits == []


def test_the_digits_have_room_under_the_style_sheet(show, qapp):
    from latentstudio.ui.theme import apply_theme

    apply_theme(qapp)
    row = show(SliderRow(0, 100, decimals=0, suffix=" %"))
    row.set_value(100)
    needed = row.field.fontMetrics().horizontalAdvance("100 %")
    assert row.field.lineEdit().width() >= needed
