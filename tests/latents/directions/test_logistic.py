from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.logistic import fit_logistic


def problem(n: int, d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.RandomState(seed)
    codes = random.randn(n, d) * np.linspace(0.3, 2.0, d) + random.randn(d)
    labels = (codes - codes.mean(axis=0))[:, 0] + random.randn(n) > 0
    labels[:2] = True, False
    return codes, labels


def loss(at: np.ndarray, codes: np.ndarray, labels: np.ndarray, alpha: float) -> float:
    margin = np.where(labels, 1, -1) * (codes @ at[:-1] + at[-1])
    return np.logaddexp(0, -margin).sum() + alpha / 2 * at[:-1] @ at[:-1]


def gradient(at: np.ndarray, codes: np.ndarray, labels: np.ndarray, alpha: float) -> np.ndarray:
    rest = 1 / (1 + np.exp(-codes @ at[:-1] - at[-1])) - labels
    return np.append(codes.T @ rest + alpha * at[:-1], rest.sum())


def parameters(fit) -> np.ndarray:
    return np.append(fit.slope * fit.direction, fit.intercept)


@given(
    st.sampled_from([(50, 4), (8, 30), (2, 5)]),
    st.sampled_from([1e-3, 0.1, 10.0]),
    st.integers(0, 99),
)
def test_the_gradient_is_zero_at_the_answer(shape, alpha, seed):
    """The loss is strictly convex: no other point has a gradient of 0."""
    codes, labels = problem(*shape, seed)
    slope = gradient(parameters(fit_logistic(codes, labels, alpha)), codes, labels, alpha)
    assert np.abs(slope).max() < 1e-8


def test_equals_a_general_minimiser():
    codes, labels = problem(60, 5, 1)
    want = minimize(
        loss, np.zeros(6), (codes, labels, 0.5), jac=gradient, method="BFGS", options={"gtol": 1e-9}
    )
    got = parameters(fit_logistic(torch.from_numpy(codes), torch.from_numpy(labels), 0.5))
    np.testing.assert_allclose(got, want.x, atol=1e-7)


def test_separable_examples_have_a_finite_answer_that_separates_them():
    codes = np.concatenate([np.eye(10) + 3.0, np.eye(10) - 3.0])
    labels = np.arange(20) < 10
    for alpha in (1e-9, 1.0, None):
        fit = fit_logistic(codes, labels, alpha)
        assert np.isfinite(fit.slope)
        assert ((fit.predict(codes) > 0) == labels).all()
        np.testing.assert_allclose(fit.direction, np.full(10, 10**-0.5), atol=1e-6)


def test_the_penalty_predicts_left_out_examples_about_as_well_as_the_best_one():
    codes, labels = problem(30, 40, 3)

    def left_out(alpha: float) -> float:
        total = 0.0
        for i in range(len(codes)):
            rest = np.arange(len(codes)) != i
            odds = fit_logistic(codes[rest], labels[rest], alpha).predict(codes[i : i + 1])[0]
            total += np.logaddexp(0, -odds if labels[i] else odds)
        return total

    chosen = fit_logistic(codes, labels).alpha
    assert left_out(chosen) <= 1.02 * min(left_out(chosen * f) for f in (0.01, 0.1, 1, 10, 100))


@pytest.mark.parametrize(
    ("codes", "labels", "alpha", "sentence"),
    [
        (np.eye(3), [True, True, True], None, "labels are all the same"),
        (np.ones((3, 2)), [True, False, True], None, "codes are all the same"),
        (np.eye(3), [True, False, True], 0.0, "alpha is 0; for these codes it must be above 2e-16"),
        (np.eye(3), [True, False, True], np.inf, "alpha is inf"),
        (np.eye(3), [True, False], None, "3 codes need 3 labels"),
    ],
)
def test_refusals(codes, labels, alpha, sentence):
    with pytest.raises(DirectionError, match=sentence):
        fit_logistic(codes, np.array(labels), alpha)
