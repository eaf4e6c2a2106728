"""Attributes as outcomes and as groups. Importable without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from latentstudio.data.attributes import Attribute, title

if TYPE_CHECKING:
    from torch import Tensor

THIRDS = ("low", "middle", "high")


@dataclass(frozen=True)
class Question:
    """How often one attribute has ``value``, the outcome, in each group of another."""

    outcome: Attribute
    value: int
    group: Attribute

    @property
    def outcome_words(self) -> str:
        """``round glasses``, ``no hat``, ``earrings``."""
        return value_words(self.outcome, self.value)

    @property
    def group_words(self) -> str:
        """``skin tone``."""
        return title(self.group.name).lower()


def value_words(attribute: Attribute, value: int) -> str:
    """A value of an attribute that has some, with its name."""
    words = title(attribute.name).lower()
    if attribute.kind == "binary":
        return words if value else f"no {words}"
    name = attribute.values[value]
    return f"no {words}" if name == "none" else f"{name} {words}"


def groupable(attribute: Attribute) -> bool:
    """Whether it can make groups: thirds of a circle would say nothing."""
    return not attribute.period


def group_names(attribute: Attribute) -> tuple[str, ...]:
    """What its groups are called: its values, or thirds of the data."""
    return attribute.values or THIRDS


def chance(attribute: Attribute, value: int, reading: Tensor) -> Tensor:
    """How probable the value is in each row of a classifier's reading."""
    if reading.ndim == 2:
        return reading[:, value]
    return reading if value else 1.0 - reading


def members(attribute: Attribute, values: Tensor, data: Tensor) -> Tensor:
    """The group of each row, int64 [n], below 0 where unknown.

    Parameters
    ----------
    attribute
        That makes the groups.
    values
        A classifier's reading, or labels.
    data
        The same of the data, whose thirds they are.
    """
    if values.ndim == 2:
        return values.argmax(dim=1)
    if attribute.kind == "continuous":
        known = data[~data.isnan()].float()
        edges = known.quantile(known.new_tensor([1 / 3, 2 / 3]))
        place = (values.float()[:, None] > edges).sum(dim=1)
        return place.masked_fill(values.isnan(), -1)
    return (values > 0.5).long() if values.is_floating_point() else values.long()
