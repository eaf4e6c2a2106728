"""What a set of pictures is made of: the shares of each attribute, with intervals.

Values are what is known (labels) or what a classifier reads (probabilities), as
:meth:`~latentstudio.metrics.spaces.classifier.AttributeClassifier.predict` gives them. All
intervals are of 95%.
"""

from __future__ import annotations

import math
from itertools import pairwise

import msgspec
import torch
import torch.nn.functional as F
from torch import Tensor

from latentstudio.data.attributes import Attribute
from latentstudio.metrics.estimate import Interval, newcombe, wilson
from latentstudio.metrics.fairness import demographic_parity as demographic_parity
from latentstudio.metrics.fairness import equalised_odds as equalised_odds
from latentstudio.metrics.frechet import rows

BINS = 5


class Shares(msgspec.Struct, frozen=True):
    """The shares of an attribute's values among n pictures.

    Attributes
    ----------
    attribute
        Its name.
    values
        Names of the values, or ranges of a continuous one.
    share, low, high
        0 to 1 each: the share, and its interval.
    n
        Pictures whose value is known.
    """

    attribute: str
    values: tuple[str, ...]
    share: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    n: int


class Differences(msgspec.Struct, frozen=True):
    """By how much shares in one set are above those in another, -1 to 1, with intervals."""

    attribute: str
    values: tuple[str, ...]
    difference: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class Spread(msgspec.Struct, frozen=True):
    """Mean and standard deviation of a continuous attribute, in its own unit.

    Of a periodic one: the mean direction, within ``low`` to ``high``, and the circular standard
    deviation ``√(-2 ln R)`` with R the length of the mean vector (Mardia and Jupp, "Directional
    Statistics", 2000, section 2.3.4); infinite where no direction stands out at all.
    """

    mean: float
    mean_interval: Interval
    deviation: float
    deviation_interval: Interval
    n: int


def shares(attribute: Attribute, values: Tensor, bins: int = BINS) -> Shares:
    """Count the values of an attribute.

    Parameters
    ----------
    attribute
        Says what the values mean.
    values
        Whole numbers [n]: labels, below 0 where unknown. Floats: probabilities [n, classes]
        (categorical) or [n] of the second value (binary), or the value itself [n] (continuous),
        NaN where unknown.
    bins
        Equal ranges that a continuous attribute is cut into; what lies outside of all counts
        for the outermost.

    Returns
    -------
    Shares
        Probabilities are averaged: counting the likeliest would turn what cannot be seen into
        the commonest value. Intervals are Wilson's, of counts; averages of probabilities vary
        less, so for them they are rather too wide.

    Raises
    ------
    ValueError
        When values do not belong to the attribute, or none is known.
    """
    weights = _weights(attribute, values, bins)
    n, means = len(weights), weights.mean(dim=0).clamp(0.0, 1.0).tolist()
    intervals = [wilson(mean, n) for mean in means]
    return Shares(
        attribute.name,
        attribute.values or _ranges(attribute, bins),
        tuple(means),
        tuple(low for low, _ in intervals),
        tuple(high for _, high in intervals),
        n,
    )


def differences(samples: Shares, data: Shares) -> Differences:
    """How far the shares among samples are above those in the data.

    ValueError when they are of different attributes.
    """
    if (samples.attribute, samples.values) != (data.attribute, data.values):
        raise ValueError(f"{samples.attribute!r} cannot be compared with {data.attribute!r}")
    intervals = [
        newcombe(a, (a_low, a_high), b, (b_low, b_high))
        for a, a_low, a_high, b, b_low, b_high in zip(
            samples.share, samples.low, samples.high, data.share, data.low, data.high, strict=True
        )
    ]
    return Differences(
        samples.attribute,
        samples.values,
        tuple(a - b for a, b in zip(samples.share, data.share, strict=True)),
        tuple(low for low, _ in intervals),
        tuple(high for _, high in intervals),
    )


def spread(attribute: Attribute, values: Tensor) -> Spread:
    """Mean and deviation of a continuous attribute's values [n], at least 2 of them not NaN.

    Intervals are normal, by the delta method. ValueError for other attributes, or fewer values.
    """
    if attribute.kind != "continuous":
        raise ValueError(f"{attribute.name!r} has no mean: it is not continuous")
    known = _known(attribute, values)
    n = len(known)
    if n < 2:
        raise ValueError(f"{attribute.name!r} needs at least 2 known values; there is 1")
    if not attribute.period:
        mean, deviation = float(known.mean()), float(known.std())
        away = known - mean
        pull = away.square() / (2.0 * deviation) if deviation else away
    else:
        unit = attribute.period / (2.0 * math.pi)
        angle = (known - attribute.low) / unit
        x, y = float(angle.cos().mean()), float(angle.sin().mean())
        turned, length = angle - math.atan2(y, x), min(1.0, math.hypot(x, y))
        mean = attribute.low + unit * (math.atan2(y, x) % (2.0 * math.pi))
        deviation = unit * math.sqrt(-2.0 * math.log(length)) if length else math.inf
        away = turned.sin() * (unit / max(length, 1e-12))
        pull = turned.cos() * (unit**2 / max(length * deviation, 1e-12))
    half, room = (1.96 * float(part.std()) / math.sqrt(n) for part in (away, pull))
    return Spread(
        mean,
        (mean - half, mean + half),
        deviation,
        (max(0.0, deviation - room), deviation + room),
        n,
    )


def _known(attribute: Attribute, values: Tensor) -> Tensor:
    known = values[~values.isnan()].double() if values.ndim == 1 else values
    if known.ndim != 1 or len(known) == 0:
        raise ValueError(f"no value of {attribute.name!r} is known")
    return known


def _weights(attribute: Attribute, values: Tensor, bins: int) -> Tensor:
    """How far each picture counts for each value: float64 [n, values], rows add up to 1."""
    if attribute.kind == "continuous":
        place = (_known(attribute, values) - attribute.low) / (attribute.high - attribute.low)
        # A label on the upper end of a circle stands for the lower.
        place = place.remainder(1.0) if attribute.period else place
        return F.one_hot((place * bins).floor().long().clamp(0, bins - 1), bins).double()
    classes = len(attribute.values)
    if not values.is_floating_point():
        known = values[values >= 0].long()
        if values.ndim != 1 or len(known) == 0 or int(known.max()) >= classes:
            raise ValueError(f"these are no labels of {attribute.name!r}")
        return F.one_hot(known, classes).double()
    if attribute.kind == "binary" and values.ndim == 1:
        values = torch.stack([1.0 - values, values], dim=1)
    wide = rows(values)
    if wide.shape[1] != classes or float(wide.min()) < -1e-6 or float(wide.max()) > 1 + 1e-6:
        raise ValueError(f"these are no probabilities of {attribute.name!r}")
    return wide


def _ranges(attribute: Attribute, bins: int) -> tuple[str, ...]:
    width = (attribute.high - attribute.low) / bins
    edges = [f"{attribute.low + i * width:.3g}" for i in range(bins + 1)]
    return tuple(f"{a} to {b}" for a, b in pairwise(edges))
