from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score, roc_auc_score

from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.fitted import Fit
from latentstudio.latents.directions.logistic import fit_logistic
from latentstudio.latents.directions.ridge import fit_ridge
from latentstudio.latents.directions.svm import fit_svm
from latentstudio.latents.directions.validation import cross_validate


def normal(n: int, d: int, seed: int) -> np.ndarray:
    return np.random.RandomState(seed).randn(n, d)


def first(codes: np.ndarray, _: np.ndarray) -> Fit:
    """A fit that learns nothing: the first coordinate is the score, whatever it is shown."""
    return Fit(np.eye(codes.shape[1])[0], 1.0, 0.0)


def test_the_auc_is_that_of_the_pairs_within_each_fold():
    codes = normal(300, 2, 0)
    labels = codes[:, 0] + normal(300, 1, 1)[:, 0] > 0.3
    got = cross_validate(first, codes, torch.from_numpy(labels))
    whole = roc_auc_score(labels, codes[:, 0])
    assert (got.kind, got.chance, got.n) == ("AUC", 0.5, 300)
    assert got.score == pytest.approx(whole, abs=0.02)  # other pairs of the same order
    assert 0.01 < got.stderr < 0.1
    flipped = cross_validate(lambda x, y: Fit(-np.eye(2)[0], 1.0, 0.0), codes, labels)
    assert flipped.score == pytest.approx(1.0 - got.score)


def test_r2_is_that_beside_the_mean_of_the_rest():
    codes = normal(400, 2, 2)
    scores = codes[:, 0] + 0.5 * normal(400, 1, 3)[:, 0] + 4.0
    right = cross_validate(lambda x, y: Fit(np.eye(2)[0], 1.0, 4.0), codes, torch.tensor(scores))
    assert (right.kind, right.chance, right.weak) == ("R²", 0.0, False)
    assert right.score == pytest.approx(r2_score(scores, codes[:, 0] + 4.0), abs=0.005)
    # Guessing the mean of what it was fitted to is what chance is.
    mean = cross_validate(lambda x, y: Fit(np.eye(2)[0], 0.0, float(y.mean())), codes, scores)
    assert mean.score == pytest.approx(0.0, abs=1e-12)
    assert mean.weak


def test_nothing_is_predicted_from_what_it_was_fitted_to():
    """A fit that knows its own samples by heart is worth nothing on others."""

    class Memory(Fit):
        def __init__(self, codes: np.ndarray, labels: np.ndarray) -> None:
            super().__init__(codes[0], 0.0, 0.0)
            self.known = {tuple(code): label for code, label in zip(codes, labels, strict=True)}

        def predict(self, codes: np.ndarray) -> np.ndarray:
            assert not any(tuple(code) in self.known for code in codes)
            return np.array([float(self.known.get(tuple(code), 0.5)) for code in codes])

    got = cross_validate(Memory, normal(40, 3, 4), np.arange(40) % 2 == 0)
    assert (got.score, got.weak) == (0.5, True)


def test_no_signal_is_weak_and_unbiased_even_for_few_examples():
    labels = np.arange(24) < 12
    found = [cross_validate(fit_logistic, normal(24, 40, seed), labels) for seed in range(16)]
    scores = np.array([one.score for one in found])
    assert abs(scores.mean() - 0.5) < 3 * scores.std() / np.sqrt(16)
    assert np.mean([one.stderr for one in found]) == pytest.approx(scores.std(), rel=0.35)
    assert np.mean([one.weak for one in found]) >= 0.85


def test_the_sentences():
    codes = normal(24, 50, 5)
    weak = cross_validate(fit_logistic, codes, np.arange(24) < 12)
    assert weak.sentence.startswith(
        "Too weak: on pictures it was not fitted to, it sorts no better than chance (AUC 0."
    )
    assert weak.sentence.endswith("of 24). Add clearer examples.")
    codes = normal(3000, 3, 6)
    noise = normal(3000, 1, 7)[:, 0]
    strong = cross_validate(fit_ridge, codes, codes[:, 0] + noise)
    assert not strong.weak
    assert "it explains 5" in strong.sentence
    assert "of 3,000)." in strong.sentence
    hardly = cross_validate(fit_ridge, codes, codes[:, 0] + 5.0 * noise)
    assert hardly.weak
    assert "hardly better than chance (R² 0.0" in hardly.sentence
    sure_but_low = cross_validate(first, codes, codes[:, 0] + 6.0 * noise > 0)
    assert sure_but_low.weak
    assert "sorts hardly better" in sure_but_low.sentence


def test_a_perfect_order_of_a_few_is_no_certainty():
    codes = np.array([[3.0], [4.0], [1.0], [0.0]])
    few = cross_validate(first, codes, np.array([True, True, False, False]))
    assert (few.score, few.stderr, few.weak) == (1.0, 0.25, True)
    many = np.concatenate([codes + i for i in (0, 0.1, 0.2, 0.3, 0.4)])
    assert not cross_validate(first, many, np.tile([True, True, False, False], 5)).weak


def test_any_fit_can_be_judged_and_the_seed_decides_the_folds():
    codes = normal(300, 5, 8)
    scores = codes @ np.arange(5.0)
    svm = cross_validate(partial(fit_svm, share=0.2), codes, scores)
    assert svm.score > 0.9
    again, other = (
        cross_validate(partial(fit_ridge, alpha=1.0), codes, scores + codes[:, 0] ** 2, seed=s)
        for s in (0, 1)
    )
    assert again == cross_validate(partial(fit_ridge, alpha=1.0), codes, scores + codes[:, 0] ** 2)
    assert again.score != other.score


def test_refusals():
    codes = normal(6, 2, 9)
    with pytest.raises(DirectionError, match="one example on a side is too few"):
        cross_validate(fit_logistic, codes, np.arange(6) < 1)
    with pytest.raises(DirectionError, match="3 codes are too few: 4"):
        cross_validate(fit_ridge, codes[:3], np.arange(3.0))
    with pytest.raises(DirectionError, match="folds is 1"):
        cross_validate(fit_ridge, codes, np.arange(6.0), folds=1)
    with pytest.raises(DirectionError, match="labels are all the same"):
        cross_validate(fit_logistic, codes, np.ones(6, dtype=bool))
