from __future__ import annotations

import numpy as np
import pytest
import torch

from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.sefa import sefa


def test_by_hand():
    """Three outputs listen to x, one to y, of whatever weight: eigenvalues 3 and 1."""
    weights = [torch.tensor([[5.0, 0.0], [-2.0, 0.0]]), torch.tensor([[0.0, 0.1], [1.0, 0.0]])]
    vectors, values = sefa(weights)
    np.testing.assert_allclose(vectors, [[1.0, 0.0], [0.0, 1.0]], atol=1e-15)
    np.testing.assert_allclose(values, [3.0, 1.0])


def test_a_known_basis_comes_back_in_order_with_its_sign():
    turn = np.linalg.qr(np.random.RandomState(0).randn(6, 6))[0].T  # rows
    counts = [1, 9, 4, 16, 2, 7]
    scales = np.random.RandomState(1).uniform(0.1, 10.0, sum(counts))
    weights = np.repeat(turn, counts, axis=0) * scales[:, None]
    vectors, values = sefa([weights[:20], weights[20:]], k=4)
    np.testing.assert_allclose(values, [16.0, 9.0, 7.0, 4.0], atol=1e-9)
    for mine, other in zip(vectors, turn[[3, 1, 5, 2]], strict=True):
        sign = 1.0 if other[np.abs(other).argmax()] > 0 else -1.0
        np.testing.assert_allclose(mine, sign * other, atol=1e-9)


def test_is_the_singular_value_decomposition_of_the_normalised_weights():
    weights = np.random.RandomState(2).randn(40, 12).astype(np.float32)
    weights[7] = 0.0  # an output that listens to nothing
    lengths = np.linalg.norm(weights.astype(np.float64), axis=1, keepdims=True)
    _, sizes, rows = np.linalg.svd(weights / np.where(lengths > 0, lengths, 1.0))
    vectors, values = sefa([torch.from_numpy(weights)])
    np.testing.assert_allclose(values, sizes**2, rtol=1e-10)
    np.testing.assert_allclose(np.abs((vectors * rows).sum(axis=1)), 1.0, atol=1e-10)
    assert (np.take_along_axis(vectors, np.abs(vectors).argmax(1)[:, None], 1) > 0).all()


@pytest.mark.parametrize(
    ("weights", "k", "sentence"),
    [
        ([], 1, "no layer is chosen"),
        ([np.ones((2, 3)), np.ones((2, 4))], 1, r"latents of \[3, 4\] numbers"),
        ([np.zeros((2, 3))], 1, "are all 0"),
        ([np.ones((2, 3))], 4, "4 directions of 3 numbers"),
        ([np.ones((2, 3))], 0, "0 directions"),
        ([np.full((2, 3), np.nan)], 1, "not finite"),
    ],
)
def test_refusals(weights, k, sentence):
    with pytest.raises(DirectionError, match=sentence):
        sefa(weights, k)
