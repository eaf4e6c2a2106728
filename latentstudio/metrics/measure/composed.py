"""What a classifier reads in samples and in the data, by their features alone."""

from __future__ import annotations

from itertools import permutations
from operator import attrgetter

import msgspec
from torch import Tensor

from latentstudio.data.attributes import Attribute
from latentstudio.metrics.composition import Shares, shares
from latentstudio.metrics.fairness import Parity, demographic_parity
from latentstudio.metrics.groups import Question, chance, group_names, members
from latentstudio.metrics.spaces.features import ClassifierFeatures, Features

LARGEST = 10

Readings = dict[str, Tensor]


class Composition(msgspec.Struct, frozen=True):
    """The shares of an attribute's values in the data and among samples."""

    data: Shares
    samples: Shares


class Gap(msgspec.Struct, frozen=True):
    """How unequally frequent an outcome is between groups: demographic parity on both sides.

    Attributes
    ----------
    outcome, group
        For people: a value, such as ``round glasses``, and the attribute that makes the groups.
    data, samples
        The rates of the groups; of samples there is a gap.
    """

    outcome: str
    group: str
    data: Parity
    samples: Parity

    @property
    def certain(self) -> tuple[float, float]:
        """What the gap among samples is at least (the lower end of its interval), and the gap."""
        low, _ = self.samples.gap_interval or (0.0, 0.0)
        return low, self.samples.gap or 0.0


def compositions(
    features: Features, real: Tensor, fake: Tensor
) -> tuple[tuple[Composition, ...], tuple[Gap, ...]]:
    """Compare attribute by attribute, both sides as the features' classifier reads them.

    Parameters
    ----------
    features
        The space; nothing is found where it reads no attributes, or only such as were made up to
        learn from.
    real, fake
        Features [n, dim] and [m, dim] in it.

    Returns
    -------
    compositions
        Of all attributes, in the classifier's order.
    gaps
        The :data:`LARGEST` of :func:`gaps`.
    """
    if not isinstance(features, ClassifierFeatures) or features.classifier.pretext:
        return (), ()
    attributes = features.classifier.attributes
    data, samples = features.read(real), features.read(fake)
    found = tuple(
        Composition(
            shares(attribute, data[attribute.name].float()),
            shares(attribute, samples[attribute.name].float()),
        )
        for attribute in attributes
    )
    return found, gaps(tuple(attributes), data, samples)[:LARGEST]


def gaps(attributes: tuple[Attribute, ...], data: Readings, samples: Readings) -> tuple[Gap, ...]:
    """Ask of every two attributes that have values how one depends on the other.

    Parameters
    ----------
    attributes
        Continuous ones are passed over.
    data, samples
        A classifier's readings of them, as :meth:`ClassifierFeatures.read` gives them.

    Returns
    -------
    tuple of Gap
        One for each pair of outcome and group, of the outcome's value with the most certain gap
        among samples, the most certain first: a large gap between groups of a handful comes late.
    """
    valued = [attribute for attribute in attributes if attribute.kind != "continuous"]
    found = []
    for outcome, group in permutations(valued, 2):
        values = range(len(outcome.values)) if outcome.kind == "categorical" else (1,)
        asked = [_gap(Question(outcome, value, group), data, samples) for value in values]
        found.append(max(asked, key=attrgetter("certain")))
    known = [gap for gap in found if gap.samples.gap is not None]
    return tuple(sorted(known, key=attrgetter("certain"), reverse=True))


def _gap(question: Question, data: Readings, samples: Readings) -> Gap:
    return Gap(question.outcome_words, question.group_words, *parities(question, data, samples))


def parities(question: Question, data: Readings, samples: Readings) -> tuple[Parity, Parity]:
    """Demographic parity in the data and among samples, by a classifier's readings of both."""
    outcome, group = question.outcome, question.group
    in_data, in_samples = (
        demographic_parity(
            chance(outcome, question.value, side[outcome.name]),
            members(group, side[group.name], data[group.name]),
            group_names(group),
        )
        for side in (data, samples)
    )
    return in_data, in_samples
