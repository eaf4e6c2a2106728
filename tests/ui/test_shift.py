from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from latentstudio.engine.frame import Frame
from latentstudio.ui.samples.shift import FURTHEST, NO_PICTURE, WAITING, ShiftTool, measure, shifted
from latentstudio.ui.samples.shift_plot import ShiftPlot
from tests.ui.samples import FakeNumbers, make_samples

SIDE = 32


def noise(seed, shape=(SIDE, SIDE, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


class MeanColour:
    """A feature space that hardly notices a shift."""

    name = "colour"

    def __init__(self):
        self.threads = set()

    def __call__(self, images):
        self.threads.add(threading.current_thread())
        return images.mean((2, 3))


def frame(studio, seed=1, preview=False):
    pixels = np.ascontiguousarray(np.dstack([noise(seed), np.full((SIDE, SIDE), 255, np.uint8)]))
    return Frame(studio.recipe, pixels, preview, 0.1, "cpu", "float32", 1)


@pytest.fixture
def numbers(qapp):
    book = SimpleNamespace(
        count=6, picture=lambda i: noise(100 + i, (2 * SIDE, SIDE, 3)) // (i + 1)
    )
    return FakeNumbers(features=MeanColour(), reals=SimpleNamespace(pictures=book))


@pytest.fixture
def tool(studio, numbers, qtbot):
    made = ShiftTool(replace(studio.context, numbers=numbers))
    made._rest.setInterval(1)
    qtbot.addWidget(made)
    yield made
    made.stop()


@pytest.fixture
def measured(tool, studio, qtbot):
    tool.show_frame(frame(studio))
    tool.show()
    qtbot.waitUntil(lambda: tool.curve is not None)
    return tool


def test_a_pixel_costs_pixels_and_hardly_features(measured, numbers):
    pixel, feature = measured.curve.relative
    assert len(pixel) == len(feature) == FURTHEST + 1
    assert pixel[0] == feature[0] == 0.0
    assert pixel[1] > 0.5 > 10 * feature[1]
    assert "one pixel" in measured.words.text()
    assert measured.words.text().endswith("that is why pictures are compared by features.")
    assert threading.main_thread() not in numbers.features.threads
    assert numbers.followed == [measured]


def test_the_slider_moves_the_picture(measured, qtbot):
    still = measured.still.pixels()
    measured.shift.slider.setFocus()
    qtbot.keyClick(measured.shift.slider, Qt.Key.Key_Right)
    np.testing.assert_array_equal(measured.moved.pixels(), shifted(still, 2))
    assert "2 pixels" in measured.words.text()
    qtbot.keyClick(measured.shift.slider, Qt.Key.Key_Home)
    np.testing.assert_array_equal(measured.moved.pixels(), still)
    assert measured.words.text().startswith("Not moved")
    measured.grab()


def test_shifted_repeats_the_edge():
    row = np.arange(4, dtype=np.uint8)[None, :, None].repeat(3, axis=2)
    assert shifted(row, 1)[0, :, 0].tolist() == [0, 0, 1, 2]
    assert shifted(row, 0)[0, :, 0].tolist() == [0, 1, 2, 3]
    assert shifted(row, 99)[0, :, 0].tolist() == [0, 0, 0, 0]


def test_another_picture_is_measured_anew(measured, studio, qtbot):
    before = measured.curve
    measured.show_frame(frame(studio, seed=2, preview=True))
    assert not measured._rest.isActive()
    measured.show_frame(frame(studio, seed=2))
    qtbot.waitUntil(lambda: measured.curve is not before)


def test_it_says_what_is_missing(tool, studio, numbers, qtbot):
    book, numbers.reals = numbers.reals, None
    tool.show()
    assert tool.words.text() == NO_PICTURE
    tool.show_frame(frame(studio))
    qtbot.waitUntil(lambda: tool.words.text() == WAITING)
    numbers.reals = SimpleNamespace(pictures=None)
    numbers.samples_changed.emit()
    qtbot.waitUntil(lambda: not tool._worker.busy)
    assert tool.words.text().startswith("There are no other pictures yet")
    numbers.give(make_samples(30))  # samples serve where the data's pictures are not at hand
    qtbot.waitUntil(lambda: tool.curve is not None)
    assert book is not None


def test_a_hidden_tool_measures_nothing(tool, studio):
    tool.show_frame(frame(studio))
    assert not tool._rest.isActive()
    assert not tool._worker.busy


def test_a_picture_narrower_than_the_furthest_shift():
    pixels = noise(1, (8, 8, 4))
    curve = measure(MeanColour(), pixels, None, [noise(2, (5, 5, 3)), noise(3, (9, 9, 3)) // 2])
    assert curve.shifts == tuple(range(8))


def test_the_plot_paints_with_and_without_curves(qtbot):
    plot = ShiftPlot()
    qtbot.addWidget(plot)
    plot.resize(300, 160)
    for curves in (((), ()), ((0.0, 0.4, 2.0), (0.0, 0.0, 0.1)), ((0.0,), (0.0,))):
        plot.show_curves(*curves)
        plot.set_shift(2)
        plot.grab()
