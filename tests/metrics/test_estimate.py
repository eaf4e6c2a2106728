from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.metrics.estimate import Estimate, newcombe, wilson


def test_normal_interval() -> None:
    assert Estimate(1.0, 0.5).interval == pytest.approx((0.02, 1.98))


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(count: int, n: int, low: float, high: float) -> None:
    assert wilson(count / n, n) == pytest.approx((low, high), abs=6e-5)


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_wilson_holds_the_share(n: int, share: float) -> None:
    low, high = wilson(share, n)
    assert 0 <= low <= share + 1e-12 and share - 1e-12 <= high <= 1 and low < high


@pytest.mark.parametrize(
    ("a", "n", "b", "m", "low", "high"),
    # Newcombe, "Interval estimation for the difference between independent proportions" (1998),
    # table II, method 10.
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 10, 0.6075, 1.0),
    ],
)
def test_newcombe_as_published(a: int, n: int, b: int, m: int, low: float, high: float) -> None:
    got = newcombe(a / n, wilson(a / n, n), b / m, wilson(b / m, m))
    assert got == pytest.approx((low, high), abs=6e-5)


def test_refusals() -> None:
    for share, n in ((-0.1, 5), (1.1, 5), (math.nan, 5), (0.5, 0)):
        with pytest.raises(ValueError, match="no proportion"):
            wilson(share, n)
