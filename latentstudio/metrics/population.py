"""How columns are distributed over a generator's samples, and what an edit moves of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from latentstudio.document.direction import Leak
from latentstudio.metrics.columns import Column, difference
from latentstudio.metrics.estimate import Estimate

# A column that varies less than this share of its range is not shown by a generator: a class in
# fewer than one of 2,500 pictures, or a fourteenth of the spread of a uniform attribute.
LEAST = 0.02

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Population:
    """How the columns are distributed over samples of one generator (psi 1).

    Attributes
    ----------
    columns
        Of the classifier that read them.
    n
        Samples, at least 2.
    reading_mean, reading_sd, score_mean, score_sd
        float64 [c]. Of a periodic column: the mean direction, and the root mean square of the
        short way from it, which is at most ``period / √12`` for an even spread.
    """

    columns: tuple[Column, ...]
    n: int
    reading_mean: Floats
    reading_sd: Floats
    score_mean: Floats
    score_sd: Floats

    @classmethod
    def of(
        cls,
        columns: Sequence[Column],
        readings: Tensor | NDArray[Any],
        scores: Tensor | NDArray[Any],
    ) -> Population:
        """From the readings and the scores of samples, [n, c] each; ValueError below 2."""
        columns = tuple(columns)
        return cls(columns, len(readings), *_moments(columns, readings), *_moments(columns, scores))

    def shows(self, i: int) -> bool:
        """Whether the generator shows column ``i`` in different strength at all."""
        return bool(self.reading_sd[i] >= LEAST * self.columns[i].span)

    @property
    def unit(self) -> Floats:
        """[c]: one standard deviation of the readings; for what is not shown, the least shown."""
        return np.maximum(self.reading_sd, [LEAST * column.span for column in self.columns])


def _moments(columns: tuple[Column, ...], x: Tensor | NDArray[Any]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column of x [n, c]."""
    x = _floats(x)
    if len(x) < 2:
        raise ValueError(f"{len(x)} samples have no standard deviation: give at least 2")
    mean = x.mean(axis=0)
    for i, column in enumerate(columns):
        if column.period:
            rate = 2 * math.pi / column.period
            turn = math.atan2(np.sin(x[:, i] * rate).mean(), np.cos(x[:, i] * rate).mean())
            laps = round((np.median(x[:, i]) - turn / rate) / column.period)
            mean[i] = turn / rate + laps * column.period  # among the numbers that people read
    squares = np.square(difference(columns, mean[None], x))
    sd: Floats = np.sqrt(squares.sum(axis=0) / (len(x) - 1))
    return mean, sd


def leaks(
    columns: Sequence[Column],
    population: Population,
    before: Tensor | NDArray[Any],
    after: Tensor | NDArray[Any],
) -> tuple[Leak, ...]:
    """What an edit moved, in standard deviations of the readings.

    Parameters
    ----------
    columns, population
        Of the classifier and the generator.
    before, after
        Readings [n, c] of n samples without and with the edit, n at least 2.

    Returns
    -------
    tuple of Leak
        One for each column: ``L = mean[F(G(w + edit)) - F(G(w))] / sd`` with its 95% normal
        interval, and the mean magnitude. Of what the generator hardly shows, the least
        deviation that counts as shown takes the place of the sd.

    Raises
    ------
    ValueError
        With fewer than 2 samples: they have no interval.
    """
    moved = difference(columns, _floats(before), _floats(after)) / population.unit
    n = len(moved)
    if n < 2:
        raise ValueError(f"leakage over {n} samples has no interval: give at least 2")
    means, sizes = moved.mean(axis=0), np.abs(moved).mean(axis=0)
    errors = moved.std(axis=0, ddof=1) / math.sqrt(n)
    found = []
    for column, mean, error, size in zip(columns, means, errors, sizes, strict=True):
        low, high = Estimate(float(mean), float(error)).interval
        found.append(Leak(column.attribute, column.value, float(mean), low, high, float(size)))
    return tuple(found)


def _floats(x: Tensor | NDArray[Any]) -> Floats:
    if isinstance(x, Tensor):
        x = x.detach().cpu().numpy()
    return np.asarray(x, dtype=np.float64)
