"""What a classifier says about pictures as columns of numbers.

A continuous or binary attribute has one column, a categorical one a column for each class.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from numpy.typing import NDArray
from torch import Tensor

from latentstudio.data.attributes import Attribute, Kind, title

Array = TypeVar("Array", Tensor, NDArray[Any])


class Column(msgspec.Struct, frozen=True):
    """One number about a picture.

    Attributes
    ----------
    attribute, value
        Such as ``glasses`` and ``round``; value "" unless the attribute is categorical.
    kind
        Of the attribute.
    period
        Of a continuous attribute that runs in a circle; 0 for all others.
    span
        Range of its readings: 1 for a probability.
    """

    attribute: str
    value: str = ""
    kind: Kind = "continuous"
    period: float = 0.0
    span: float = 1.0

    @property
    def title(self) -> str:
        """For people: ``Smile``, ``Glasses: round``."""
        name = title(self.attribute)
        return f"{name}: {self.value.replace('_', ' ')}" if self.value else name


def columns_of(attributes: Sequence[Attribute]) -> tuple[Column, ...]:
    """The columns of a classifier's attributes, in their order and that of their classes."""
    columns: list[Column] = []
    for attribute in attributes:
        name, kind = attribute.name, attribute.kind
        if kind == "categorical":
            columns += [Column(name, value, kind) for value in attribute.values]
        else:
            span = attribute.high - attribute.low if kind == "continuous" else 1.0
            columns.append(Column(name, "", kind, attribute.period, span))
    return tuple(columns)


def find(columns: Sequence[Column], attribute: str, value: str = "") -> int:
    """Index of an attribute's column; ValueError, one sentence, when there is none."""
    for i, column in enumerate(columns):
        if (column.attribute, column.value) == (attribute, value):
            return i
    wanted = Column(attribute, value).title
    raise ValueError(f"the classifier does not read {wanted}: choose one of its attributes")


def difference(columns: Sequence[Column], before: Array, after: Array) -> Array:
    """``after - before`` [n, c], for periodic columns the short way round."""
    delta: Array = after - before
    for i, column in enumerate(columns):
        if column.period:
            half = column.period / 2
            delta[:, i] = (delta[:, i] + half) % column.period - half
    return delta
