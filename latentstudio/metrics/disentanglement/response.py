"""The leakage matrix: what moving each attribute does to all others.

``L_ij = mean_k [F_j(G(w_k + λ n_i)) - F_j(G(w_k))] / σ_j``: a row for each direction n_i, a column
for each reading F_j. :func:`~latentstudio.metrics.population.leaks` gives a row; here they are put
together and summed up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from latentstudio.document.direction import Leak
from latentstudio.metrics.columns import Column, find
from latentstudio.metrics.population import Population, leaks

if TYPE_CHECKING:
    from latentstudio.metrics.api import Table


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What one direction moves; ready for JSON.

    Attributes
    ----------
    name, attribute, value
        Of the direction, and what it is to move.
    leaks
        One for each column: the mean with its interval, and the mean magnitude.
    share
        Of the magnitudes of all means that of the target, 0 to 1. The other classes of a
        categorical target are not counted: their probabilities have to give way.
    worst
        Index of the column that moves most beside the target; -1 where there is no other.
    n
        Samples.
    """

    name: str
    attribute: str
    value: str
    leaks: tuple[Leak, ...]
    share: float
    worst: int
    n: int


class LeakageMatrix(msgspec.Struct, frozen=True, kw_only=True):
    """What several directions move; ready for JSON.

    Attributes
    ----------
    columns
        What is read, in the order of the leaks.
    rows
        One for each direction.
    share
        Mean of the rows' shares: 1 where each direction moves its attribute alone.
    method, source
        How the number was found, and who reads the columns.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    share: float
    method: str
    source: str


def leakage_row(
    name: str,
    target: tuple[str, str],
    population: Population,
    before: Table,
    after: Table,
) -> Row:
    """What a direction moves.

    Parameters
    ----------
    name, target
        Of the direction; attribute and value ("" but for a class) that it is to move.
    population
        Of the generator, with its columns.
    before, after
        Readings [n, c] of the same n samples without and with it, n at least 2.

    Raises
    ------
    ValueError
        When no column is of the target, nothing moves at all, or there are too few samples.
    """
    columns = population.columns
    goal = find(columns, *target)
    found = leaks(columns, population, before, after)
    means = np.abs([leak.mean for leak in found])
    beside = np.array([column.attribute != target[0] for column in columns])
    whole = means[goal] + means[beside].sum()
    if not whole > 0.0:
        raise ValueError(f"the direction {name} moves nothing: give it a larger amount")
    return Row(
        name=name,
        attribute=target[0],
        value=target[1],
        leaks=found,
        share=float(means[goal] / whole),
        worst=int(np.where(beside, means, -1.0).argmax()) if beside.any() else -1,
        n=len(before),
    )


def leakage_matrix(rows: Sequence[Row], columns: Sequence[Column], *, source: str) -> LeakageMatrix:
    """Rows of the same columns, put together; ValueError when there is none, or they do not fit."""
    if not rows or any(len(row.leaks) != len(columns) for row in rows):
        raise ValueError(f"a leakage matrix needs rows of {len(columns)} columns, one at least")
    return LeakageMatrix(
        columns=tuple(columns),
        rows=tuple(rows),
        share=sum(row.share for row in rows) / len(rows),
        method="mean change of the readings over their standard deviation; share of the target",
        source=source,
    )
