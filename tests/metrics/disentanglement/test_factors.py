from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.data.attributes import Attribute
from latentstudio.metrics.columns import columns_of
from latentstudio.metrics.disentanglement.codes import checked, dealt, standardised
from latentstudio.metrics.disentanglement.factors import Factor, factors_of, unrolled, varying
from tests.metrics.disentanglement.toys import binary, categorical, circle, normal, numbers

HAIR = Attribute(name="hair", kind="categorical", values=("black", "fair", "none"))
HAT = Attribute(name="hat", kind="binary", values=("bare", "hat"))
YAW = Attribute(name="yaw", kind="continuous", low=-1.0, high=1.0)
HUE = Attribute(name="hue", kind="continuous", low=0.0, high=360.0, period=360.0)


def test_labels_and_probabilities_mean_the_same() -> None:
    for labels in (np.array([0, 2, 1, 2]), torch.tensor([0, 2, 1, 2])):
        got = Factor.of(HAIR, labels)
        assert got.labels.tolist() == [0, 2, 1, 2]
        assert got.values.tolist() == np.eye(3)[[0, 2, 1, 2]].tolist()
    read = Factor.of(HAIR, np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]))
    assert read.labels.tolist() == [0, 2]
    assert Factor.of(HAT, np.array([0.2, 0.9])).values.tolist() == [
        pytest.approx([0.8, 0.2]),
        pytest.approx([0.1, 0.9]),
    ]
    assert Factor.of(HAT, np.array([1, 0])).labels.tolist() == [1, 0]


def test_a_circle_has_no_end() -> None:
    got = Factor.of(HUE, np.array([1.0, 359.0, 90.0]))
    assert got.values[2] == pytest.approx([0, 1], abs=1e-12)
    assert np.abs(got.values[0] - got.values[1]).max() < 0.04
    for middle in (0, 90, 180):
        around = circle((np.array([350.0, 20.0, 5.0, 355.0, 10.0]) + middle) % 360)
        line = np.degrees(unrolled(around.values))
        assert np.ptp(line) == pytest.approx(30)
        assert line.argsort().tolist() == [0, 3, 2, 4, 1]


def test_readings_of_a_classifier() -> None:
    columns = columns_of((YAW, HAIR, HAT, HUE))
    readings = torch.tensor([[0.5, 0.2, 0.7, 0.1, 0.9, 180.0], [-0.5, 0.1, 0.1, 0.8, 0.3, 0.0]])
    yaw, hair, hat, hue = factors_of(columns, readings)
    assert [f.name for f in (yaw, hair, hat, hue)] == ["yaw", "hair", "hat", "hue"]
    assert yaw.values[:, 0].tolist() == [0.5, -0.5] and hair.classes == HAIR.values
    assert hair.labels.tolist() == [1, 2] and hat.labels.tolist() == [1, 0]
    assert hue.values == pytest.approx(np.array([[-1.0, 0.0], [1.0, 0.0]]), abs=1e-12)
    with pytest.raises(ValueError, match="do not have 6 columns"):
        factors_of(columns, readings[:, :5])


def test_what_does_not_vary_is_named() -> None:
    x = normal(100, 1)
    rare = np.zeros(100, dtype=int)
    rare[:4] = 1
    factors = [
        *numbers(x),
        Factor.of(HAT, np.zeros(100)),
        Factor.of(HAIR, rare),
        Factor.of(YAW, np.full(100, 0.1)),
        circle(np.full(100, 77.7)),
    ]
    kept, left_out = varying(factors)
    assert [factor.name for factor in kept] == ["number 0"]
    assert left_out == (
        "hat: all samples are 'bare', and it takes 5 others to measure anything",
        "hair: all samples but 4 are 'black', and it takes 5 others to measure anything",
        "yaw is the same in all samples",
        "hue is the same in all samples",
    )
    rare[4] = 2  # five others, of two classes
    assert varying([Factor.of(HAIR, rare)])[1] == ()


@pytest.mark.parametrize(
    ("attribute", "values"),
    [
        (HAIR, np.array([0, 3])),
        (HAIR, np.array([0, -1])),
        (HAIR, np.ones((2, 4)) / 4),
        (HAT, np.array([0.5, 1.5])),
    ],
)
def test_no_values_of_the_attribute(attribute, values) -> None:
    with pytest.raises(ValueError, match=f"^{attribute.name}: these are neither labels nor"):
        Factor.of(attribute, values)


def test_unknown_values() -> None:
    with pytest.raises(ValueError, match="yaw: some numbers are missing"):
        Factor.of(YAW, np.array([0.1, math.nan]))
    with pytest.raises(ValueError, match=r"expected \[n\]"):
        Factor.of(YAW, normal(4, 2))


@given(st.lists(st.integers(0, 3), min_size=10, max_size=60))
def test_folds_are_alike(labels) -> None:
    order = np.array(labels, dtype=float)
    fold = dealt(order)
    assert np.ptp(np.bincount(fold, minlength=5)) <= 1
    for label in set(labels):
        assert np.ptp(np.bincount(fold[order == label], minlength=5)) <= 1


def test_codes_that_are_refused() -> None:
    x = normal(60, 3)
    factors = numbers(x)
    for codes, match in (
        (x[:, :1], "d 2 or more"),
        (x[:, 0], "d 2 or more"),
        (x[:20], "20 samples are too few"),
        (x * 0 + 0.1, "all codes are constant"),
        (x * math.nan, "the codes: some numbers"),
        (np.concatenate([x, x]), "number 0 has 60 values for 120 codes"),
    ):
        with pytest.raises(ValueError, match=match):
            checked(codes, factors)
    with pytest.raises(ValueError, match="no factor"):
        checked(x, [])
    with pytest.raises(ValueError, match="binary 0: all samples are 'no'"):
        checked(x, binary(np.zeros((60, 1))))
    with pytest.raises(ValueError, match="class 0: all samples are 'a'"):
        checked(x, categorical(np.zeros((60, 1)), 3))


def test_standardised() -> None:
    x = np.stack([normal(50, 1)[:, 0] * 1e-6 + 3, np.full(50, 0.1)], axis=1)
    x[::2, 1] = np.nextafter(0.1, 1)
    got = standardised(x)
    assert (got[:, 0].mean(), got[:, 0].std()) == pytest.approx((0, 1), abs=1e-9)
    assert not got[:, 1].any()  # rounding alone
