"""What a classifier reads in samples and in the data: each attribute's shares or spread."""

from __future__ import annotations

import math

import msgspec
import torch
from torch import Tensor

from latentstudio.data.attributes import Attribute


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute among samples and in the data, both as the classifier reads them.

    Attributes
    ----------
    name
        The attribute's.
    values
        Its classes; empty for a continuous one.
    data, samples
        The share of each class; or one number, the standard deviation (of a periodic
        attribute: of the circle's points).
    """

    name: str
    values: tuple[str, ...]
    data: tuple[float, ...]
    samples: tuple[float, ...]

    @property
    def worst(self) -> float:
        """Greatest difference of a share in points, or the ratio of standard deviations."""
        if not self.values:
            return self.samples[0] / max(self.data[0], 1e-12)
        return 100 * max(abs(a - b) for a, b in zip(self.data, self.samples, strict=True))


def readings(
    attributes: tuple[Attribute, ...], data: dict[str, Tensor], samples: dict[str, Tensor]
) -> tuple[Reading, ...]:
    """Compare what was read in the data and in samples, attribute by attribute."""
    return tuple(
        Reading(
            name=attribute.name,
            values=attribute.values,
            data=summary(attribute, data[attribute.name]),
            samples=summary(attribute, samples[attribute.name]),
        )
        for attribute in attributes
    )


def summary(attribute: Attribute, values: Tensor) -> tuple[float, ...]:
    """Mean probabilities of the classes, or the standard deviation of a number.

    Parameters
    ----------
    attribute
        Says which.
    values
        As :meth:`AttributeClassifier.predict` gives them for n pictures, n at least 2.
    """
    if attribute.kind == "categorical":
        # Counting the likeliest would turn what cannot be seen into the commonest class.
        return tuple(values.double().mean(dim=0).tolist())
    if attribute.kind == "binary":
        share = float(values.double().mean())
        return (1.0 - share, share)
    if attribute.period:
        angle = values.double() * (2 * math.pi / attribute.period)
        points = torch.stack([angle.cos(), angle.sin()])
        return (float(points.var(dim=1).sum().sqrt()),)
    return (float(values.double().std()),)
