"""Samples against data, attribute by attribute. Runs in a thread; torch is imported late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from latentstudio.data.attributes import title
from latentstudio.metrics.groups import Question, chance, group_names, members
from latentstudio.ui.samples.blocks import Block, Row, Share
from latentstudio.ui.samples.densities import distance, hills

if TYPE_CHECKING:
    from torch import Tensor

    from latentstudio.data.attributes import Attribute
    from latentstudio.document.sampling import Sampling
    from latentstudio.metrics.composition import Shares, Spread
    from latentstudio.metrics.fairness import Parity
    from latentstudio.ui.samples.source import SampleSet

NO_LABELS = "Equality of odds needs true labels of both, and this data set has none."
OF_CLASSES = "Of samples: the class that was asked for, against what the classifier sees."
OF_DATA = "Of the data: how the classifier itself errs, by the true labels."


@dataclass(frozen=True, eq=False)
class Composition:
    """What a comparison gave.

    Attributes
    ----------
    sampling, n, m
        Of the samples, and how many; how many reals.
    blocks
        One for each attribute, the most different first.
    parity, odds
        The answers to a question; empty without one.
    note
        What the odds are of, or why there are none.
    """

    sampling: Sampling
    n: int
    m: int
    blocks: tuple[Block, ...]
    parity: tuple[Block, ...] = ()
    odds: tuple[Block, ...] = ()
    note: str = ""


class _Side:
    """One side's readings, and what was worked out from them."""

    def __init__(self, readings: dict[str, Tensor]) -> None:
        self.readings = readings
        self._shares: dict[str, Shares] = {}
        self._sorted: dict[str, tuple[np.ndarray, Spread]] = {}

    def shares(self, attribute: Attribute) -> Shares:
        from latentstudio.metrics.composition import shares

        if attribute.name not in self._shares:
            self._shares[attribute.name] = shares(attribute, self.readings[attribute.name])
        return self._shares[attribute.name]

    def sorted(self, attribute: Attribute) -> tuple[np.ndarray, Spread]:
        from latentstudio.metrics.composition import spread

        if attribute.name not in self._sorted:
            values = self.readings[attribute.name]
            self._sorted[attribute.name] = np.sort(values.numpy()), spread(attribute, values)
        return self._sorted[attribute.name]


class Composer:
    """Compares, and remembers what the classifier says of the data."""

    def __init__(self) -> None:
        self._of: tuple[object, object] | None = None
        self._data = _Side({})

    def __call__(
        self,
        samples: SampleSet,
        reals: Any,
        features: Any,
        question: Question | None = None,
        classes: tuple[str, ...] = (),
    ) -> Composition:
        """Compare samples with all reals, both as the feature space's classifier reads them.

        ``classes`` are the names of the generator's, for the odds.

        Raises
        ------
        ValueError
            One sentence, when they cannot be compared.
        """
        import torch

        real = reals.side
        if self._of != (id(real), id(features)):
            self._data, self._of = _Side(features.read(real.rows)), (id(real), id(features))
        drawn = _Side({name: torch.tensor(x) for name, x in samples.readings.items()})
        n, m = samples.n, len(real.rows)
        blocks = [
            _block(attribute, self._data, drawn) for attribute in features.classifier.attributes
        ]
        blocks.sort(key=lambda block: -block.difference)
        if question is None:
            return Composition(samples.sampling, n, m, tuple(blocks))
        parity = _parity(question, self._data, drawn)
        asked = samples.draws.labels if classes == question.outcome.values else None
        # Labels of the same name but other values would be truths of something else.
        read = {(a.name, a.kind, a.values) for a in features.classifier.attributes}
        meant = [a.name for a in reals.attributes if (a.name, a.kind, a.values) in read]
        labels = {name: real.labels[name] for name in meant if name in real.labels}
        odds, note = _odds(question, self._data, drawn, labels, asked)
        return Composition(samples.sampling, n, m, tuple(blocks), (parity,), odds, note)


