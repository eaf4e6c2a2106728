"""Easing curves against their formulas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.document.recipe import RecipeError
from latentstudio.document.timeline.ease import Ease
from tests.strategies import numbers

beziers = st.tuples(numbers(0, 1), numbers(-1, 2), numbers(0, 1), numbers(-1, 2))
drawn = st.lists(numbers(-1, 2), max_size=6).map(lambda inner: (0.0, *inner, 1.0))
eases = (
    st.sampled_from([Ease(k) for k in ("linear", "hold", "in", "out", "in-out", "overshoot")])
    | st.builds(Ease, st.just("bezier"), beziers)
    | st.builds(Ease, st.just("drawn"), drawn)
)


@given(eases)
def test_every_curve_begins_and_ends_exactly(ease):
    assert ease.at(0.0) == ease.at(-1.0) == 0.0
    assert ease.at(1.0) == ease.at(2.0) == 1.0


@pytest.mark.parametrize(
    ("kind", "share", "height"),
    [
        ("linear", 0.3, 0.3),
        ("hold", 0.99, 0.0),
        ("in", 0.5, 0.125),
        ("out", 0.5, 0.875),
        ("in-out", 0.25, 0.0625),
        ("in-out", 0.75, 0.9375),
        ("overshoot", 0.5, 1.0876975),  # 1 + 2.70158 (-.125) + 1.70158 (.25)
    ],
)
def test_named_curves_by_hand(kind, share, height):
    assert Ease(kind).at(share) == pytest.approx(height)


def test_overshoot_goes_a_tenth_too_far():
    assert max(Ease("overshoot").at(i / 1000) for i in range(1000)) == pytest.approx(1.1, abs=1e-4)


@given(beziers, numbers(0.001, 0.999))
def test_a_bezier_holds_its_own_equation(knots, u):
    x1, y1, x2, y2 = knots

    def along(a, b):
        return 3 * u * (1 - u) ** 2 * a + 3 * u**2 * (1 - u) * b + u**3

    slope = 3 * (1 - u) ** 2 * x1 + 6 * u * (1 - u) * (x2 - x1) + 3 * u**2 * (1 - x2)
    if slope > 0.01:  # where x stands still, one x has several heights
        found = Ease("bezier", knots).at(along(x1, x2))
        assert found == pytest.approx(along(y1, y2), abs=1e-6)


def test_a_drawn_curve_is_straight_between_its_knots():
    ease = Ease("drawn", (0.0, 0.8, 1.0))
    assert ease.at(0.25) == pytest.approx(0.4)
    assert ease.at(0.5) == pytest.approx(0.8)
    assert ease.at(0.75) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("kind", "knots", "sentence"),
    [
        ("linear", (0.0,), "linear has none"),
        ("bezier", (0.0, 1.0), "has 2 values"),
        ("bezier", (1.5, 0.0, 0.0, 1.0), "x1 and x2"),
        ("drawn", (0.0,), "goes from 0 to 1"),
        ("drawn", (0.1, 1.0), "goes from 0 to 1"),
        ("drawn", (0.0, 3.0, 1.0), r"knots\[1\]"),
    ],
)
def test_a_curve_that_cannot_be_is_refused(kind, knots, sentence):
    with pytest.raises(RecipeError, match=sentence):
        Ease(kind, knots)
