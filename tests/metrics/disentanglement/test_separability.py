from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mutual_info_score

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.metrics.disentanglement.separability import conditional_entropy, separability
from tests.metrics.disentanglement.toys import (
    binary,
    categorical,
    mixed,
    normal,
    numbers,
    sigmoid,
)


def test_tables_by_hand() -> None:
    assert conditional_entropy(np.array([[7, 0], [0, 2]])) == 0
    assert conditional_entropy(np.array([[0, 7], [2, 0]])) == 0  # wrong throughout tells as much
    assert conditional_entropy(np.array([[3, 3], [5, 5]])) == 1
    assert conditional_entropy(np.array([[0, 0], [2, 2]])) == 1
    quarter = -(0.25 * math.log2(0.25) + 0.75 * math.log2(0.75))
    assert conditional_entropy(np.array([[3, 1], [1, 3]])) == pytest.approx(quarter)
    assert conditional_entropy(np.array([[3, 1], [0, 4]])) == pytest.approx(quarter / 2)


@given(st.lists(st.integers(0, 20), min_size=4, max_size=4).filter(any))
def test_tables_by_the_chain_rule(cells) -> None:
    table = np.array(cells).reshape(2, 2)
    share = table.sum(axis=0) / table.sum()
    entropy = -sum(p * math.log(p) for p in share if p)
    want = (entropy - mutual_info_score(None, None, contingency=table)) / math.log(2)
    assert conditional_entropy(table) == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize("folds", [0, 5])
def test_separable(folds) -> None:
    codes = normal(2000, 6)
    directions = normal(6, 3, 1)
    got = separability(codes, binary(sigmoid(codes @ directions)), source="toy", folds=folds)
    assert got.value == pytest.approx(1, abs=0.03)
    assert got.attributes == ("binary 0", "binary 1", "binary 2")
    assert (got.kept, got.left_out, got.n, got.source) == ((1000,) * 3, (), 2000, "toy")
    assert ("published" in got.method) == (folds == 0)


@pytest.mark.parametrize("folds", [0, 5])
def test_independent(folds) -> None:
    codes, factors = normal(4000, 3), binary(sigmoid(normal(4000, 3, 1)))
    got = separability(codes, factors, source="toy", folds=folds)
    assert got.value == pytest.approx(2**3, rel=0.02)
    # In nats, as the paper writes it.
    assert math.exp(sum(h * math.log(2) for h in got.entropies)) == pytest.approx(got.value)
    assert got.mean_entropy == pytest.approx(sum(got.entropies) / 3)


def test_few_samples_a_dimension_are_separable_by_chance() -> None:
    codes, factors = normal(200, 100), binary(sigmoid(normal(200, 2, 1)))
    assert separability(codes, factors, source="toy", folds=0).value == pytest.approx(1)
    assert separability(codes, factors, source="toy").value > 3.6


def test_only_the_surer_half_counts() -> None:
    codes = normal(600, 3)
    logit = 4 * codes[:, :1]
    unsure = np.abs(logit) < np.median(np.abs(logit))
    muddled = np.where(unsure, -logit, logit)
    got = separability(codes, binary(sigmoid(muddled)), source="toy")
    assert got.value < 1.1 and got.kept == (300,)


def test_labels_are_all_as_sure() -> None:
    codes = normal(300, 3)
    got = separability(codes, binary(codes[:, :1] > 0), source="toy")
    assert got.kept == (300,)
    order = np.random.RandomState(0).permutation(300)
    other = separability(codes[order], binary(codes[order, :1] > 0), source="toy", folds=0)
    assert other.kept == (300,)


def test_classes_against_the_rest() -> None:
    codes = normal(900, 3)
    labels = codes.argmax(axis=1)  # three cones, parted from the rest by no plane
    parted = np.digitize(codes[:, 0], [-0.5, 0.5])  # the middle one is
    factors = categorical(np.stack([labels, parted], axis=1), 3)
    got = separability(codes, factors, source="toy")
    found = dict(zip(got.attributes, got.entropies, strict=True))
    assert list(found) == [f"class {i}: {value}" for i in range(2) for value in "abc"]
    assert max(found["class 1: a"], found["class 1: c"]) < 0.2 < found["class 0: a"]
    assert found["class 1: b"] > 0.8


def test_what_cannot_be_parted_is_left_out() -> None:
    codes = normal(200, 3)
    labels = np.where(codes[:, 0] > 0, 1, 0)
    rare = np.where(np.arange(200) < 6, 0.6, sigmoid(-4 + 0 * codes[:, 0]))  # the surer are all no
    factors = [*numbers(codes[:, :1]), *categorical(labels[:, None], 3), *binary(rare[:, None])]
    got = separability(codes, factors, source="toy")
    assert got.attributes == ("class 0: a", "class 0: b")
    assert got.left_out == ("number 0", "class 0: c", "binary 0")
    with pytest.raises(ValueError, match="no attribute has two classes"):
        separability(codes, factors[::2], source="toy")


@settings(max_examples=5)
@given(st.integers(0, 99), st.floats(1e-3, 1e3), st.floats(-10, 10))
def test_order_and_unit_of_codes_do_not_count(seed, scale, shift) -> None:
    codes = normal(80, 5, seed)
    order = np.random.RandomState(seed).permutation(5)
    factors = mixed(codes)
    plain = separability(codes, factors, source="toy")
    other = separability(codes[:, order] * scale + shift, factors, source="toy")
    assert other.entropies == pytest.approx(plain.entropies, abs=0.05)


def test_progress_and_refusals() -> None:
    codes, told = normal(100, 3), []
    factors = binary(sigmoid(codes))
    separability(codes, factors, source="toy", progress=told.append)
    assert told == pytest.approx([1 / 3, 2 / 3, 1])
    for folds in (1, -2):
        with pytest.raises(ValueError, match=f"{folds} folds"):
            separability(codes, factors, source="toy", folds=folds)
