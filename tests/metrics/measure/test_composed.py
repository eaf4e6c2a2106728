"""Composition by features is what the classifier predicts for the pictures themselves."""

from __future__ import annotations

import pytest
import torch

from latentstudio.data.attributes import Attribute
from latentstudio.metrics.measure.composed import LARGEST, compositions, gaps
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.features import ClassifierFeatures

COLOUR = Attribute(name="colour", kind="categorical", values=("red", "green", "blue"))
HAT = Attribute(name="hat", kind="binary", values=("no", "yes"))
BAG = Attribute(name="bag", kind="binary", values=("no", "yes"))
WIDTH = Attribute(name="width", kind="continuous")


def space(pretext: str = "") -> ClassifierFeatures:
    attributes = [COLOUR, HAT]
    torch.manual_seed(0)
    network = AttributeClassifier(attributes, resolution=16, width=4, max_width=8, dim=6)
    network.pretext = bool(pretext)
    return ClassifierFeatures(network.eval(), name="x", content_hash="ab", bf16=False)


def test_shares_are_mean_predictions() -> None:
    features = space()
    real, fake = torch.randn(9, 3, 16, 16).clamp(-1, 1), torch.randn(5, 3, 16, 16).clamp(-1, 1)
    (colour, hat), found = compositions(features, features(real), features(fake))
    assert len(found) <= LARGEST
    with torch.no_grad():
        predicted = [features.classifier.predict(images) for images in (real, fake)]
    for side, want in zip((colour.data, colour.samples), predicted, strict=True):
        assert side.share == pytest.approx(want["colour"].mean(dim=0).tolist(), abs=0.01)
    assert (colour.data.n, hat.samples.n) == (9, 5)
    assert hat.samples.share[1] == pytest.approx(float(predicted[1]["hat"].mean()), abs=0.01)
    assert hat.samples.low[1] < hat.samples.share[1] < hat.samples.high[1]


def test_made_up_attributes_say_nothing() -> None:
    rows = torch.randn(4, 6)
    assert compositions(space("rotations"), rows, rows) == ((), ())
    assert compositions(object(), rows, rows) == ((), ())  # type: ignore[arg-type]


def readings(colours: list[int], hats: list[float]) -> dict[str, torch.Tensor]:
    return {
        "colour": torch.eye(3)[colours],
        "hat": torch.tensor(hats),
        "width": torch.linspace(0, 1, len(hats)),
    }


def test_gaps_are_differences_of_rates() -> None:
    # Of the samples, all red and a quarter of the green wear hats; blue is one alone.
    samples = readings([0] * 40 + [1] * 40 + [2], [1.0] * 40 + [1.0] * 10 + [0.0] * 30 + [0.0])
    data = readings([0] * 20 + [1] * 20, [1.0, 0.0] * 20)
    by_hat, by_colour = sorted(
        gaps((COLOUR, HAT, WIDTH), data, samples), key=lambda gap: gap.outcome == "hat"
    )
    assert (by_colour.outcome, by_colour.group) == ("hat", "colour")
    rates = {rate.group: rate.share for rate in by_colour.samples.rates}
    assert rates == {"red": 1.0, "green": 0.25, "blue": 0.0}
    assert by_colour.samples.gap == 1.0, "between red and the lone blue"
    assert by_colour.data.gap == 0.0
    # 40 of 50 with a hat are red, none of 31 without; 10 and 30 are green.
    assert (by_hat.outcome, by_hat.group) == ("red colour", "hat")
    assert by_hat.samples.gap == pytest.approx(40 / 50)


def test_the_most_certain_gap_comes_first() -> None:
    # 30 of 40 red ones wear a hat, and 10 of 40 green; that one of two has a bag says little.
    samples = readings([0] * 40 + [1] * 40, [1.0] * 30 + [0.0] * 10 + [1.0] * 10 + [0.0] * 30)
    samples["bag"] = torch.tensor([1.0] + [0.0] * 78 + [1.0])
    found = gaps((BAG, COLOUR, HAT), samples, samples)
    assert {gap.group for gap in found[:2]} == {"hat", "colour"}
    assert [gap.certain for gap in found] == sorted((g.certain for g in found), reverse=True)
    assert found[0].certain > (0.2, 0.5)
    lone = readings([0], [1.0])
    assert gaps((COLOUR, HAT), samples, lone) == (), "one group has nothing beside it"
