"""What is known, or estimated, about a picture: its attributes, as plain data."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["categorical", "binary", "continuous"]
Flip = Literal["keep", "negate", "drop"]


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute of a data set's pictures.

    Attributes
    ----------
    name
        Unique in its data set.
    kind
        ``categorical`` and ``binary`` labels are class indices, ``continuous`` ones numbers.
    values
        Names of the classes in order; two for a binary attribute, none for a continuous one.
    low, high
        Range of a continuous attribute.
    period
        For a continuous attribute that runs in a circle (a hue): high and low are one period
        apart and mean the same. 0 for all others.
    flip
        What a mirrored picture's label is: the same, the negative, or unknown (``drop``).
    help
        What it describes, for people.
    """

    name: str
    kind: Kind
    values: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    period: float = 0.0
    flip: Flip = "keep"
    help: str = ""

    @property
    def outputs(self) -> int:
        """Numbers a classifier needs to answer it: logits, one value, or a point on a circle."""
        if self.kind == "categorical":
            return len(self.values)
        return 2 if self.period else 1


def title(name: str) -> str:
    """A name for people: ``hair_style`` is Hair style."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
