from __future__ import annotations

import numpy as np
import pytest
import torch

from latentstudio.latents.directions.calibrate import calibrate
from latentstudio.latents.directions.errors import DirectionError

RANDOM = np.random.RandomState(0)
CODES = RANDOM.randn(500, 4) * [3.0, 1.0, 0.5, 1.0]
TRUTH = np.array([0.5, 2.0, 0.0, 1.0])


def test_amount_1_raises_the_score_by_one_standard_deviation():
    scores = 7.0 + CODES @ TRUTH
    for direction in (TRUTH, np.array([0.0, 1.0, 0.0, 0.0]), np.array([0.0, 5.0, 2.0, -3.0])):
        step = calibrate(torch.from_numpy(direction), CODES, scores)
        assert step @ TRUTH == pytest.approx(scores.std(ddof=1), rel=1e-5)
        assert step @ direction == pytest.approx(np.linalg.norm(step) * np.linalg.norm(direction))


def test_without_scores_it_is_one_standard_deviation_of_the_codes():
    step = calibrate(np.array([0.0, 4.0, 0.0, 3.0]), CODES)
    along = CODES @ [0.0, 0.8, 0.0, 0.6]
    np.testing.assert_allclose(step, along.std(ddof=1) * np.array([0.0, 0.8, 0.0, 0.6]))


@pytest.mark.parametrize(
    ("direction", "scores", "sentence"),
    [
        (np.array([0.0, 0.0, 1.0, 0.0]), CODES @ TRUTH, "does not raise what it was made for"),
        (-TRUTH, CODES @ TRUTH, "does not raise what it was made for"),
        (np.zeros(4), None, "no length"),
        (np.ones(3), None, r"shape \[3\] does not fit codes of 4"),
    ],
)
def test_refusals(direction, scores, sentence):
    with pytest.raises(DirectionError, match=sentence):
        calibrate(direction, CODES, scores)


def test_codes_that_stand_still_are_refused():
    with pytest.raises(DirectionError, match="do not vary along the direction"):
        calibrate(np.array([1.0, 0.0]), np.array([[1.0, 0.0], [1.0, 5.0]]))
