"""Which channels inside a network answer to which attribute of its pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

QUANTILE = 1.959964  # of the normal distribution: 95% lie within


@dataclass(frozen=True)
class Response:
    """Correlations of channels with readings, and their 95% intervals.

    Attributes
    ----------
    correlation, low, high
        float64 [channels, c], -1 to 1. Where a channel or a reading never changes: 0, and -1
        to 1 for the interval, as nothing is known.
    n
        Samples they rest on.
    """

    correlation: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n: int


def channel_response(means: ArrayLike, readings: ArrayLike) -> Response:
    """Correlate each channel's mean activation with each reading, over samples.

    Parameters
    ----------
    means
        [n, channels]: a layer's activations, averaged over the map of each sample.
    readings
        [n, c] of the same samples: values and probabilities. A periodic reading such as a hue
        has no plain correlation: hand in its sine and cosine.

    Returns
    -------
    Response
        Pearson's correlation, with the interval of Fisher's z: artanh(r) ± 1.96 / √(n - 3).

    Raises
    ------
    ValueError
        With fewer than 4 samples, different numbers of them, or values that are not finite.
    """
    x, y = np.asarray(means, dtype=np.float64), np.asarray(readings, dtype=np.float64)
    n = len(x)
    if x.ndim != 2 or y.ndim != 2 or len(y) != n:
        raise ValueError(
            f"means {list(x.shape)} and readings {list(y.shape)} are not rows of the same samples"
        )
    if n < 4:
        raise ValueError(f"a correlation with an interval needs at least 4 samples, not {n}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("activations or readings are not finite")
    correlation = np.clip(_standardised(x).T @ _standardised(y), -1.0, 1.0)
    still = _still(x)[:, None] | _still(y)
    with np.errstate(divide="ignore"):  # artanh(±1) is infinite, and its tanh ±1 again
        z, half = np.arctanh(correlation), QUANTILE / math.sqrt(n - 3)
    low, high = np.tanh(z - half), np.tanh(z + half)
    low[still], high[still] = -1.0, 1.0
    return Response(correlation, low, high, n)


def answering(response: Response, column: int, k: int) -> NDArray[np.intp]:
    """The channels that answer to one reading, the strongest first: at most ``k`` of them.

    A channel whose interval contains 0 does not answer.
    """
    strength = np.abs(response.correlation[:, column])
    order = np.argsort(-strength, kind="stable")
    sure = (response.low[:, column] > 0.0) | (response.high[:, column] < 0.0)
    return order[sure[order]][:k]


def _still(x: NDArray[np.float64]) -> NDArray[np.bool_]:
    unchanged: NDArray[np.bool_] = np.ptp(x, axis=0) == 0.0
    return unchanged


def _standardised(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns of mean 0 and length 1; zeros for one that never changes."""
    centred = np.where(_still(x), 0.0, x - x.mean(axis=0))
    length = np.linalg.norm(centred, axis=0)
    unit: NDArray[np.float64] = centred / np.where(length > 0.0, length, 1.0)
    return unit
