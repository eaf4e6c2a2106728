"""In which order samples hang on the wall. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from latentstudio.data.attributes import Attribute
    from latentstudio.ui.samples.source import SampleSet

NUMBER, INFLUENCE, REALISM, DISTANCE = "number", "influence", "realism", "distance"
# Key, name, and how the two directions are called: largest first, smallest first.
KEYS = (
    (NUMBER, "Number", "newest first", "in order"),
    (INFLUENCE, "Influence on FID", "worst first", "best first"),
    (REALISM, "Realism", "most real first", "least real first"),
    (DISTANCE, "Distance to the mean", "farthest first", "nearest first"),
)


@dataclass(frozen=True)
class Order:
    """How the wall is arranged.

    Attributes
    ----------
    by
        One of :data:`KEYS`, where there is no ``attribute``.
    attribute, value
        Sort by what the classifier says of it; for a categorical one, the probability of that
        value.
    largest_first
        The direction.
    only
        Show samples alone that the classifier takes for (attribute, value); None shows all.
    """

    by: str = NUMBER
    attribute: Attribute | None = None
    value: int = 0
    largest_first: bool = False
    only: tuple[Attribute, int] | None = None

    def words(self, value: float) -> str:
        """A value that was sorted by, in a few letters."""
        if not np.isfinite(value):
            return "–"
        if self.attribute is not None:
            share = self.attribute.kind != "continuous"
            text = f"{value:.0%}" if share else f"{value:.2f}"
        elif self.by == NUMBER:
            text = f"#{value:.0f}"
        else:
            decimals = max(0, 3 - len(f"{abs(value):.0f}"))
            text = f"{value:{'+' * (self.by == INFLUENCE)}.{decimals}f}"
        return text.replace("-", "−")


@dataclass(frozen=True, eq=False)
class Arrangement:
    """Samples in an order.

    Attributes
    ----------
    samples, order
        Of what, and by what.
    rows
        int64 [k]: the sample's number in each place.
    values
        float64 [n]: by sample number, what was sorted by.
    """

    samples: SampleSet
    order: Order
    rows: NDArray[np.int64]
    values: NDArray[np.float64]

    def after(self, rows: NDArray[np.int64]) -> Arrangement:
        """The same samples with those of ``rows`` staying in front, in that order."""
        stay = rows[np.isin(rows, self.rows)]
        new = self.rows[np.isin(self.rows, stay, invert=True)]
        return replace(self, rows=np.concatenate([stay, new]))

    def words(self, number: int) -> str:
        """What was sorted by, for that sample."""
        return self.order.words(float(self.values[number]))


def arrange(samples: SampleSet, order: Order) -> Arrangement:
    """Sort; influence and realism take a while. Values that are no number come last."""
    values = np.asarray(_values(samples, order), dtype=np.float64)
    rows = np.argsort(-values if order.largest_first else values, kind="stable")
    if order.only is not None:
        attribute, wanted = order.only
        reading = samples.readings[attribute.name]
        seen = reading.argmax(1) if reading.ndim == 2 else reading > 0.5
        rows = rows[seen[rows] == wanted]
    return Arrangement(samples, order, rows, values)


def _values(samples: SampleSet, order: Order) -> object:
    if order.attribute is not None:
        reading = samples.readings[order.attribute.name]
        return reading[:, order.value] if reading.ndim == 2 else reading
    if order.by == INFLUENCE:
        return samples.influence()
    if order.by == REALISM:
        return samples.realism()
    return samples.distance if order.by == DISTANCE else np.arange(samples.n)
