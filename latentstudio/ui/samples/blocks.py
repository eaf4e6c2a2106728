"""What the composition chart shows, as plain data. No Qt, no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Share:
    """A share, 0 to 1, and its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """The same share in the data and among the samples; None where it is not known.

    ``differs`` says that the difference is beyond chance.
    """

    label: str
    data: Share | None
    samples: Share | None
    differs: bool = False


@dataclass(frozen=True, eq=False)
class Hills:
    """Two densities over the same range.

    Attributes
    ----------
    data, samples
        float64 [bins]: shares of the whole.
    differs
        Whether they differ beyond chance.
    """

    data: NDArray[np.float64]
    samples: NDArray[np.float64]
    differs: bool


@dataclass(frozen=True, eq=False)
class Block:
    """One attribute, or one table, of the chart.

    Attributes
    ----------
    title, words
        The heading, and what stands at its right.
    rows, hills
        One of the two.
    difference
        Between the two sides, 0 to 1: blocks are sorted by it.
    tip
        What the attribute describes.
    """

    title: str
    words: str = ""
    rows: tuple[Row, ...] = ()
    hills: Hills | None = None
    difference: float = 0.0
    tip: str = ""

    @property
    def differs(self) -> bool:
        """Whether anything in it does."""
        return any(row.differs for row in self.rows) or bool(self.hills and self.hills.differs)
