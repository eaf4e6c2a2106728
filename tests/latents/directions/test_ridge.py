from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.ridge import fit_ridge


def problem(
    n: int, d: int, seed: int = 0, noise: float = 0.3
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes off centre and of uneven spread, the truth (a unit vector), and noisy scores."""
    random = np.random.RandomState(seed)
    codes = random.randn(n, d) * np.linspace(0.2, 2.0, d) + random.randn(d)
    truth = random.randn(d)
    truth /= np.linalg.norm(truth)
    return codes, truth, 3.0 + 2.0 * codes @ truth + noise * random.randn(n)


def by_least_squares(codes: np.ndarray, scores: np.ndarray, alpha: float) -> np.ndarray:
    """The same minimum by an augmented system: [slopes, intercept]."""
    n, d = codes.shape
    top = np.column_stack([codes, np.ones(n)])
    bottom = np.column_stack([np.sqrt(alpha) * np.eye(d), np.zeros(d)])
    right = np.concatenate([scores, np.zeros(d)])
    return np.linalg.lstsq(np.concatenate([top, bottom]), right, rcond=None)[0]


@given(
    st.sampled_from([(60, 5), (5, 60), (20, 20), (2, 3)]),
    st.sampled_from([1e-3, 1.0, 100.0]),
    st.integers(0, 99),
)
def test_equals_least_squares_of_an_augmented_system(shape, alpha, seed):
    codes, _, scores = problem(*shape, seed)
    fit = fit_ridge(codes, scores, alpha)
    want = by_least_squares(codes, scores, alpha)
    np.testing.assert_allclose(fit.slope * fit.direction, want[:-1], rtol=0, atol=1e-9)
    assert fit.intercept == pytest.approx(want[-1], abs=1e-8)
    assert np.linalg.norm(fit.direction) == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(fit.predict(codes), codes @ want[:-1] + want[-1], atol=1e-8)


@pytest.mark.parametrize("shape", [(40, 4), (12, 30)])
def test_the_penalty_is_the_one_that_predicts_left_out_samples_best(shape):
    codes, _, scores = problem(*shape, seed=5, noise=3.0)

    def left_out(alpha: float) -> float:
        errors = []
        for i in range(len(codes)):
            rest = np.arange(len(codes)) != i
            found = by_least_squares(codes[rest], scores[rest], alpha)
            errors.append((scores[i] - codes[i] @ found[:-1] - found[-1]) ** 2)
        return sum(errors)

    alpha = fit_ridge(codes, scores).alpha
    assert left_out(alpha) <= min(left_out(alpha * 10**0.25), left_out(alpha * 10**-0.25))


def test_without_a_penalty_and_noise_it_is_exact():
    codes, truth, _ = problem(30, 6)
    fit = fit_ridge(codes, codes @ truth * 4.0 - 1.0, alpha=0.0)
    np.testing.assert_allclose(fit.direction, truth, atol=1e-12)
    assert (fit.slope, fit.intercept) == pytest.approx((4.0, -1.0))


def test_turns_with_the_space_and_takes_tensors():
    codes, _, scores = problem(50, 7)
    turn = np.linalg.qr(np.random.RandomState(3).randn(7, 7))[0]
    fit = fit_ridge(codes, scores)
    turned = fit_ridge(torch.from_numpy(codes @ turn), torch.from_numpy(scores))
    np.testing.assert_allclose(turned.direction, fit.direction @ turn, atol=1e-10)
    assert turned.alpha == pytest.approx(fit.alpha)


@pytest.mark.parametrize(
    ("codes", "scores", "alpha", "sentence"),
    [
        (np.ones((3, 2)), [1.0, 2.0], None, r"3 codes need 3 scores, not the shape \[2\]"),
        (np.eye(3), [1.0, 1.0, 1.0], None, "scores are all the same"),
        (np.ones((3, 2)), [1.0, 2.0, 3.0], None, "do not change with the codes"),
        (np.eye(3), [1.0, np.nan, 3.0], None, "scores hold values that are not finite"),
        (np.full((3, 3), np.inf), [1.0, 2.0, 3.0], None, "codes hold values that are not finite"),
        (np.ones((1, 2)), [1.0], None, "1 codes are too few: 2"),
        (np.ones(3), [1.0], None, r"codes have the shape \[3\]"),
        (np.eye(3), [1.0, 2.0, 3.0], -1.0, "alpha is -1"),
    ],
)
def test_refusals(codes, scores, alpha, sentence):
    with pytest.raises(DirectionError, match=sentence):
        fit_ridge(codes, np.array(scores), alpha)
