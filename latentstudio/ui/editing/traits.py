"""The attributes of a classifier as the panel offers them: names, classes, and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from latentstudio.data.attributes import Attribute, title
from latentstudio.ui.numbers.words import MINUS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentstudio.metrics.columns import Column
    from latentstudio.metrics.population import Population

    Numbers = Sequence[float] | NDArray[Any]

REACH = 3.0  # standard deviations either way on a slider
HIDDEN = (
    "This generator hardly shows it: its pictures do not differ in it, so nothing can be edited."
)


@dataclass(frozen=True)
class Trait:
    """One attribute with its columns among the classifier's.

    Attributes
    ----------
    attribute
        What it is.
    columns
        Index of each of its columns: one, or one a class.
    shown
        For each of them, whether the generator shows it in different strength.
    reach
        Standard deviations from the mean that its slider goes either way.
    first
        The class to offer first: shown, and not the one that most pictures have anyway; "" unless
        the attribute is categorical.
    """

    attribute: Attribute
    columns: tuple[int, ...]
    shown: tuple[bool, ...]
    reach: float
    first: str

    @property
    def name(self) -> str:
        """As the classifier calls it."""
        return self.attribute.name

    @property
    def title(self) -> str:
        """For people."""
        return title(self.name)

    @property
    def able(self) -> bool:
        """Whether any of it can be edited."""
        return any(self.shown)

    @property
    def values(self) -> tuple[str, ...]:
        """The classes to choose from; none unless the attribute is categorical."""
        return self.attribute.values if self.attribute.kind == "categorical" else ()

    def place(self, value: str) -> int:
        """Which of its columns a class has; the only one for ""."""
        return self.values.index(value) if value in self.values else 0

    def label(self, value: str) -> str:
        """``Smile``, or ``Glasses: round``."""
        return f"{self.title}: {plain(value)}" if value else self.title

    def words(self, readings: Numbers) -> str:
        """What a picture shows of it: ``round 97%``, ``yes 84%`` or ``−0.31``."""
        own = [float(readings[i]) for i in self.columns]
        kind, values = self.attribute.kind, self.attribute.values
        if kind == "continuous":
            return number(own[0], signed=self.attribute.low < 0)
        shares = own if kind == "categorical" else [1.0 - own[0], own[0]]
        best = max(range(len(shares)), key=shares.__getitem__)
        return f"{plain(values[best])} {percent(shares[best])}"

    def matches(self, text: str) -> bool:
        """Whether every word of ``text`` is in its name, its classes or its description."""
        all_words = " ".join((self.title, *map(plain, self.attribute.values), self.attribute.help))
        return all(word in all_words.lower() for word in text.lower().split())


def traits(
    columns: Sequence[Column], attributes: Sequence[Attribute], population: Population
) -> dict[str, Trait]:
    """All attributes of a classifier by name, in its order."""
    found = {}
    for attribute in attributes:
        own = tuple(i for i, column in enumerate(columns) if column.attribute == attribute.name)
        shown = tuple(population.shows(i) for i in own)
        reach, sd = REACH, float(population.score_sd[own[0]])
        if attribute.period and sd > 0:  # a circle ends half a turn from the mean
            reach = min(REACH, attribute.period / 2 / sd)
        first = ""
        if attribute.kind == "categorical":
            common = max(own, key=population.reading_mean.__getitem__)
            able = [value for value, i, on in zip(attribute.values, own, shown, strict=True)
                    if on and i != common]  # fmt: skip
            first = (able or attribute.values)[0]
        found[attribute.name] = Trait(attribute, own, shown, reach, first)
    return found


def plain(value: str) -> str:
    """A class for people."""
    return value.replace("_", " ")


def number(value: float, *, signed: bool = True) -> str:
    """``+0.62``, ``−0.31``; without the plus where all values are positive."""
    words = f"{value:+.2f}" if signed else f"{value:.2f}"
    return words.replace("-", MINUS)


def percent(share: float) -> str:
    """``97%``; 100% only for what rounds to it in tenths too."""
    return "100%" if share >= 0.9995 else f"{min(99, round(100 * share))}%"
