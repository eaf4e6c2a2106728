"""What a classifier reads in samples and in the data: each attribute's shares or spread."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import torch
from torch import Tensor

from latentstudio.metrics.attributes import Attribute
from latentstudio.metrics.features import ClassifierFeatures, load_features


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


class Reader:
    """A feature space that also reads the attributes of every picture it is shown.

    Parameters
    ----------
    path
        The classifier's file.

    Raises
    ------
    CheckpointError
        If it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        features = load_features(path)
        assert isinstance(features, ClassifierFeatures)
        self.features, self.classifier = features, features.classifier
        self.name, self.content_hash = self.features.name, self.features.content_hash
        self.dim, self.resolution = self.features.dim, self.features.resolution
        self.read: dict[str, list[Tensor]] = {}

    def __call__(self, images: Tensor) -> Tensor:
        """Features [n, dim] of pictures [n, c, H, W] in [-1, 1]."""
        with torch.inference_mode():
            embedding = self.features(images)
            outputs = self.classifier.heads(embedding.to(self.features.device))
            for name, value in self.classifier.read(outputs).items():
                self.read.setdefault(name, []).append(value.cpu())
        return embedding

    def taken(self) -> dict[str, Tensor]:
        """What was read since the last call, by attribute."""
        read, self.read = self.read, {}
        return {name: torch.cat(parts) for name, parts in read.items()}


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
