from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mutual_info_score

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.metrics.disentanglement.mig import information, mig
from latentstudio.metrics.disentanglement.sap import sap
from tests.metrics.disentanglement.toys import (
    binary,
    categorical,
    circle,
    every,
    mixed,
    normal,
    numbers,
)


def both(codes, factors, **settings):
    return mig(codes, factors, source="toy", **settings), sap(codes, factors, source="toy")


def test_each_factor_in_a_code_of_its_own() -> None:
    four, two = every(4, 4), every(2, 6)
    for codes, factors, gap in (
        (four, numbers(four), 1.0),
        (four, categorical(four, 4), None),
        (two, binary(two), 0.5),  # a coin is right half of the time
    ):
        order = np.random.RandomState(0).permutation(codes.shape[1])
        for place in (np.arange(len(order)), order):
            information_gap, predictable = both(codes[:, place] * 3 - 1, factors)
            assert information_gap.value == pytest.approx(1)
            assert information_gap.codes == tuple(place.argsort())
            assert predictable.codes == information_gap.codes
            assert predictable.best == pytest.approx([1] * len(factors))
            if gap:
                assert predictable.gaps == pytest.approx([gap] * len(factors))
    assert information_gap.n == 64 and information_gap.source == "toy"


def test_copies_leave_no_gap() -> None:
    codes = every(3, 4)
    for factors in (numbers(codes), categorical(codes, 3)):
        for got in both(np.concatenate([codes, codes[:, ::-1]], axis=1), factors):
            assert got.value == 0 and got.best == pytest.approx([1] * 4)


def test_a_half_turn_leaves_no_gap() -> None:
    bits = every(2, 2, copies=16) * 2 - 1
    turned = np.stack([bits.sum(axis=1), bits[:, 0] - bits[:, 1]], axis=1)
    information_gap, predictable = both(turned, numbers(bits))
    # a + b is -2, 0, 0 or 2: it tells a half of the time. Its correlation with a is √½.
    assert information_gap.best == pytest.approx([0.5, 0.5]) and information_gap.value == 0
    assert predictable.best == pytest.approx([0.5, 0.5])
    assert predictable.value == pytest.approx(0)


def test_codes_that_say_nothing() -> None:
    table = every(3, 4)
    codes, factors = table[:, :2], [*numbers(table[:, 2:]), *categorical(table[:, 2:], 3)]
    information_gap, predictable = both(codes, factors)
    assert information_gap.best == pytest.approx([0] * 4, abs=1e-12)
    assert predictable.best == pytest.approx([0, 0, 0.5, 0.5], abs=1e-12)
    noise, factors = normal(2000, 8), mixed(normal(2000, 4, 1))
    for got in both(noise, factors):
        assert 0 <= got.value < 0.02


def test_a_code_that_is_constant_says_nothing() -> None:
    codes = every(4, 4)
    factors = [*numbers(codes), *categorical(codes, 4)]
    dead = np.concatenate([codes, np.full((256, 1), 0.1)], axis=1)
    for plain, more in zip(both(codes, factors), both(dead, factors), strict=True):
        assert more.gaps == pytest.approx(plain.gaps)


def test_information_by_hand() -> None:
    # 3, 1; 1, 3 of 8: ln 2 less the entropy of a quarter.
    code, factor = np.array([[0, 0, 0, 0, 1, 1, 1, 1]]).T, np.array([0, 0, 0, 1, 0, 1, 1, 1])
    want = math.log(2) + 0.25 * math.log(0.25) + 0.75 * math.log(0.75)
    assert information(code, 2, factor, 2) == pytest.approx(want)
    # Miller-Madow: (1 + 1 - 3) / 16 in all.
    assert information(code, 2, factor, 2, corrected=True) == pytest.approx(want - 1 / 16)


@given(st.integers(2, 6), st.integers(2, 5), st.integers(0, 99))
def test_information_as_scikit_learn_has_it(bins, count, seed) -> None:
    random = np.random.RandomState(seed)
    binned, classes = random.randint(bins, size=(40, 3)), random.randint(count, size=40)
    want = [mutual_info_score(column, classes) for column in binned.T]
    assert information(binned, bins, classes, count) == pytest.approx(want, abs=1e-12)


