from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from latentstudio.metrics.channels import answering, channel_response


def samples(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Five channels, of which 1 follows reading 0, and 3 opposes it more closely."""
    random = np.random.RandomState(0)
    means, readings = random.randn(n, 5), random.randn(n, 2)
    means[:, 1] += 1.5 * readings[:, 0]
    means[:, 3] = 7.0 - 0.01 * (3.0 * readings[:, 0] + means[:, 3])
    return means, readings


def test_correlations_as_numpy_makes_them() -> None:
    means, readings = samples()
    got = channel_response(means, readings)
    want = np.corrcoef(means.T, readings.T)[:5, 5:]
    np.testing.assert_allclose(got.correlation, want, atol=1e-12)
    assert got.n == 60 and got.correlation.dtype == np.float64
    of_tensors = channel_response(torch.from_numpy(means), torch.from_numpy(readings))
    np.testing.assert_array_equal(of_tensors.correlation, got.correlation)


@pytest.mark.parametrize("n", [4, 5, 60])
def test_intervals_as_scipy_makes_them(n: int) -> None:
    means, readings = samples(n)
    got = channel_response(means, readings)
    for channel in range(5):
        for column in range(2):
            scipys = stats.pearsonr(means[:, channel], readings[:, column])
            low, high = scipys.confidence_interval(0.95)
            assert got.low[channel, column] == pytest.approx(low, abs=1e-5)
            assert got.high[channel, column] == pytest.approx(high, abs=1e-5)


def test_intervals_hold_in_95_of_100() -> None:
    random, inside = np.random.RandomState(1), []
    for _ in range(40):
        reading, own = random.randn(30, 1), random.randn(30, 50)
        got = channel_response(0.6 * reading + 0.8 * own, reading)  # a true correlation of 0.6
        inside.append(((got.low < 0.6) & (got.high > 0.6)).mean())
    assert np.mean(inside) == pytest.approx(0.95, abs=0.03)


def test_what_never_changes_tells_nothing() -> None:
    means, readings = samples()
    means[:, 2] = 0.1
    readings[:, 1] = 0.3
    got = channel_response(means, readings)
    assert (got.correlation[2] == 0).all() and (got.correlation[:, 1] == 0).all()
    assert (got.low[2] == -1).all() and (got.high[:, 1] == 1).all()
    assert answering(got, 1, 5).size == 0


def test_a_perfect_answer() -> None:
    reading = np.linspace(0, 1, 9)[:, None]
    got = channel_response(np.hstack([3 * reading, -reading]), reading)
    np.testing.assert_allclose(got.correlation[:, 0], [1, -1])
    np.testing.assert_allclose(got.low[:, 0], [1, -1], atol=1e-6)
    np.testing.assert_allclose(got.high[:, 0], [1, -1], atol=1e-6)


def test_the_strongest_answer_first() -> None:
    got = channel_response(*samples())
    assert answering(got, 0, 2).tolist() == [3, 1]
    assert answering(got, 0, 1).tolist() == [3]
    sure = answering(got, 0, 99)
    assert all(got.low[c, 0] > 0 or got.high[c, 0] < 0 for c in sure)
    assert len(sure) < 5


def test_refusals() -> None:
    means, readings = samples()
    with pytest.raises(ValueError, match="at least 4 samples, not 3"):
        channel_response(means[:3], readings[:3])
    with pytest.raises(ValueError, match=r"\[60, 5\] and readings \[59, 2\]"):
        channel_response(means, readings[1:])
    readings[0, 0] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        channel_response(means, readings)
