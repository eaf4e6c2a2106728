from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import hadamard

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.metrics.disentanglement.dci import completeness, dci, disentanglement
from tests.metrics.disentanglement.toys import (
    binary,
    categorical,
    circle,
    mixed,
    normal,
    numbers,
    sigmoid,
)


def kinds(table):
    labels = np.digitize(table[:, 4:], [-0.4, 0.4])
    return [
        *numbers(table[:, :2]),
        *binary(sigmoid(table[:, 2:4])),
        *categorical(labels, 3),
    ]


def test_importances_by_hand() -> None:
    assert disentanglement(np.eye(3)) == 1 and completeness(np.eye(3)).tolist() == [1, 1, 1]
    assert disentanglement(np.ones((4, 3))) == pytest.approx(0, abs=1e-12)
    assert completeness(np.ones((4, 3))) == pytest.approx(np.zeros(3), abs=1e-12)
    assert disentanglement(np.zeros((4, 3))) == 0 and not completeness(np.zeros((4, 3))).any()
    table = np.array([[3.0, 1.0], [0.0, 4.0], [0.0, 0.0]])
    # The first code: three quarters and one quarter, weight 4 of 8; the second is pure.
    quarter = -(0.25 * math.log2(0.25) + 0.75 * math.log2(0.75))
    assert disentanglement(table) == pytest.approx((1 - quarter + 1) / 2)
    fifth = -(0.2 * math.log(0.2) + 0.8 * math.log(0.8)) / math.log(3)
    assert completeness(table) == pytest.approx([1, 1 - fifth])


def test_each_factor_in_a_code_of_its_own() -> None:
    codes = normal(600, 6)
    order = np.random.RandomState(1).permutation(6)
    for place in (np.arange(6), order):
        got = dci(codes[:, place], kinds(codes), source="toy")
        assert (got.disentanglement, got.completeness) == pytest.approx((1, 1))
        assert got.factor_informativeness[:2] == pytest.approx((1, 1))
        assert min(got.factor_informativeness) > 0.9  # classes: to the accuracy of 480 samples
        assert got.codes == tuple(place.argsort()) and got.active == 6
    assert (got.n, got.source) == (600, "toy") and "elastic net" in got.method


def test_all_factors_in_all_codes() -> None:
    table = normal(2000, 8)
    got = dci(table @ hadamard(8), numbers(table), source="toy")
    assert max(got.disentanglement, got.completeness) < 0.02
    assert got.informativeness == pytest.approx(1)


def test_copies_are_pure_but_not_complete() -> None:
    codes = normal(600, 6)
    got = dci(np.concatenate([codes, codes], axis=1), kinds(codes), source="toy")
    assert got.disentanglement == pytest.approx(1)
    assert got.completeness == pytest.approx(1 - math.log(2) / math.log(12), abs=1e-3)
    assert got.active == 12


def test_two_factors_in_one_code() -> None:
    codes = normal(600, 4)
    got = dci(codes, numbers(codes[:, [0, 0]]), source="toy")
    assert got.completeness == pytest.approx(1)
    assert got.disentanglement == pytest.approx(0, abs=1e-9)


def test_factors_count_by_how_well_they_are_told() -> None:
    codes, noise = normal(4000, 3), normal(4000, 2, 1)
    weak = 0.4 * codes[:, 1:2] + noise
    got = dci(codes, numbers(np.concatenate([codes[:, :1], weak], axis=1)), source="toy")
    rest = sum(got.factor_informativeness[1:])
    assert 0.15 < rest < 0.4  # 2 · 0.16 / 1.16
    even = 1 - math.log(2) / math.log(3)  # the second code is for two factors of three
    assert got.disentanglement == pytest.approx((1 + rest * even) / (1 + rest), abs=0.01)


def test_codes_that_say_nothing() -> None:
    got = dci(normal(1000, 20), kinds(normal(1000, 6, 1)), source="toy")
    assert got.disentanglement == got.completeness == got.informativeness == 0
    assert got.codes == (-1,) * 6 and got.active == 0


def test_noise_hardly_ever_passes() -> None:
    codes, targets = normal(300, 30), normal(300, 200, 1)
    got = dci(codes, numbers(targets), source="toy")
    assert sum(code >= 0 for code in got.codes) <= 8  # 1% of 200, and four deviations


def test_informativeness_of_a_known_share() -> None:
    codes, noise = normal(5000, 3), normal(5000, 3, 1)
    got = dci(codes, numbers(codes + noise / 2), source="toy")
    assert got.factor_informativeness == pytest.approx([0.8] * 3, abs=0.04)
    # Signs of normal numbers with correlation ρ agree in ½ + asin(ρ)/π of all cases.
    got = dci(codes, binary(sigmoid(codes + noise)), source="toy")
    assert got.factor_informativeness == pytest.approx([0.5] * 3, abs=0.1)


def test_a_circle_on_two_codes() -> None:
    codes = normal(800, 4)
    hue = np.degrees(np.arctan2(codes[:, 1], codes[:, 0]))
    got = dci(codes, [circle(hue), *numbers(codes[:, 2:3])], source="toy")
    assert got.disentanglement == pytest.approx(1)
    assert got.factor_completeness == pytest.approx((0.5, 1), abs=0.01)


def test_a_rare_class_that_only_the_held_out_have() -> None:
    codes = normal(100, 3)
    labels = (codes[:, 0] > 0).astype(int)
    labels[7] = 2
    got = dci(codes, [*categorical(labels[:, None], 3), *numbers(codes[:, 1:2])], source="toy")
    assert got.codes == (0, 1)


def test_trees_see_what_is_not_linear() -> None:
    codes = normal(300, 3)
    factors = [*numbers(np.square(codes[:, :1])), *binary(sigmoid(codes[:, 1:2]))]
    factors.append(circle(90 * codes[:, 2]))
    linear = dci(codes, factors, source="toy")
    trees = dci(codes, factors, source="toy", importances="trees")
    assert linear.codes[0] == -1 and trees.codes == (0, 1, 2)
    assert trees.disentanglement > 0.8 and min(trees.factor_informativeness) > 0.8
    assert "trees" in trees.method
    noise = dci(normal(300, 3, 1), factors, source="toy", importances="trees")
    assert noise.completeness < 0.1 and noise.informativeness < 0.05


@given(st.integers(0, 99), st.floats(1e-3, 1e3), st.floats(-10, 10))
def test_order_and_unit_of_codes_do_not_count(seed, scale, shift) -> None:
    codes = normal(80, 5, seed)
    order = np.random.RandomState(seed).permutation(5)
    factors = mixed(codes)
    plain = dci(codes, factors, source="toy")
    other = dci(-codes[:, order] * scale + shift, factors, source="toy")
    assert other.disentanglement == pytest.approx(plain.disentanglement, abs=1e-3)
    assert other.factor_completeness == pytest.approx(plain.factor_completeness, abs=1e-3)
    assert other.factor_informativeness == pytest.approx(plain.factor_informativeness, abs=1e-3)


def test_progress_and_refusals() -> None:
    codes, told = normal(60, 4), []
    dci(codes, numbers(codes), source="toy", progress=told.append)
    assert told == [0.25, 0.5, 0.75, 1]
    with pytest.raises(ValueError, match="two factors"):
        dci(codes, numbers(codes[:, :1]), source="toy")
    with pytest.raises(ValueError, match="binary 0: all samples are 'no'"):
        dci(codes, binary(np.zeros((60, 2))), source="toy")
