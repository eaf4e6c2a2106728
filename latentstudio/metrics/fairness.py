"""Whether groups are treated alike: demographic parity and equality of odds.

Hardt, Price and Srebro, "Equality of Opportunity in Supervised Learning" (2016), section 2. The
outcome may be what a classifier says, or an attribute that a generator gives its samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import msgspec
from torch import Tensor

from latentstudio.metrics.estimate import Interval, newcombe, wilson


class Rate(msgspec.Struct, frozen=True):
    """How often the outcome occurs in a group of n, with Wilson's 95% interval.

    An empty group has no rate.
    """

    group: str
    n: int
    share: float | None = None
    interval: Interval = (0.0, 1.0)


class Parity(msgspec.Struct, frozen=True):
    """The rates of all groups, and the greatest difference between two of them.

    The gap's 95% interval allows for its being the greatest of all (Bonferroni over the pairs of
    groups); None below two groups with members. Equal rates are possible where it begins at 0.
    """

    rates: tuple[Rate, ...]
    gap: float | None = None
    gap_interval: Interval | None = None


class Odds(msgspec.Struct, frozen=True):
    """Rates of the outcome where it is right to occur, and where it is wrong.

    Attributes
    ----------
    right, wrong
        True and false positive rates.
    """

    right: Parity
    wrong: Parity

    @property
    def gap(self) -> float | None:
        """The greater of the two gaps; 0 for equal odds."""
        return max((p.gap for p in (self.right, self.wrong) if p.gap is not None), default=None)


def demographic_parity(outcome: Tensor, group: Tensor, names: Sequence[str] = ()) -> Parity:
    """Whether the outcome is as frequent in every group.

    Parameters
    ----------
    outcome
        [n]: whether it occurs (bool, 0 or 1), or how probable that is. For an attribute of
        several values, ask for each.
    group
        Whole numbers [n] from 0 on; below 0 counts for no group.
    names
        Of the groups; their numbers by default.

    Raises
    ------
    ValueError
        When lengths differ, an outcome is outside 0 to 1 or NaN, or a group has no name.
    """
    happened, names = _checked(outcome, group, names)
    rates = []
    for number, name in enumerate(names):
        members = happened[group == number]
        share = min(1.0, float(members.mean())) if len(members) else None
        interval = (0.0, 1.0) if share is None else wilson(share, len(members))
        rates.append(Rate(name, len(members), share, interval))
    return _parity(rates)


def equalised_odds(
    truth: Tensor, outcome: Tensor, group: Tensor, names: Sequence[str] = ()
) -> Odds:
    """Whether the outcome is right as often, and wrong as often, in every group.

    Parameters
    ----------
    truth
        [n]: whether it should occur (bool, 0 or 1).
    outcome, group, names
        As in :func:`demographic_parity`.

    Raises
    ------
    ValueError
        As :func:`demographic_parity`.
    """
    if truth.shape != outcome.shape:
        raise ValueError(f"{len(truth)} truths do not belong to {len(outcome)} outcomes")
    _, names = _checked(outcome, group, names)
    should = truth.bool()
    right, wrong = (
        demographic_parity(outcome[where], group[where], names) for where in (should, ~should)
    )
    return Odds(right, wrong)


def _checked(
    outcome: Tensor, group: Tensor, names: Sequence[str]
) -> tuple[Tensor, tuple[str, ...]]:
    happened = outcome.double()
    if outcome.ndim != 1 or outcome.shape != group.shape:
        raise ValueError(
            f"outcomes {list(outcome.shape)} and groups {list(group.shape)} do not belong together"
        )
    if not bool(((happened >= 0.0) & (happened <= 1.0)).all()):
        raise ValueError("an outcome is no probability: it has to be within 0 and 1")
    count = int(group.max()) + 1 if len(group) else 0
    named = tuple(names) or tuple(str(number) for number in range(count))
    if count > len(named):
        raise ValueError(f"group {count - 1} has no name: {len(named)} are given")
    return happened, named


def _parity(rates: Sequence[Rate]) -> Parity:
    known = [(rate.share, rate.n) for rate in rates if rate.share is not None]
    if len(known) < 2:
        return Parity(tuple(rates))
    z = NormalDist().inv_cdf(1.0 - 0.025 / math.comb(len(known), 2))
    (high, n_high), (low, n_low) = max(known), min(known)
    below, above = newcombe(high, wilson(high, n_high, z), low, wilson(low, n_low, z))
    return Parity(tuple(rates), high - low, (max(0.0, below), min(1.0, above)))
