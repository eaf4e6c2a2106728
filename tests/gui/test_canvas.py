"""The canvas: geometry by hand, pixels by brute force, and the hand through the mouse."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from latentstudio.document.recipe import Recipe
from latentstudio.engine.frame import Frame
from latentstudio.ui import scaling
from latentstudio.ui.canvas import FINE, HINT, LESSONS, SHORT_HINT, Canvas
from latentstudio.ui.view import MARGIN, View


def make_frame(side=8, *, preview=False, seed=0):
    pixels = np.random.RandomState(seed).randint(0, 256, (side, side, 4)).astype(np.uint8)
    pixels[..., 3] = 255
    return Frame(Recipe(), pixels, preview, 0.01, "cpu", "float32", 1)


def as_array(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGBX8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 4 * image.width()].reshape(image.height(), image.width(), 4)[..., :3].copy()


@pytest.fixture
def canvas(qtbot, themed):
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 300)
    canvas.show()
    canvas.set_side(8)
    canvas.set_frame(make_frame())
    return canvas


def send_wheel(canvas, at, steps):
    event = QWheelEvent(
        QPointF(at),
        QPointF(canvas.mapToGlobal(at)),
        QPoint(0, 0),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def test_fit_leaves_the_margin_and_centres():
    view = View(QSizeF(400, 300), side=8)
    view.settle()
    side = 300 - 2 * MARGIN
    assert view.rect() == QRectF((400 - side) / 2, MARGIN, side, side)


def test_actual_size_is_device_pixels_on_a_fine_screen():
    view = View(QSizeF(400, 300), side=64, ratio=2.0)
    view.zoom_to(1.0)
    assert view.rect().width() == 32.0


@given(
    st.floats(0.1, 100),
    st.floats(0, 400),
    st.floats(0, 300),
    st.sampled_from([1.0, 1.25, 1.5, 2.0]),
)
def test_zoom_keeps_the_pixel_under_the_cursor(zoom, x, y, ratio):
    view = View(QSizeF(400, 300), side=64, ratio=ratio, zoom=4.0, fitted=False)
    before = view.rect()
    at = QPointF(before.x() + x / 400 * before.width(), before.y() + y / 300 * before.height())
    held = ((at.x() - before.x()) / before.width(), (at.y() - before.y()) / before.height())
    view.zoom_to(zoom, at)
    if 0 < view.centre[0] < 1 and 0 < view.centre[1] < 1:
        size = 64 * view.zoom / ratio
        found = (
            view.centre[0] + (at.x() - 200) / size,
            view.centre[1] + (at.y() - 150) / size,
        )
        # One device pixel of rounding in the rectangle before.
        assert found == pytest.approx(held, abs=1.5 / before.width())


def test_nearest_paints_the_generators_own_pixels(qtbot, canvas):
    canvas.set_smooth(False)
    canvas.lessons = 0
    canvas._zoom(16.0)
    rect = canvas.view.rect().toRect()
    assert rect.size().width() == 128
    seen = as_array(canvas.grab(rect).toImage())
    expected = canvas.frame.pixels[..., :3].repeat(16, 0).repeat(16, 1)
    # The border's antialiased line touches the outermost pixels only.
    assert np.array_equal(seen[1:-1, 1:-1], expected[1:-1, 1:-1])


@pytest.mark.parametrize(
    ("side", "shown", "factor"),
    [(64, 64, 1), (64, 90, 1), (64, 128, 2), (64, 800, 4), (512, 5000, 2), (1024, 9000, 1)],
)
def test_the_bicubic_step_is_bounded(side, shown, factor):
    assert scaling.step(side, shown) == factor


def test_the_bicubic_step_is_pillows():
    pixels = make_frame(16).pixels
    source = Image.fromarray(pixels[..., :3].copy())
    expected = np.asarray(source.resize((64, 64), Image.Resampling.BICUBIC))
    assert np.array_equal(as_array(scaling.enlarged(pixels, 4)), expected)


def test_smooth_comes_nearer_to_bicubic_than_qt_alone(canvas):
    rough = Image.fromarray(make_frame(8).pixels[..., :3].copy())
    soft = np.asarray(rough.resize((32, 32), Image.Resampling.LANCZOS))
    pixels = np.dstack([soft, np.full((32, 32), 255, np.uint8)])
    canvas.resize(300, 300)
    canvas.set_side(32)
    canvas._zoom(8.0)
    canvas.lessons = 0  # no hint over the picture
    canvas.grab()  # so that the new size is settled
    rect = canvas.view.rect().toRect()
    size = (rect.width(), rect.height())
    whole = Image.fromarray(soft).resize(size, Image.Resampling.BICUBIC)
    expected = np.asarray(whole).astype(int)
    canvas.set_frame(Frame(Recipe(), pixels, False, 0.0, "cpu", "float32", 1))
    seen = as_array(canvas.grab(rect).toImage())
    alone = np.asarray(Image.fromarray(soft).resize(size, Image.Resampling.BILINEAR))
    inner = (slice(4, -4), slice(4, -4))
    error = np.abs(seen - expected)[inner].mean()
    assert error < 0.75 * np.abs(alone - expected)[inner].mean()


def test_conversion_keeps_every_pixel():
    frame = make_frame(37)
    assert np.array_equal(as_array(scaling.to_image(frame.pixels)), frame.pixels[..., :3])


def test_a_preview_fills_the_same_space(canvas):
    before = canvas.view.rect()
    canvas.set_frame(make_frame(4, preview=True))
    assert canvas.view.rect() == before
    canvas.grab()


def test_wheel_zooms_at_the_cursor(canvas):
    at = QPoint(150, 120)
    rect = canvas.view.rect()
    held = (at.x() - rect.x()) / rect.width()
    send_wheel(canvas, at, 2)
    now = canvas.view.rect()
    assert now.width() == pytest.approx(rect.width() * 1.44, abs=1)
    assert (at.x() - now.x()) / now.width() == pytest.approx(held, abs=0.01)
    canvas.fit()
    assert canvas.view.rect() == rect


def test_drag_reports_half_widths_up_positive_and_shift_is_fine(qtbot, canvas):
    steps = []
    canvas.moved.connect(lambda dx, dy: steps.append((dx, dy)))
    half = canvas.view.rect().width() / 2
    start = canvas.rect().center()
    with qtbot.waitSignals([canvas.grabbed, canvas.released]):
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
        qtbot.mouseMove(canvas, start + QPoint(40, -20))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start)
    assert steps[0] == pytest.approx((40 / half, 20 / half))
    assert FINE == 0.1


def test_a_press_beside_the_picture_moves_nothing(qtbot, canvas):
    with qtbot.assertNotEmitted(canvas.grabbed):
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))


@pytest.mark.parametrize("hand", [False, True])
def test_middle_drag_and_hand_pan(qtbot, canvas, hand):
    button = Qt.MouseButton.LeftButton if hand else Qt.MouseButton.MiddleButton
    canvas.set_hand(hand)
    before = canvas.view.rect().topLeft()
    start = canvas.rect().center()
    with qtbot.assertNotEmitted(canvas.moved):
        qtbot.mousePress(canvas, button, pos=start)
        qtbot.mouseMove(canvas, start + QPoint(30, 10))
        qtbot.mouseRelease(canvas, button, pos=start + QPoint(30, 10))
    assert canvas.view.rect().topLeft() - before == QPointF(30, 10)


def test_hold_to_compare_shows_the_step_before(qtbot, window, settled):
    first = settled(window)
    qtbot.keyClick(window.canvas, Qt.Key.Key_R)
    second = settled(window)
    qtbot.keyPress(window.canvas, Qt.Key.Key_C)
    assert window.canvas.shown is first
    qtbot.keyRelease(window.canvas, Qt.Key.Key_C)
    assert window.canvas.shown is second


def test_compare_draws_a_step_that_was_never_on_screen(qtbot, window, settled):
    document, render = window.studio.document, window.studio.engine.render
    old = document.recipe
    qtbot.keyClick(window.canvas, Qt.Key.Key_R)
    settled(window)
    window.studio._frames.clear()
    qtbot.keyPress(window.canvas, Qt.Key.Key_Backslash)
    qtbot.waitUntil(lambda: window.canvas._before is not None, timeout=20_000)
    assert np.array_equal(window.canvas.shown.pixels, render(old).pixels)
    qtbot.keyRelease(window.canvas, Qt.Key.Key_Backslash)
    assert window.canvas.shown.recipe == document.recipe
    qtbot.wait(200)  # nothing that comes late may replace the document's picture
    assert window.canvas.shown.recipe == document.recipe


def test_a_burst_of_changes_ends_on_the_last(qtbot, window, settled):
    for _ in range(200):
        qtbot.keyClick(window.canvas, Qt.Key.Key_Right)
    started = time.perf_counter()
    assert settled(window).recipe.point("A").base.value == 200
    assert time.perf_counter() - started < 5  # 200 pictures would not take less on a busy core


def shown_hint(canvas):
    canvas.grab()
    assert canvas._hint() in ("", SHORT_HINT if canvas.view.rect().width() < 400 else HINT)
    return canvas._hint()


def visit(canvas):
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))


def test_the_hint_teaches_a_few_visits_and_never_on_the_stage(canvas, monkeypatch):
    monkeypatch.setattr(Canvas, "underMouse", lambda _canvas: True)
    canvas.bare = True
    visit(canvas)
    assert shown_hint(canvas) == ""
    canvas.bare = False
    for _ in range(LESSONS):
        assert shown_hint(canvas)
        visit(canvas)
    assert shown_hint(canvas) == ""


def test_the_first_drag_ends_the_lessons(qtbot, canvas, monkeypatch):
    monkeypatch.setattr(Canvas, "underMouse", lambda _canvas: True)
    canvas.resize(600, 600)
    assert shown_hint(canvas) == HINT
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center())
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton)
    assert shown_hint(canvas) == ""


def test_a_frame_counts_once_it_is_painted_and_only_once(canvas):
    painted = []
    canvas.grab()
    canvas.painted.connect(lambda: painted.append(canvas.frame))
    canvas.grab()
    assert painted == []
    for seed in range(5):  # a burst: the eye sees the last
        canvas.set_frame(make_frame(seed=seed))
    canvas.grab()
    canvas.grab()
    assert painted == [canvas.frame]
