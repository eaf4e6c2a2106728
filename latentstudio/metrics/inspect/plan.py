"""What an inspection is to find out, checked before any work is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from latentstudio.document.sampling import Sampling
from latentstudio.metrics.measure.kept import Kept
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.features import ClassifierFeatures

PARTS = ("ppl", "separability", "dci", "mig", "sap", "layers", "leakage")
ON_SAMPLES = tuple(part for part in PARTS if part != "ppl")
NUM, PATHS, MOVED = 2000, 1000, 100
_FEWEST = 50  # samples; below, nothing can be held out to test what was fitted to the others


class InspectError(ValueError):
    """What cannot be inspected, and why: one sentence."""


@dataclass(frozen=True)
class Plan:
    """What to find out about a generator.

    Attributes
    ----------
    parts
        Some of :data:`PARTS`.
    num
        Samples that codes and attributes are read of.
    paths
        For each path length.
    moved
        Samples, of the first ``num``, that directions and layers are tried on.
    seed
        Other seeds, other samples.
    batch
        Pictures at a time.
    kept
        Where finished parts are looked up and put.
    command
        For the report.
    difference
        Content hash of what has tuned the generator; empty for nothing.
    """

    parts: tuple[str, ...] = PARTS
    num: int = NUM
    paths: int = PATHS
    moved: int = MOVED
    seed: int = 0
    batch: int = 64
    kept: Kept = field(default_factory=lambda: Kept(None))
    command: str = ""
    difference: str = ""

    def asks(self, *parts: str) -> bool:
        """Whether one of these parts is to be found out."""
        return not set(parts).isdisjoint(self.parts)

    def sampling(self, checkpoint: str) -> Sampling:
        """Which samples of a checkpoint's generator are looked at."""
        return Sampling(checkpoint, seed=self.seed, difference=self.difference)

    def check(self) -> None:
        """See that it can be carried out.

        Raises
        ------
        InspectError
            One sentence: what is in the way.
        """
        for part in self.parts:
            if part not in PARTS:
                raise InspectError(f"there is no part {part!r}: choose from {', '.join(PARTS)}")
        if not self.parts:
            raise InspectError(f"nothing is to be inspected: choose from {', '.join(PARTS)}")
        if self.num < _FEWEST:
            raise InspectError(f"--num is {self.num}: at least {_FEWEST} samples say something")
        if not 2 <= self.moved <= self.num or self.paths < 2:
            raise InspectError(
                f"{self.paths} paths and {self.moved} of {self.num} samples: at least 2 of each"
            )


def attributes_of(features: Any) -> ClassifierFeatures:
    """The same features, known to read attributes.

    Raises
    ------
    InspectError
        One sentence: they read none, or only such as were made up to learn from.
    """
    name = getattr(features, "name", "this")
    if not isinstance(features, ClassifierFeatures):
        raise InspectError(
            f"{name} reads no attributes: choose a classifier that latentstudio-train classifier"
            " wrote"
        )
    classifier: AttributeClassifier = features.classifier
    if classifier.pretext:
        made_up = ", ".join(attribute.name for attribute in classifier.attributes)
        raise InspectError(
            f"{name} learned from a pretext ({made_up}) and knows no attributes of the pictures:"
            " choose a classifier that was trained on labels"
        )
    return features
