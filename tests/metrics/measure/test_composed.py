"""Composition by features is what the classifier predicts for the pictures themselves."""

from __future__ import annotations

import pytest
import torch

from latentstudio.data.attributes import Attribute
from latentstudio.metrics.measure.composed import compositions
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.features import ClassifierFeatures


def space(pretext: str = "") -> ClassifierFeatures:
    attributes = [
        Attribute(name="colour", kind="categorical", values=("red", "green", "blue")),
        Attribute(name="hat", kind="binary", values=("no", "yes")),
    ]
    torch.manual_seed(0)
    network = AttributeClassifier(attributes, resolution=16, width=4, max_width=8, dim=6)
    network.pretext = bool(pretext)
    return ClassifierFeatures(network.eval(), name="x", content_hash="ab", bf16=False)


def test_shares_are_mean_predictions() -> None:
    features = space()
    real, fake = torch.randn(9, 3, 16, 16).clamp(-1, 1), torch.randn(5, 3, 16, 16).clamp(-1, 1)
    colour, hat = compositions(features, features(real), features(fake))
    with torch.no_grad():
        predicted = [features.classifier.predict(images) for images in (real, fake)]
    for side, want in zip((colour.data, colour.samples), predicted, strict=True):
        assert side.share == pytest.approx(want["colour"].mean(dim=0).tolist(), abs=0.01)
    assert (colour.data.n, hat.samples.n) == (9, 5)
    assert hat.samples.share[1] == pytest.approx(float(predicted[1]["hat"].mean()), abs=0.01)
    assert hat.samples.low[1] < hat.samples.share[1] < hat.samples.high[1]


def test_made_up_attributes_say_nothing() -> None:
    rows = torch.randn(4, 6)
    assert compositions(space("rotations"), rows, rows) == ()
    assert compositions(object(), rows, rows) == ()  # type: ignore[arg-type]
