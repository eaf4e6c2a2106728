from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt

from latentstudio.document.sampling import Sampling
from latentstudio.ui.numbers.curves import (
    FidelityPlot,
    FidPlot,
    Pin,
    incomparable,
    on_curve,
    present,
)
from latentstudio.ui.numbers.plot import Plot, root_ticks, tick_words, ticks
from latentstudio.ui.numbers.words import FID, RECALL
from tests.ui.fake_live import curve, quality

AT = Sampling(checkpoint="ab" * 32)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 12))
def test_ticks_are_round_inside_and_at_least_two(low, span, most):
    found = ticks(low, low + span, most)
    slack = 1e-6 * (abs(low) + span)
    assert len(found) >= 2
    assert all(low - slack <= tick <= low + span + slack for tick in found)


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [(0, 1, 3, [0, 0.5, 1]), (0.74, 0.995, 3, [0.8, 0.9]), (0, 100, 6, [0, 20, 40, 60, 80, 100])],
)
def test_ticks_by_hand(low, high, most, expected):
    assert ticks(low, high, most) == pytest.approx(expected)


def test_tick_words_have_the_decimals_of_their_step():
    assert [tick_words(v, 0.5) for v in (0.0, 0.5, 1.0)] == ["0.0", "0.5", "1.0"]
    assert tick_words(1000.0, 200.0) == "1,000"
    assert tick_words(-0.25, 0.05) == "−0.25"


def test_root_ticks_keep_their_distance():
    assert root_ticks(250.0, lambda a, b: True) == [0, 1, 2, 5, 10, 20, 50, 100, 200]
    assert root_ticks(250.0, lambda a, b: a - b >= 60) == [0, 100, 200]


@pytest.mark.parametrize("root", [False, True])
def test_a_place_and_its_value_are_inverse(qtbot, root):
    plot = Plot("x", "y", root=root)
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    plot.set_range((-1.0, 3.0), (0.0, 50.0))
    x, y = plot.value_at(plot.place(0.7, 12.5))
    assert (x, y) == pytest.approx((0.7, 12.5))
    middle = plot.place(0.0, 12.5).y()
    halfway = plot.area().bottom() - plot.area().height() / 2
    assert (abs(middle - halfway) < 1e-6) == root  # the root of a quarter is a half
    assert plot.value_at(QPointF(-99, 9999)) == (-1.0, 0.0)


def test_on_curve_is_the_value_between_two_points():
    points = [quality(AT.with_psi(p), 1024) for p in (0.0, 0.5, 1.0)]
    there = on_curve(RECALL, points, 0.75)
    assert there.value == pytest.approx((points[1].recall + points[2].recall) / 2)
    low = (points[1].recall_interval[0] + points[2].recall_interval[0]) / 2
    assert there.interval[0] == pytest.approx(low)
    assert on_curve(RECALL, points, 1.3) is None
    assert on_curve(FID, [quality(AT.with_psi(p), 100) for p in (0, 1)], 0.5) is None


def test_a_dot_of_another_n_goes_onto_the_curve():
    drawn = curve(AT, n=1024).qualities
    measured = quality(AT.with_psi(0.52), 2000, recall=0.99)
    assert present(RECALL, measured, drawn).value < 0.5
    assert present(RECALL, quality(AT, 1024, recall=0.99), drawn).value == 0.99


def test_why_two_numbers_share_no_axis():
    ours = quality(AT)
    assert incomparable(ours, quality(AT, n=500), 2000) == ""
    assert incomparable(ours, ours, 500) == "N is 2,000, not 500"
    assert "features" in incomparable(quality(AT, features_hash="00"), ours, 2000)
    assert "data" in incomparable(quality(AT, data_hash="00"), ours, 2000)


@pytest.fixture
def fidelity(show):
    plot = show(FidelityPlot(), height=180)
    plot.show_numbers(quality(AT.with_psi(0.6), 1024, "interpolated"), curve(AT))
    return plot


def test_the_present_is_a_hollow_dot_with_whiskers(fidelity):
    (dot,) = fidelity.dots
    now = quality(AT.with_psi(0.6), 1024)
    assert (dot.x, dot.y, dot.hollow) == (now.recall, now.precision, True)
    assert dot.x_interval == now.recall_interval
    fidelity.show_numbers(quality(AT.with_psi(0.6), 1024), curve(AT))
    assert not fidelity.dots[-1].hollow


def test_the_hand_on_the_curve_picks_psi(fidelity, qtbot):
    there = quality(AT.with_psi(0.8))
    pos = fidelity.place(there.recall, there.precision).toPoint()
    with qtbot.waitSignal(fidelity.psi_picked) as picked:
        qtbot.mousePress(fidelity, Qt.MouseButton.LeftButton, pos=pos)
    assert picked.args == [pytest.approx(0.8, abs=0.051)]
    with qtbot.waitSignal(fidelity.psi_picked) as picked:
        qtbot.keyClick(fidelity, Qt.Key.Key_Left)
    assert picked.args == [0.55]


def test_without_a_curve_there_is_nothing_to_pick(show, qtbot):
    plot = show(FidelityPlot(), height=180)
    plot.show_numbers(quality(AT), None)
    assert plot.dots == plot.lines == ()
    with qtbot.assertNotEmitted(plot.psi_picked):
        qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=QPoint(100, 90))


def test_fid_over_psi_with_band_floor_and_hand(show, qtbot):
    plot = show(FidPlot(), height=180)
    now = quality(AT.with_psi(1.4), 2000)
    pinned = Pin("old", quality(AT, 2000), tuple(curve(AT, better=3.0).qualities), "#123456")
    plot.show_numbers(now, curve(AT), [pinned])
    assert [line.colour for line in plot.lines] == ["#123456", ""]
    assert len(plot.lines[-1].band) == 21
    assert plot.dots[-1].x == 1.4
    x, _ = plot.value_at(plot.place(1.4, 0.0))
    assert x == pytest.approx(1.4), "the axis reaches to the dot"
    with qtbot.waitSignal(plot.psi_picked) as picked:
        qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=plot.place(0.5, 9.0).toPoint())
    assert picked.args == [pytest.approx(0.5, abs=0.01)]
    plot.show_numbers(quality(AT, 128), curve(AT, n=128))
    assert plot.lines == (), "a FID that warms up is not drawn"
