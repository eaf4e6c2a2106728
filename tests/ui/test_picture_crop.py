"""The square under mouse, wheel and keys; the brush of the mask."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from latentstudio.data.intake import Crop
from latentstudio.ui.inverting.crop_view import CropView
from latentstudio.ui.inverting.mask import INVENT, KEEP
from latentstudio.ui.inverting.mask_brush import MaskBrush
from tests.ui.fake_inverter import flat

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
K = Qt.Key


def wheel(widget, steps, modifiers=Qt.KeyboardModifier.NoModifier):
    here = QPointF(widget.rect().center())
    none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    turn = QPoint(), QPoint(0, 120 * steps)
    event = QWheelEvent(here, widget.mapToGlobal(here), *turn, none, modifiers, phase, False)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


@pytest.fixture
def view(show):
    """A photograph of 600 x 400 px at half its size; the crop is 200 px wide, in the middle."""
    made = show(CropView(), width=300, height=200)
    image = QImage(300, 200, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkGreen)
    made.show_picture(image, 400)
    made.show_crop(Crop(0.75, 0.5, 0.5))
    made.told = []
    made.framed.connect(made.told.append)
    return made


def drag(qtbot, view, start, end, modifiers=Qt.KeyboardModifier.NoModifier):
    start, end = QPointF(*start).toPoint(), QPointF(*end).toPoint()
    qtbot.mousePress(view, LEFT, modifiers, start)
    at = QPointF(end)
    move = QMouseEvent(QEvent.Type.MouseMove, at, view.mapToGlobal(at), LEFT, LEFT, modifiers)
    QApplication.sendEvent(view, move)  # qtbot.mouseMove knows no modifiers
    qtbot.mouseRelease(view, LEFT, modifiers, end)


def test_it_takes_the_photographs_proportions(view):
    assert view.heightForWidth(300) == 200
    assert view.corners()[0] == QPointF(100, 50), "50 px of 100 from the middle at (150, 100)"


def test_dragging_moves_the_square_and_no_farther_than_the_picture(view, qtbot):
    drag(qtbot, view, (150, 120), (170, 110))
    assert view.crop == Crop(0.85, 0.45, 0.5), "20 px right and 10 up of 200 px"
    drag(qtbot, view, (150, 100), (400, 400))
    assert view.crop == Crop(1.25, 0.75, 0.5), "its right lower corner is the picture's"
    assert view.told[-1] == view.crop


def test_shift_drags_in_fine_steps(view, qtbot):
    drag(qtbot, view, (150, 120), (170, 120), SHIFT)
    assert view.crop.x == pytest.approx(0.77), "a fifth of 20 px"


def test_a_corner_sizes_about_the_middle(view, qtbot):
    drag(qtbot, view, (100, 50), (75, 25))
    assert (view.crop.x, view.crop.y) == (0.75, 0.5)
    assert view.crop.size == pytest.approx(0.75)
    drag(qtbot, view, (225, 175), (300, 250))
    assert view.crop.size == 1.0, "the shorter side is the most"


def test_the_round_handle_turns(view, qtbot):
    at = view.stalk()
    assert at == QPointF(150, 68)
    lever = 100 - at.y()
    turn = math.radians(30)
    to = (150 + lever * math.sin(turn), 100 - lever * math.cos(turn))
    drag(qtbot, view, (at.x(), at.y()), to)
    assert view.crop.angle == pytest.approx(-30, abs=1), "clockwise, and to the pixel"


def test_the_wheel_sizes_once_it_has_the_focus(view, qtbot):
    view.clearFocus()
    assert not wheel(view, 1), "the panel scrolls"
    view.setFocus()
    assert wheel(view, 1)
    assert view.crop.size == pytest.approx(0.5 * 1.06)
    wheel(view, -1, SHIFT)
    assert view.crop.size == pytest.approx(0.5 * 1.06 / 1.06**0.2)


def test_keys_move_size_turn_and_take_all(view, qtbot):
    view.setFocus()
    qtbot.keyClick(view, K.Key_Right)
    qtbot.keyClick(view, K.Key_Up, SHIFT)
    assert view.crop.x == pytest.approx(0.76), "a fiftieth of its side"
    assert view.crop.y == pytest.approx(0.498), "with Shift a fifth of that"
    qtbot.keyClick(view, K.Key_Minus)
    assert view.crop.size == pytest.approx(0.5 / 1.06)
    qtbot.keyClick(view, K.Key_BracketRight)
    qtbot.keyClick(view, K.Key_BracketRight)
    assert view.crop.angle == -4.0
    qtbot.keyClick(view, K.Key_Home)
    assert view.crop == Crop.whole(600, 400)


def test_a_square_is_never_smaller_than_eight_pixels(view, qtbot):
    view.setFocus()
    for _ in range(120):
        qtbot.keyClick(view, K.Key_Minus)
    assert view.crop.size == pytest.approx(8 / 400)


def test_without_a_picture_nothing_happens(show, qtbot):
    view = show(CropView(), width=300, height=200)
    view.setFocus()
    drag(qtbot, view, (150, 100), (170, 100))
    qtbot.keyClick(view, K.Key_Home)
    qtbot.mouseDClick(view, LEFT)
    assert view.crop is None
    view.grab()


# -- the brush -----------------------------------------------------------------------------


@pytest.fixture
def brush(show):
    made = show(MaskBrush(), width=200, height=200)
    made.show_picture(flat(90, 120, 60, side=50))
    made.strokes = []
    made.painted.connect(lambda: made.strokes.append(made.kept.copy()))
    return made


def test_the_mouse_paints_a_disc_of_the_brush(brush, qtbot):
    brush.radius = 0.1
    qtbot.mouseClick(brush, LEFT, pos=QPoint(100, 40))
    y, x = np.mgrid[:50, :50] + 0.5
    inside = np.hypot(x - 25, y - 10) <= 5
    assert np.array_equal(brush.kept == INVENT, inside)
    assert not brush.empty
    assert len(brush.strokes) == 1


def test_a_drag_paints_all_on_its_way_and_the_right_button_takes_off(brush, qtbot):
    qtbot.mousePress(brush, LEFT, pos=QPoint(20, 100))
    qtbot.mouseMove(brush, QPoint(180, 100))
    qtbot.mouseRelease(brush, LEFT, pos=QPoint(180, 100))
    assert (brush.kept[25, 6:44] == INVENT).all(), "not only where the mouse was seen"
    assert (brush.kept[:20] == KEEP).all()
    qtbot.mousePress(brush, RIGHT, pos=QPoint(20, 100))
    qtbot.mouseMove(brush, QPoint(180, 100))
    qtbot.mouseRelease(brush, RIGHT, pos=QPoint(180, 100))
    assert brush.empty


def test_the_keyboard_paints_too(brush, qtbot):
    brush.setFocus()
    radius = brush.radius
    qtbot.keyClick(brush, K.Key_BracketRight)
    assert brush.radius == pytest.approx(1.2 * radius)
    for _ in range(5):
        qtbot.keyClick(brush, K.Key_Left)
    qtbot.keyClick(brush, K.Key_Space)
    rows, columns = np.nonzero(brush.kept == INVENT)
    assert columns.mean() + 0.5 == pytest.approx(50 * (0.5 - 5 * 0.03), abs=0.5)
    assert rows.mean() + 0.5 == pytest.approx(25, abs=0.5)
    qtbot.keyClick(brush, K.Key_Backspace)
    assert brush.empty
    qtbot.keyClick(brush, K.Key_Space)
    qtbot.keyClick(brush, K.Key_Delete)
    assert brush.empty
    assert wheel(brush, 1)


def test_paint_stays_while_the_cut_changes_but_not_its_size(brush, qtbot):
    qtbot.mouseClick(brush, LEFT, pos=QPoint(100, 100))
    brush.show_picture(flat(1, 2, 3, side=50))
    assert not brush.empty
    brush.show_picture(flat(1, 2, 3, side=64))
    assert brush.kept.shape == (64, 64)
    assert brush.empty
    brush.grab()
