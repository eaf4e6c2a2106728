"""A continuous attribute in the data and among samples, without assuming a shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentstudio.ui.samples.blocks import Hills

if TYPE_CHECKING:
    from latentstudio.data.attributes import Attribute

Values = NDArray[np.floating]
BINS = (16, 40)  # the more samples, the finer
# Kolmogorov and Smirnov's statistic; around a circle Kuiper's, which has no beginning (Press et
# al., "Numerical Recipes", section 14.3). 5% of equal distributions differ by more.
KS, KUIPER = 1.358, 1.747


def distance(attribute: Attribute, data: Values, samples: Values) -> float:
    """Greatest difference of the distribution functions, 0 to 1, of sorted values."""
    values = np.concatenate([data, samples])
    a, b = (np.searchsorted(x, values, side="right") / len(x) for x in (data, samples))
    above, below = float((a - b).max()), float((b - a).max())
    return above + below if attribute.period else max(above, below)


def hills(attribute: Attribute, data: Values, samples: Values) -> Hills:
    """Densities of sorted values over what the data span."""
    ends = (attribute.low, attribute.high)
    if not attribute.period:  # a classifier does not keep to the range
        ends = (float(data[len(data) // 1000]), float(data[-1 - len(data) // 1000]))
    n, m = len(samples), len(data)
    bins = int(np.clip(np.sqrt(n), *BINS))
    limit = (KUIPER if attribute.period else KS) * np.sqrt((n + m) / (n * m))
    differs = distance(attribute, data, samples) > limit
    real, fake = (_hill(attribute, x, bins, ends) for x in (data, samples))
    return Hills(real, fake, bool(differs))


def _hill(
    attribute: Attribute, values: Values, bins: int, ends: tuple[float, float]
) -> NDArray[np.float64]:
    if ends[0] == ends[1]:  # all alike
        ends = (ends[0] - 0.5, ends[1] + 0.5)
    shares = np.histogram(values, bins, ends)[0] / len(values)
    padded = np.pad(shares, 1, mode="wrap" if attribute.period else "edge")
    return np.convolve(padded, (0.25, 0.5, 0.25), mode="valid")
