"""What a classifier reads in samples and in the data, by their features alone."""

from __future__ import annotations

import msgspec
from torch import Tensor

from latentstudio.metrics.composition import Shares, shares
from latentstudio.metrics.spaces.features import ClassifierFeatures, Features


class Composition(msgspec.Struct, frozen=True):
    """The shares of an attribute's values in the data and among samples."""

    data: Shares
    samples: Shares


def compositions(features: Features, real: Tensor, fake: Tensor) -> tuple[Composition, ...]:
    """Compare attribute by attribute, both sides as the features' classifier reads them.

    Parameters
    ----------
    features
        The space; () where it reads no attributes, or only such as were made up to learn from.
    real, fake
        Features [n, dim] and [m, dim] in it.
    """
    if not isinstance(features, ClassifierFeatures) or features.classifier.pretext:
        return ()
    data, samples = features.read(real), features.read(fake)
    return tuple(
        Composition(
            shares(attribute, data[attribute.name].float()),
            shares(attribute, samples[attribute.name].float()),
        )
        for attribute in features.classifier.attributes
    )
