"""Which slider moves which attribute, as a matrix and as a table. No Qt."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from latentstudio.export.heatmap import HeatMap
from latentstudio.ui.directions.words import column_words, signed

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction, Leak

UNIT = "standard deviations per unit of the slider"
LEAST = 0.5  # σ at which the colours are full, at least
FIELDS = ("slider", "attribute", "value", "mean", "low", "high", "size", "samples")


@dataclass(frozen=True)
class Measured:
    """A slider, what amount 1 of it moves, and over how many samples."""

    direction: Direction
    leaks: tuple[Leak, ...]
    n: int


@dataclass(frozen=True, eq=False)
class LeakageTable:
    """Attributes by sliders.

    Attributes
    ----------
    measured
        One a column of the map.
    cells
        By row and column, the leak that stands there; None where nothing is known.
    map
        The same as numbers with names.
    """

    measured: tuple[Measured, ...]
    cells: tuple[tuple[Leak | None, ...], ...]
    map: HeatMap

    def own(self, row: int, column: int) -> bool:
        """Whether the slider is there to move this."""
        direction = self.measured[column].direction
        return bool(direction.attribute) and self.attribute(row) == direction.attribute

    def held(self, row: int, column: int) -> bool:
        """Whether it was made not to move this."""
        return self.attribute(row) in self.measured[column].direction.kept

    def attribute(self, row: int) -> str:
        """Whose row it is."""
        return next(leak.attribute for leak in self.cells[row] if leak is not None)

    def sentence(self, row: int, column: int) -> str:
        """Say such as ``Smile moves Age by +0.62 σ (95% +0.55 to +0.69, 256 samples).``."""
        shown, leak = self.measured[column], self.cells[row][column]
        if leak is None:
            return f"{shown.direction.name}: not measured yet."
        name = column_words(leak.attribute, leak.value)
        return (
            f"{shown.direction.name} moves {name} by {signed(leak.mean)} σ (95% {signed(leak.low)}"
            f" to {signed(leak.high)}, {shown.n:,} samples)."
        )


def leakage_table(measured: Sequence[Measured], checkpoint: str, every: bool) -> LeakageTable:
    """Put the measured sliders side by side.

    Parameters
    ----------
    measured
        At least one with leaks.
    checkpoint
        Name of the generator, for the caption.
    every
        A row for each class; else one for each attribute, with what changed most.
    """
    known = [{_key(leak, every): leak for leak in _largest_last(m.leaks)} for m in measured]
    keys = list(dict.fromkeys(_key(leak, every) for m in measured for leak in m.leaks))
    cells = tuple(tuple(column.get(key) for column in known) for key in keys)
    fields = np.array(
        [[(c.mean, c.low, c.high) if c else (np.nan,) * 3 for c in row] for row in cells]
    ).reshape(len(keys), len(measured), 3)
    few = min((m.n for m in measured if m.leaks), default=0)
    caption = f"Mean change over {few:,} samples of {checkpoint}, in {UNIT}"
    names = [column_words(*key) for key in keys]
    columns = [m.direction.name for m in measured]
    values, low, high = np.moveaxis(fields, 2, 0)
    # The colours end at what leaks: what the sliders are for would leave the rest pale.
    own = [[key[0] == m.direction.attribute for m in measured] for key in keys]
    end = max(LEAST, float(np.nan_to_num(np.abs(np.where(own, 0.0, values))).max(initial=0.0)))
    shown = HeatMap("What each slider moves", caption, names, columns, "Attribute", "Slider",
                    values, low, high, "σ per unit", end)  # fmt: skip
    return LeakageTable(tuple(measured), cells, shown)


def to_csv(measured: Sequence[Measured]) -> str:
    """One line for each slider and column; lines end in CR LF (RFC 4180)."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(FIELDS)
    for m in measured:
        for leak in m.leaks:
            numbers = (leak.mean, leak.low, leak.high, leak.size, m.n)
            writer.writerow((m.direction.name, leak.attribute, leak.value, *numbers))
    return stream.getvalue()


def _key(leak: Leak, every: bool) -> tuple[str, str]:
    return leak.attribute, leak.value if every else ""


def _largest_last(leaks: Sequence[Leak]) -> list[Leak]:
    return sorted(leaks, key=lambda leak: abs(leak.mean))
