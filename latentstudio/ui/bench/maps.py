"""A report's matrices as maps for the screen, with a sentence for each cell. No Qt, no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from latentstudio.data.attributes import title
from latentstudio.export.inspection_text import fitted
from latentstudio.ui.directions.words import column_words, signed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentstudio.document.direction import Leak
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.metrics.columns import Column
    from latentstudio.metrics.disentanglement.response import Row
    from latentstudio.metrics.inspect.report import Report

SIGMA = 1.5  # standard deviations at which the colours of leakage are full


@dataclass(frozen=True, eq=False)
class Map:
    """A matrix with names.

    Attributes
    ----------
    rows, columns
        Names.
    values, low, high
        float64 [rows, columns]: numbers and their 95% intervals.
    own
        bool [rows, columns]: cells that are meant to be strong.
    faint
        Rows that are not to be trusted.
    end
        Where the colours are full.
    form
        A number as it stands in a cell.
    sentence
        What a cell says.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    own: NDArray[np.bool_]
    faint: frozenset[int]
    end: float
    form: Callable[[float], str]
    sentence: Callable[[int, int], str]


def layer_map(report: Report, info: GeneratorInfo | None, every: bool) -> Map | None:
    """Attributes by layers: how much each layer decides; None where that is not known.

    Parameters
    ----------
    report
        What was found.
    info
        Names the layers' resolutions.
    every
        A row for each class of an attribute, or one for all of them.
    """
    found = report.layers
    if found is None or not report.shown:
        return None
    groups = _groups(found.columns, report.shown, every)
    weights = _weights(np.array(found.change).T, groups.values())
    values, low, high = (weights @ np.array(t).T for t in (found.share, found.low, found.high))
    names, layers = tuple(groups), _layer_names(info, values.shape[1])

    def sentence(row: int, column: int) -> str:
        return (
            f"Layer {layers[column]} decides {values[row, column]:.0%} of {names[row]} (95%"
            f" {low[row, column]:.0%} to {high[row, column]:.0%}, {found.n:,} samples)."
        )

    largest = values == values.max(axis=1, keepdims=True)
    end = max(0.5, float(values.max()))
    return Map(names, layers, values, low, high, largest, frozenset(), end, _share, sentence)


def leakage_map(report: Report, every: bool) -> Map | None:
    """Directions by attributes: what each of them moves; None where that is not known.

    Parameters
    ----------
    report
        What was found.
    every
        A column for each class of an attribute, or one: for the class that the direction is for,
        or that it moves most.
    """
    found = report.leakage
    if found is None or not report.shown:
        return None
    groups = _groups(report.columns, report.shown, every)
    most = [[_strongest(row, group) for group in groups.values()] for row in found.matrix.rows]
    values, low, high = (
        np.array([[getattr(leak, field) for leak in row] for row in most])
        for field in ("mean", "low", "high")
    )
    pairs = zip(found.matrix.rows, most, strict=True)
    own = np.array([[_same(leak, row) for leak in leaks] for row, leaks in pairs])
    fits = [fitted(fit) for fit in found.directions]
    rows = tuple(row.name for row in found.matrix.rows)
    weak = frozenset(i for i, fit in enumerate(found.directions) if fit.weak)

    def sentence(row: int, column: int) -> str:
        leak = most[row][column]
        what = column_words(leak.attribute, leak.value)
        return (
            f"The direction of {rows[row]} (R² {fits[row]}) moves {what} by {signed(leak.mean)} σ"
            f" (95% {signed(leak.low)} to {signed(leak.high)}, {found.n:,} samples)."
        )

    return Map(rows, tuple(groups), values, low, high, own, weak, SIGMA,
               lambda value: signed(value, 1), sentence)  # fmt: skip


def _strongest(row: Row, group: Sequence[int]) -> Leak:
    """What a direction is for where that is in the group, else what it moves most."""
    own = (row.leaks[i] for i in group if _same(row.leaks[i], row))
    return next(own, None) or max((row.leaks[i] for i in group), key=lambda leak: abs(leak.mean))


def _same(leak: Leak, row: Row) -> bool:
    return (leak.attribute, leak.value) == (row.attribute, row.value)


def _groups(
    columns: Sequence[Column], shown: Sequence[int], every: bool
) -> dict[str, tuple[int, ...]]:
    """Indices of shown columns by the name that they stand under."""
    groups: dict[str, tuple[int, ...]] = {}
    for i in shown:
        name = columns[i].title if every else title(columns[i].attribute)
        groups[name] = (*groups.get(name, ()), i)
    return groups


def _weights(change: NDArray[np.float64], groups: Iterable[tuple[int, ...]]) -> NDArray[np.float64]:
    """[groups, columns]: the columns of a group by how much changes in each, [columns, layers].

    Means of intervals with these weights treat the classes' errors as one: too wide, if anything.
    """
    size = change.sum(axis=1)
    rows = []
    for group in groups:
        row = np.zeros(len(size))
        row[list(group)] = size[list(group)] if size[list(group)].any() else 1.0
        rows.append(row / row.sum())
    return np.stack(rows)


def _share(value: float) -> str:
    """Per cent; nothing for next to nothing, which would only be in the way."""
    return f"{value:.0%}" if value >= 0.005 else ""


def _layer_names(info: GeneratorInfo | None, count: int) -> tuple[str, ...]:
    """``4 · 16 px``, or the number alone."""
    if info is None or len(info.layers) != count:
        return tuple(map(str, range(count)))
    return tuple(f"{i} · {layer.resolution} px" for i, layer in enumerate(info.layers))
