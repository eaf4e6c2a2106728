"""Numbers that were estimated from samples, and how far they may be off."""

from __future__ import annotations

import math

import msgspec

Interval = tuple[float, float]


class Estimate(msgspec.Struct, frozen=True):
    """A number that was estimated from samples, with its standard error."""

    value: float
    stderr: float

    @property
    def interval(self) -> Interval:
        """The 95% normal interval."""
        return self.value - 1.96 * self.stderr, self.value + 1.96 * self.stderr

    @property
    def interval_above_zero(self) -> Interval:
        """The same for a number that cannot be negative."""
        low, high = self.interval
        return max(0.0, low), high


class Score(Estimate, frozen=True):
    """An estimate, and how many samples it rests on."""

    n: int


def newcombe(a: float, a_interval: Interval, b: float, b_interval: Interval) -> Interval:
    """Interval of a - b from Wilson's intervals of two independent proportions.

    Newcombe, "Interval Estimation for the Difference between Independent Proportions" (1998),
    method 10.
    """
    below = math.hypot(a - a_interval[0], b_interval[1] - b)
    above = math.hypot(a_interval[1] - a, b - b_interval[0])
    return a - b - below, a - b + above


def wilson(share: float, n: int, z: float = 1.96) -> Interval:
    """Interval of a proportion ``share`` of ``n`` independent samples.

    Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (1927): unlike
    the normal interval it stays within [0, 1], and does not shrink to nothing at 0 and 1.

    Parameters
    ----------
    share
        0 to 1.
    n
        At least 1.
    z
        Quantile of the normal distribution: 1.96 for 95%.

    Raises
    ------
    ValueError
        When share or n is out of range.
    """
    if not 0.0 <= share <= 1.0 or n < 1:
        raise ValueError(f"{share} of {n} samples is no proportion")
    spread = z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