def _block(attribute: Attribute, data: _Side, drawn: _Side) -> Block:
    from latentstudio.metrics.composition import differences

    name, tip = title(attribute.name), attribute.help
    if attribute.kind == "continuous":
        (real, of_real), (fake, of_fake) = data.sorted(attribute), drawn.sorted(attribute)
        words = " → ".join(map(_spread_words, (of_real, of_fake)))
        far = distance(attribute, real, fake)
        return Block(name, words, (), hills(attribute, real, fake), far, tip)
    reals, fakes = data.shares(attribute), drawn.shares(attribute)
    apart = differences(fakes, reals)
    rows = tuple(
        Row(value, Share(*a), Share(*b), low > 0.0 or high < 0.0)
        for value, a, b, low, high in zip(
            attribute.values, _columns(reals), _columns(fakes), apart.low, apart.high, strict=True
        )
    )
    far = sum(map(abs, apart.difference)) / 2
    rows = rows[1:] if attribute.kind == "binary" else rows
    return Block(name, f"{far:.0%} apart", rows, None, far, tip)


def _parity(question: Question, data: _Side, drawn: _Side) -> Block:
    from latentstudio.metrics.measure.composed import parities

    both = parities(question, data.readings, drawn.readings)
    rows = _rows(group_names(question.group), *both)
    words = f"P({question.outcome_words} | {question.group_words})"
    return Block(words, "", rows, tip="The same chance in every group: no gap")


def _odds(
    question: Question, data: _Side, drawn: _Side, labels: dict[str, Tensor], asked: Any
) -> tuple[tuple[Block, ...], str]:
    import torch

    from latentstudio.metrics.fairness import equalised_odds

    outcome, group, value = question.outcome, question.group, question.value
    reals, names = data.readings[group.name], group_names(group)
    if asked is not None:
        side, truth, known = drawn, torch.from_numpy(asked), drawn.readings[group.name]
    elif outcome.name in labels and group.name in labels:
        side, truth, known = data, labels[outcome.name], labels[group.name]
    else:
        return (), NO_LABELS
    labelled = truth >= 0
    odds = equalised_odds(
        (truth == value)[labelled],
        chance(outcome, value, side.readings[outcome.name])[labelled],
        members(group, known, reals if asked is not None else known)[labelled],
        names,
    )
    blocks = []
    for words, parity in (("seen where it is", odds.right), ("seen where it is not", odds.wrong)):
        both = (None, parity) if asked is not None else (parity, None)
        blocks.append(Block(title(f"{question.outcome_words} {words}"), "", _rows(names, *both)))
    return tuple(blocks), OF_CLASSES if asked is not None else OF_DATA


def _rows(names: tuple[str, ...], data: Parity | None, samples: Parity | None) -> tuple[Row, ...]:
    sides = [_rates(parity, len(names)) for parity in (data, samples)]
    rows = [
        Row(name, a, b, a is not None and b is not None and (a.high < b.low or b.high < a.low))
        for name, a, b in zip((*names, "largest gap"), *sides, strict=True)
    ]
    return tuple(rows)


def _rates(parity: Parity | None, count: int) -> list[Share | None]:
    """Of every group, and the gap."""
    if parity is None:
        return [None] * (count + 1)
    rates = [
        None if rate.share is None else Share(rate.share, *rate.interval) for rate in parity.rates
    ]
    if parity.gap is None or parity.gap_interval is None:
        return [*rates, None]
    return [*rates, Share(parity.gap, *parity.gap_interval)]


def _columns(shares: Shares) -> list[tuple[float, float, float]]:
    return list(zip(shares.share, shares.low, shares.high, strict=True))


def _spread_words(spread: Spread) -> str:
    mean = round(spread.mean, 2) + 0.0  # no minus before nothing
    return f"{mean:.2f} ± {spread.deviation:.2f}".replace("-", "−")
