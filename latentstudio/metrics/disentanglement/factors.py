"""What codes are judged by: the factors that pictures differ in, whoever named them.

A GAN has no encoder: codes are drawn, pictures made of them, and a classifier reads the factors off
the pictures. Every result therefore says where its factors came from (``source``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from latentstudio.data.attributes import Attribute, Kind
from latentstudio.metrics.disentanglement.codes import FOLDS, Floats, Whole, floats, steady

if TYPE_CHECKING:
    from latentstudio.metrics.api import Table
    from latentstudio.metrics.scores import Column


@dataclass(frozen=True, eq=False)
class Factor:
    """One factor of n samples.

    Attributes
    ----------
    name, kind
        As of the attribute.
    values
        float64: numbers [n, 1] of a continuous factor, cosine and sine [n, 2] of a periodic one
        (so that 359° is near 1°), probabilities [n, classes] of all others, rows adding up to 1;
        known labels are probabilities of 0 and 1.
    classes
        Names of the classes; () for numbers.
    """

    name: str
    kind: Kind
    values: Floats
    classes: tuple[str, ...] = ()

    @classmethod
    def of(cls, attribute: Attribute, values: Table) -> Factor:
        """A factor that an attribute describes.

        Parameters
        ----------
        attribute
            Says what the values mean.
        values
            Labels or numbers [n], all known; or probabilities: [n, classes], or floats [n] of the
            second value of a binary attribute.

        Raises
        ------
        ValueError
            For unknown values, or such as the attribute does not have.
        """
        numbers = floats(values, attribute.name)
        if attribute.kind == "continuous":
            return cls(attribute.name, "continuous", _points(numbers, attribute.period))
        classes = len(attribute.values)
        if numbers.ndim == 1 and attribute.kind == "binary":
            numbers = np.stack([1.0 - numbers, numbers], axis=1)
        elif numbers.ndim == 1 and np.isin(numbers, np.arange(classes)).all():
            numbers = np.eye(classes)[numbers.astype(np.int64)]
        fits = numbers.ndim == 2 and numbers.shape[1] == classes
        if not fits or numbers.min() < -1e-6 or numbers.max() > 1.0 + 1e-6:
            raise ValueError(
                f"{attribute.name}: these are neither labels nor probabilities of {classes} classes"
            )
        return cls(attribute.name, attribute.kind, numbers, attribute.values)

    @property
    def labels(self) -> Whole:
        """The likeliest class of each sample: [n]."""
        likeliest: Whole = self.values.argmax(axis=1)
        return likeliest

    @property
    def seen(self) -> Whole:
        """Classes that are the likeliest of some sample, in order."""
        return np.unique(self.labels)

    @property
    def order(self) -> Floats:
        """A number [n] by which samples can be sorted into folds that are alike."""
        return self.labels.astype(np.float64) if self.classes else self.values[:, 0]

    @property
    def lack(self) -> str:
        """Why nothing can be measured on it, as a sentence; "" where something can."""
        if not self.classes:
            return f"{self.name} is the same in all samples" if steady(self.values).all() else ""
        counts = np.bincount(self.labels)
        others = len(self.labels) - int(counts.max())
        if others >= FOLDS:
            return ""
        common = self.classes[int(counts.argmax())]
        rest = "all samples are" if others == 0 else f"all samples but {others} are"
        return f"{self.name}: {rest} {common!r}, and it takes {FOLDS} others to measure anything"


def factors_of(columns: Sequence[Column], readings: Table) -> tuple[Factor, ...]:
    """Factors that a classifier read: readings [n, c] as their columns describe them.

    The columns of one attribute stand side by side. ValueError on numbers that are not finite.
    """
    table = floats(readings, "the readings")
    if table.ndim != 2 or table.shape[1] != len(columns):
        raise ValueError(f"readings {list(table.shape)} do not have {len(columns)} columns")
    found, start = [], 0
    for name, group in groupby(columns, key=lambda column: column.attribute):
        parts = list(group)
        part = table[:, start : start + len(parts)]
        start += len(parts)
        first = parts[0]
        if first.kind == "continuous":
            found.append(Factor(name, first.kind, _points(part[:, 0], first.period)))
        elif first.kind == "binary":
            both = np.concatenate([1.0 - part, part], axis=1)
            found.append(Factor(name, first.kind, both, ("no", first.value or "yes")))
        else:
            values = tuple(column.value for column in parts)
            found.append(Factor(name, first.kind, part, values))
    return tuple(found)


def varying(factors: Sequence[Factor]) -> tuple[tuple[Factor, ...], tuple[str, ...]]:
    """The factors something can be measured on, and a sentence for each of the others."""
    lacks = [factor.lack for factor in factors]
    kept = tuple(factor for factor, lack in zip(factors, lacks, strict=True) if not lack)
    return kept, tuple(filter(None, lacks))


def _points(numbers: Floats, period: float) -> Floats:
    if numbers.ndim != 1:
        raise ValueError(f"numbers of the shape {list(numbers.shape)}; expected [n]")
    if not period:
        return numbers[:, None]
    angle = numbers * (2.0 * np.pi / period)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def unrolled(values: Floats) -> Floats:
    """Numbers [n] on a line: numbers [n, 1], or angles of points [n, 2] from their mean."""
    if values.shape[1] == 1:
        return values[:, 0]
    points = values @ np.array([1.0, 1.0j])
    angles: Floats = np.angle(points * points.mean().conj())
    return angles
