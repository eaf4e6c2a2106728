from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.data.attributes import Attribute
from latentstudio.metrics.composition import differences, shares, spread
from latentstudio.metrics.estimate import newcombe, wilson

HAIR = Attribute(name="hair", kind="categorical", values=("black", "fair", "none"))
HAT = Attribute(name="hat", kind="binary", values=("no", "yes"))
YAW = Attribute(name="yaw", kind="continuous", low=-1.0, high=1.0)
HUE = Attribute(name="hue", kind="continuous", low=0.0, high=360.0, period=360.0)


def test_labels_are_counted() -> None:
    got = shares(HAIR, torch.tensor([0, 0, 1, -1, 0]))
    assert (got.attribute, got.values, got.n) == ("hair", HAIR.values, 4)
    assert got.share == (0.75, 0.25, 0)
    for k, share in enumerate(got.share):
        assert (got.low[k], got.high[k]) == wilson(share, 4)
    assert shares(HAT, torch.tensor([1, 0, 1, 1])).share == (0.25, 0.75)
    assert got.low[2] == 0 and 0.4 < got.high[2] < 0.6


def test_probabilities_are_averaged() -> None:
    # Counting the likeliest would give 1, 0, 0.
    unsure = torch.tensor([[0.4, 0.3, 0.3]]).repeat(10, 1)
    assert shares(HAIR, unsure).share == pytest.approx((0.4, 0.3, 0.3))
    got = shares(HAT, torch.tensor([0.1, 0.3]))
    assert got.share == pytest.approx((0.8, 0.2))
    assert (got.low[1], got.high[1]) == pytest.approx(wilson(0.2, 2))


def test_numbers_are_binned() -> None:
    got = shares(YAW, torch.tensor([-5.0, -0.9, 0.0, 0.9, 1.0, 7.0, math.nan]), bins=4)
    assert got.values == ("-1 to -0.5", "-0.5 to 0", "0 to 0.5", "0.5 to 1")
    assert got.n == 6 and got.share == pytest.approx((2 / 6, 0, 1 / 6, 3 / 6))
    circle = shares(HUE, torch.tensor([0.0, 359.0, 360.0, 361.0]), bins=4)
    assert circle.share == (0.75, 0, 0, 0.25)


def test_the_interval_holds_the_share_of_the_whole() -> None:
    random, inside = np.random.RandomState(0), 0
    for _ in range(200):
        got = shares(HAT, torch.from_numpy(random.rand(60) < 0.1).long())
        inside += got.low[1] <= 0.1 <= got.high[1]
    assert inside >= 184  # 95% less three standard deviations


def test_differences() -> None:
    samples = shares(HAT, (torch.arange(70) < 56).long())
    data = shares(HAT, (torch.arange(80) < 48).long())
    got = differences(samples, data)
    # Newcombe 1998, table II: 56 of 70 less 48 of 80.
    assert got.difference[1] == pytest.approx(0.2)
    assert (got.low[1], got.high[1]) == pytest.approx((0.0524, 0.3339), abs=6e-5)
    assert got.difference[0] == pytest.approx(-0.2)
    assert (got.low[0], got.high[0]) == pytest.approx((-0.3339, -0.0524), abs=6e-5)
    with pytest.raises(ValueError, match="'hat' cannot be compared with 'hair'"):
        differences(samples, shares(HAIR, torch.tensor([0])))


@given(st.integers(1, 50), st.integers(1, 50), st.floats(0, 1), st.floats(0, 1))
def test_newcombe_holds_the_difference(n: int, m: int, a: float, b: float) -> None:
    low, high = newcombe(a, wilson(a, n), b, wilson(b, m))
    assert -1 - 1e-9 <= low <= a - b + 1e-12 and a - b - 1e-12 <= high <= 1 + 1e-9


def test_spread_of_numbers() -> None:
    values = torch.tensor([1.0, 2.0, 3.0, 4.0, math.nan])
    got = spread(YAW, values)
    assert (got.mean, got.n) == (2.5, 4)
    assert got.deviation == pytest.approx(math.sqrt(5 / 3))
    half = 1.96 * math.sqrt(5 / 3) / 2
    assert got.mean_interval == pytest.approx((2.5 - half, 2.5 + half))
    assert spread(YAW, torch.ones(5)).deviation_interval == (0, 0)


def test_spread_around_a_circle() -> None:
    # Either side of the seam: the mean is on it, whatever the plain mean says.
    got = spread(HUE, torch.tensor([350.0, 10.0]))
    assert math.cos(math.radians(got.mean)) == pytest.approx(1)
    length = math.cos(math.radians(10))
    assert got.deviation == pytest.approx(math.degrees(math.sqrt(-2 * math.log(length))))
    assert spread(HUE, torch.tensor([0.0, 90.0, 180.0, 270.0])).deviation > 400


@pytest.mark.parametrize("attribute", [YAW, HUE])
def test_intervals_of_a_spread_are_honest(attribute: Attribute) -> None:
    random = np.random.RandomState(0)
    mean, deviation = 0.9 * attribute.high, 0.2 * attribute.high
    inside = [0, 0]
    for _ in range(200):
        values = mean + deviation * random.randn(100)
        if attribute.period:
            values %= attribute.period
        got = spread(attribute, torch.from_numpy(values))
        inside[0] += got.mean_interval[0] <= mean <= got.mean_interval[1]
        inside[1] += got.deviation_interval[0] <= deviation <= got.deviation_interval[1]
    assert min(inside) >= 180


def test_refusals() -> None:
    for attribute, values in (
        (HAIR, torch.tensor([3])),
        (HAIR, torch.tensor([-1, -1])),
        (HAIR, torch.tensor([[0, 1]])),
    ):
        with pytest.raises(ValueError, match="no labels of 'hair'"):
            shares(attribute, values)
    for bad in (torch.rand(4, 2), torch.full((4, 3), 2.0)):
        with pytest.raises(ValueError, match="no probabilities of 'hair'"):
            shares(HAIR, bad)
    with pytest.raises(ValueError, match="not finite"):
        shares(HAT, torch.tensor([math.nan]))
    with pytest.raises(ValueError, match="no value of 'yaw' is known"):
        shares(YAW, torch.tensor([math.nan]))
    with pytest.raises(ValueError, match="not continuous"):
        spread(HAT, torch.tensor([0.5, 0.5]))
    with pytest.raises(ValueError, match="at least 2"):
        spread(YAW, torch.tensor([0.5]))