def test_the_correction_takes_most_of_the_bias_away() -> None:
    codes, factors = normal(3000, 6), numbers(normal(3000, 2, 1))
    plain, better = (
        mig(codes, factors, source="toy", bins=8, corrected=corrected)
        for corrected in (False, True)
    )
    assert np.mean(better.second) < 0.5 * np.mean(plain.second)
    assert "Miller-Madow" in better.method and "Miller-Madow" not in plain.method


def balanced(x, own):
    """The best threshold's balanced accuracy, by trying all of them."""
    found = 0.5
    for threshold in np.unique(x):
        above = x >= threshold
        right = (above[own].mean() + (~above)[~own].mean()) / 2
        found = max(found, right, 1 - right)
    return found


def within(x, own):
    """The same of the best interval."""
    found = 0.5
    for low in np.unique(x):
        for high in np.unique(x):
            inside = (x >= low) & (x <= high)
            right = (inside[own].mean() + (~inside)[~own].mean()) / 2
            found = max(found, right, 1 - right)
    return found


@given(st.integers(0, 999), st.integers(2, 12))
def test_thresholds_by_trying_all(seed, levels) -> None:
    random = np.random.RandomState(seed)
    codes = random.randint(levels, size=(50, 2)) / 7  # many ties
    codes[:2] = [[0, 1], [1, 0]]
    two, three = np.arange(50) % 2, random.permutation(np.arange(50) % 3)
    factors = [*binary(two[:, None]), *categorical(three[:, None], 3)]
    got = sap(codes, factors, source="toy")
    want = sorted(balanced(x, two == 1) for x in codes.T)
    assert (got.second[0], got.best[0]) == pytest.approx(want)
    want = sorted(np.mean([within(x, three == k) for k in range(3)]) for x in codes.T)
    assert (got.second[1], got.best[1]) == pytest.approx(want)


def test_a_squared_correlation() -> None:
    codes, target = normal(100, 2), normal(100, 1, 1) + normal(100, 2)[:, :1]
    got = sap(codes, numbers(target), source="toy")
    want = sorted(np.corrcoef(x, target[:, 0])[0, 1] ** 2 for x in codes.T)
    assert (got.second[0], got.best[0]) == pytest.approx(want)


def test_a_circle() -> None:
    angles = np.arange(720) / 2
    cosine = np.cos(np.radians(angles + 40))
    codes = np.stack([cosine, angles], axis=1)
    got = sap(codes, [circle(angles)], source="toy")
    # A cosine of any phase is the circle's; of a sawtooth its first harmonic is 6/π².
    assert (got.best[0], got.second[0]) == pytest.approx((1, 6 / math.pi**2), rel=1e-4)
    turned = sap(codes, [circle(angles + 123)], source="toy")
    assert turned.gaps == pytest.approx(got.gaps)
    here = mig(codes, [circle(angles % 90)], source="toy")
    assert math.isfinite(here.value)


@given(st.integers(0, 99), st.floats(1e-3, 1e3), st.floats(-10, 10))
def test_order_and_unit_of_codes_do_not_count(seed, scale, shift) -> None:
    codes = normal(80, 5, seed)
    order = np.random.RandomState(seed).permutation(5)
    factors = mixed(codes)
    moved = torch.from_numpy(codes[:, order] * scale + shift)
    for plain, other in zip(both(codes, factors), both(moved, factors), strict=True):
        assert other.gaps == pytest.approx(plain.gaps, abs=1e-9)
        assert [order[code] for code in other.codes] == list(plain.codes)


def test_refusals() -> None:
    x = normal(60, 3)
    with pytest.raises(ValueError, match="1 bins"):
        mig(x, numbers(x), source="toy", bins=1)
    with pytest.raises(ValueError, match="binary 0: all samples are 'yes'"):
        both(x, binary(np.ones((60, 1))))
