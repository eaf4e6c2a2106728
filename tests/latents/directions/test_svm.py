from __future__ import annotations

import numpy as np
import pytest

from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.ridge import fit_ridge
from latentstudio.latents.directions.svm import fit_svm


def test_two_clusters_are_parted_half_way():
    """The hardest pair lies along (3, 4): the plane's normal is (0.6, 0.8)."""
    ends = np.array([[3.0, 4.0], [-3.0, -4.0]])
    across = np.array([4.0, -3.0])
    codes = np.concatenate(
        [end + t * across for end in ends for t in np.linspace(-1, 1, 11)[:, None]]
    ).reshape(-1, 2)
    fit = fit_svm(codes, codes @ [0.6, 0.8], share=0.5)
    np.testing.assert_allclose(fit.direction, [0.6, 0.8], atol=1e-3)
    assert (fit.accuracy, fit.held) == (1.0, 8)
    assert (fit.slope, fit.intercept) == pytest.approx((1.0, 0.0), abs=1e-2)


def test_of_the_extremes_alone_it_is_further_from_the_truth_than_ridge_of_all():
    """At n = 10,000 and d = 512 cosines of 0.88 and 0.998; here a tenth of that, as many a d."""
    random = np.random.RandomState(0)
    codes, truth = random.randn(2500, 128), random.randn(128)
    truth /= np.linalg.norm(truth)
    scores = codes @ truth + 0.3 * random.randn(2500)
    few, many = fit_svm(codes, scores), fit_svm(codes, scores, share=0.2)
    assert few.direction @ truth == pytest.approx(0.88, abs=0.03)
    assert many.direction @ truth == pytest.approx(0.958, abs=0.03)
    assert fit_ridge(codes, scores).direction @ truth > 0.995
    assert few.accuracy == 1.0
    assert few.held == 30  # 30% of 50 at either end


def test_labels_that_mean_nothing_are_held_out_at_chance():
    random = np.random.RandomState(1)
    fit = fit_svm(random.randn(600, 4), random.randn(600), share=0.5)
    assert fit.held == 180
    assert 0.35 < fit.accuracy < 0.65


def test_refusals():
    codes, scores = np.random.RandomState(2).randn(100, 3), np.arange(100.0)
    with pytest.raises(DirectionError, match=r"2% of 100 samples are 2 each.*250 samples"):
        fit_svm(codes, scores)
    with pytest.raises(DirectionError, match="share is 0"):
        fit_svm(codes, scores, share=0.6)
