from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt

from latentstudio.ui.widgets.blend_pad import INSET, SIDE, BlendPad
from latentstudio.ui.widgets.shares import bilinear, is_bilinear, place, with_share

LEFT = Qt.MouseButton.LeftButton
unit = st.floats(0, 1)


@st.composite
def some_shares(draw):
    raw = draw(st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda v: sum(v) > 0.01))
    return tuple(value / sum(raw) for value in raw)


@given(unit, unit)
def test_place_undoes_bilinear(x, y):
    shares = bilinear(x, y)
    assert sum(shares) == pytest.approx(1)
    assert place(shares) == (pytest.approx(x), pytest.approx(y))
    assert is_bilinear(shares)


def test_bilinear_by_hand():
    assert bilinear(0, 0) == (1, 0, 0, 0)
    assert bilinear(1, 0) == (0, 1, 0, 0)
    assert bilinear(0, 1) == (0, 0, 1, 0)
    assert bilinear(0.25, 0.5) == pytest.approx((0.375, 0.125, 0.375, 0.125))
    assert not is_bilinear((0.5, 0, 0, 0.5))


@given(some_shares(), st.integers(0, 3), unit)
def test_with_share_sets_one_and_keeps_the_proportions_of_the_others(shares, index, share):
    after = with_share(shares, index, share)
    assert after[index] == share
    assert sum(after) == pytest.approx(1)
    assert min(after) >= 0
    others = [i for i in range(4) if i != index]
    if sum(shares[i] for i in others) > 1e-6:
        for i in others:
            for j in others:
                assert after[i] * shares[j] == pytest.approx(after[j] * shares[i], abs=1e-6)


def test_what_is_left_by_a_lone_point_is_dealt_out_equally():
    assert with_share((1, 0, 0, 0), 0, 0.4) == pytest.approx((0.4, 0.2, 0.2, 0.2))


@pytest.fixture
def pad(show):
    return show(BlendPad(), width=SIDE, height=SIDE)


def heard(pad):
    shares = []
    pad.blended.connect(shares.append)
    return shares


def corner(x, y):
    return QPoint(INSET + round(x * (SIDE - 2 * INSET)), INSET + round(y * (SIDE - 2 * INSET)))


def test_set_shares_is_silent(pad):
    seen = heard(pad)
    pad.set_shares((0.1, 0.2, 0.3, 0.4))
    assert pad.shares() == (0.1, 0.2, 0.3, 0.4)
    assert seen == []


def test_drag_is_one_stroke(pad, qtbot):
    seen = heard(pad)
    qtbot.mousePress(pad, LEFT, pos=corner(1, 0))
    number = pad.gesture.number
    qtbot.mouseMove(pad, corner(0.5, 0.5))
    qtbot.mouseRelease(pad, LEFT, pos=corner(0.5, 0.5))
    assert seen[-1] == pytest.approx((0.25,) * 4, abs=0.02)
    assert pad.gesture.number == number


def test_double_click_takes_the_corner(pad, qtbot):
    seen = heard(pad)
    qtbot.mouseDClick(pad, LEFT, pos=corner(0.8, 0.9))
    assert seen[-1] == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("key", "shares"),
    [
        ("b", (0, 1, 0, 0)),
        ("C", (0, 0, 1, 0)),
        (Qt.Key.Key_End, (0, 0, 0, 1)),
        (Qt.Key.Key_Right, (0.95, 0.05, 0, 0)),
        (Qt.Key.Key_Down, (0.95, 0, 0.05, 0)),
    ],
)
def test_keys(pad, qtbot, key, shares):
    seen = heard(pad)
    qtbot.keyClick(pad, key)
    assert seen == [pytest.approx(shares)]
