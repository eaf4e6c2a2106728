"""Fine tuning in the engine: nearer to the picture, and kept beside the checkpoint."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from latentstudio.checkpoints.difference import read_difference
from latentstudio.document.recipe import Point, Recipe, Seed


@pytest.fixture
def begun(checkpoints: Any) -> Recipe:
    return Recipe(checkpoint=checkpoints["dcgan"][1]).with_point(Point("A", Seed(1)))


@pytest.fixture
def picture(begun: Recipe, shown: Any) -> np.ndarray:
    """Like seed 1's, and paler."""
    return (0.6 * shown(begun) + 60).astype(np.uint8)


def apart(some: np.ndarray, other: np.ndarray) -> float:
    return float(np.square(some.astype(float) - other).mean())


def test_tuning_brings_the_picture_nearer(
    inverter: Any, witness: Any, begun: Recipe, picture: Any, shown: Any, differences: Any
):
    before = shown(begun)
    inverter.tune(begun, picture, 25)
    tuned = witness.wait_for("tuned")[0]
    assert tuned.after < tuned.before
    assert apart(shown(tuned.recipe), picture) < 0.8 * apart(before, picture)
    assert np.array_equal(shown(begun), before)  # the checkpoint is as it was
    assert tuned.recipe == msgspec.structs.replace(begun, difference=tuned.difference)
    assert differences.locate(tuned.difference) == tuned.path
    told = witness.of("tuning")
    assert told[-1].step == 25 and told[-1].picture.shape == (16, 16, 3)
    assert told[-1].loss < told[0].loss or len(told) == 1


def test_what_is_tuned_can_be_tuned_further(
    inverter: Any, witness: Any, begun: Recipe, picture: Any, shown: Any
):
    inverter.tune(begun, picture, 12)
    first = witness.wait_for("tuned")[0]
    inverter.tune(first.recipe, picture, 12)
    second = witness.wait_for("tuned", 2)[1]
    assert second.before == pytest.approx(first.after, rel=0.05)
    assert second.after < first.after and second.difference != first.difference
    assert apart(shown(second.recipe), picture) < apart(shown(first.recipe), picture)
    ranks = [
        next(iter(read_difference(each.path).weights.values()))[0].shape[1]
        for each in (first, second)
    ]
    assert ranks[1] > ranks[0]


def test_stop_keeps_what_was_tuned(inverter: Any, witness: Any, begun: Recipe, picture: Any):
    inverter.tune(begun, picture, 10_000)
    witness.wait_for("tuning", 4)
    inverter.stop()
    tuned = witness.wait_for("tuned")[0]
    assert tuned.after < tuned.before and witness.of("tuning")[-1].step < 10_000


def test_tuning_that_leads_nowhere_is_said_to(
    inverter: Any, witness: Any, begun: Recipe, picture: Any
):
    inverter.tune(begun, picture, 1)  # the first step looks only
    assert "has not brought the picture any nearer" in witness.wait_for("trouble")[0]
    assert not witness.of("tuned")


def test_a_recipe_that_does_not_fit_is_one_sentence(
    inverter: Any, witness: Any, begun: Recipe, picture: Any
):
    inverter.tune(msgspec.structs.replace(begun, label=3), picture, 5)
    assert witness.wait_for("trouble")[0].startswith("label is 3")
