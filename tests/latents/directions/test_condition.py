from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.latents.directions.condition import condition
from latentstudio.latents.directions.errors import DirectionError


def gram_schmidt(direction: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """By hand, one kept row after the other; dependent rows fall away."""
    basis: list[np.ndarray] = []
    for row in kept:
        rest = row.copy()
        for _ in range(2):
            for other in basis:
                rest = rest - (rest @ other) * other
        if np.linalg.norm(rest) > 1e-9 * max(np.linalg.norm(row), 1e-300):
            basis.append(rest / np.linalg.norm(rest))
    for other in basis:
        direction = direction - (direction @ other) * other
    return direction / np.linalg.norm(direction)


def test_by_hand():
    got = condition(np.array([1.0, 1.0, 1.0]), np.array([[0.0, 0.0, 5.0]]))
    np.testing.assert_allclose(got, [2**-0.5, 2**-0.5, 0.0])
    # Keeping (1, 1, 0) takes (1, 0, 0) to (1/2, -1/2, 0).
    got = condition(torch.tensor([2.0, 0.0, 0.0]), torch.tensor([[1.0, 1.0, 0.0]]))
    np.testing.assert_allclose(got, [2**-0.5, -(2**-0.5), 0.0])


def test_is_the_published_formula_where_that_can_be_computed():
    random = np.random.RandomState(0)
    n, b = random.randn(20), random.randn(4, 20)
    want = n - b.T @ np.linalg.inv(b @ b.T) @ b @ n
    np.testing.assert_allclose(condition(n, b), want / np.linalg.norm(want), atol=1e-12)


@given(st.integers(0, 5), st.integers(0, 999))
def test_equals_gram_schmidt_with_dependent_rows(k, seed):
    random = np.random.RandomState(seed)
    rows = random.randn(k, 9) * 10.0 ** random.uniform(-3, 3, (k, 1))
    more = [rows, -rows[:1], 1e3 * rows[:2], rows.sum(axis=0, keepdims=True), np.zeros((1, 9))]
    kept = random.permutation(np.concatenate(more))
    direction = random.randn(9)
    got = condition(direction, kept)
    np.testing.assert_allclose(got, gram_schmidt(direction, kept), atol=1e-6)
    lengths = np.maximum(np.linalg.norm(kept, axis=1), 1e-300)
    assert np.abs(kept @ got / lengths).max() < 1e-6


def test_keeping_nothing_only_makes_it_a_unit():
    np.testing.assert_allclose(condition(np.array([3.0, 4.0]), np.zeros((0, 2))), [0.6, 0.8])
    np.testing.assert_allclose(condition(np.array([3.0, 4.0]), np.zeros((3, 2))), [0.6, 0.8])


def test_copies_rounded_to_float32_are_one():
    row = np.random.RandomState(1).randn(6)
    rounded = row.astype(np.float32).astype(np.float64)
    direction = np.random.RandomState(2).randn(6)
    one, both = condition(direction, row[None]), condition(direction, np.stack([row, rounded]))
    np.testing.assert_allclose(one, both, atol=1e-6)


@pytest.mark.parametrize(
    "kept",
    [
        [[2.0, 1.0, 0.0]],
        [[-4.0, -2.0, 0.0]],
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        [[1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], [0.0, 3.0, 1.0]],
        [[1 / 3, 1 / 6 + 1e-8, 0.0]],
    ],
)
def test_nothing_left_is_a_sentence(kept):
    with pytest.raises(DirectionError, match="leave nothing of it: keep fewer"):
        condition(np.array([2.0, 1.0, 0.0]), np.array(kept))


def test_refusals():
    with pytest.raises(DirectionError, match="no length"):
        condition(np.zeros(3), np.eye(3)[:1])
    with pytest.raises(DirectionError, match=r"shape \[2\] cannot keep directions of 3"):
        condition(np.ones(2), np.eye(3))
    with pytest.raises(DirectionError, match="not finite"):
        condition(np.array([1.0, np.nan]), np.eye(2)[:1])
