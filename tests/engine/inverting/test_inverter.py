"""Searches in the engine: what is told, what is kept, and that a vector alone is the picture."""

from __future__ import annotations

import threading
import time
from typing import Any

import msgspec
import numpy as np
import pytest

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.document.recipe import Recipe
from latentstudio.document.vector import Vector
from latentstudio.engine.inverting import search
from latentstudio.engine.inverting.judgement import strange
from latentstudio.engine.inverting.values import Ended, Order
from latentstudio.latents.inversion.projector import InversionError, Projector


@pytest.fixture
def order(recipe: Recipe, shown: Any) -> Order:
    """A sample of the generator's own."""
    return Order(recipe.checkpoint, shown(recipe, 5), "five", starts=3, steps=20)


def changed(order: Order, **fields: Any) -> Order:
    return Order(**{**vars(order), **fields})


def ended(witness: Any, count: int = 1) -> Ended:
    return witness.wait_for("ended", count)[-1]


# -- the way of a search ---------------------------------------------------------------------


def test_a_search_is_told_from_its_beginning_to_its_end(inverter: Any, witness: Any, order: Order):
    inverter.invert(order)
    end = ended(witness)
    assert witness.of("begun") == [order] and end.order is order
    told = witness.of("progress")
    assert told[0].step == 1 and told[0].alive == (0, 1, 2) and set(told[0].curves) == {0, 1, 2}
    for each in told:
        assert each.pictures.shape == (len(each.alive), 16, 16, 3)
        assert each.pictures.dtype == np.uint8
        assert len(each.losses) == len(each.alive) and each.origins == ("sample",) * 3
        assert each.picture.shape == (16, 16, 3)
        assert each.seconds_left >= 0 and each.step <= each.steps <= order.steps
        assert all(
            each.curves[s][-1][1] == loss for s, loss in zip(each.alive, each.losses, strict=True)
        )
    assert [each.step for each in told] == sorted({each.step for each in told})
    assert told[-1].steps == told[-1].step and len(end.answers) == 1 and end.warning == ""
    lowest = min(loss for curve in end.curves.values() for _, loss in curve)
    assert end.answers[0].loss == lowest < 0.3 * told[0].losses[0]
    assert end.answers[0].distance < told[0].distance
    assert (told[-1].picture == end.answers[0].picture).all()
    assert end.answers[0].misfit >= end.answers[0].distance


def test_pictures_are_told_now_and_then(
    inverter: Any, witness: Any, order: Order, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(search, "TELLING", 1e9)
    inverter.invert(order)
    end = ended(witness)
    steps = max(step for curve in end.curves.values() for step, _ in curve)
    assert [each.step for each in witness.of("progress")] == [1, steps]


SPACES = [
    ("stylegan2", "z"),
    ("stylegan2", "w"),
    ("stylegan2", "w+"),
    ("progan", "w"),
    ("dcgan", "z"),
    ("dcgan", "w+"),
    ("grey", "z"),
]


@pytest.mark.parametrize(("name", "space"), SPACES)
def test_the_vector_alone_gives_the_picture(
    inverter: Any, witness: Any, checkpoints: Any, shown: Any, name: str, space: Any
):
    recipe = Recipe(checkpoint=checkpoints[name][1])
    target = shown(recipe, 11)[..., : 1 if name == "grey" else 3]
    inverter.invert(Order(recipe.checkpoint, target, space=space, starts=2, steps=12))
    answer = ended(witness).answers[0]
    assert answer.vector.space == ("z" if "gan2" not in name else space)
    assert abs(shown(recipe, answer.vector).astype(int) - answer.picture).max() <= 1


def test_a_class_goes_with_the_recipe(inverter: Any, witness: Any, checkpoints: Any, shown: Any):
    recipe = Recipe(checkpoint=checkpoints["classes"][1], label=2)
    order = Order(recipe.checkpoint, shown(recipe, 3), space="z", label=2, starts=2, steps=12)
    inverter.invert(order)
    answer = ended(witness).answers[0]
    assert abs(shown(recipe, answer.vector).astype(int) - answer.picture).max() <= 1
    other = msgspec.structs.replace(recipe, label=0)
    assert abs(shown(other, answer.vector).astype(int) - answer.picture).max() > 1


def test_a_given_point_is_begun_at(inverter: Any, witness: Any, order: Order):
    z = np.random.RandomState(5).randn(8).astype(np.float32)  # what seed 5 stands for
    near = Vector.of("z", z)
    inverter.invert(changed(order, near=near, steps=2))
    ended(witness)
    first = witness.of("progress")[0]
    assert first.origins == ("point", "sample", "sample")
    assert first.losses[0] < 0.5 * min(first.losses[1:])


def test_without_a_warm_start_seeds_are_taken_as_they_come(
    inverter: Any, witness: Any, order: Order
):
    inverter.invert(changed(order, warm=False, steps=3))
    ended(witness)
    cold = witness.of("progress")[0]
    inverter.invert(changed(order, steps=3))
    ended(witness, 2)
    warm = next(p for p in witness.of("progress") if p.origins[0] == "sample")
    assert cold.origins == ("seed",) * 3 and sum(warm.losses) < sum(cold.losses)


def test_the_same_order_gives_the_same_answer(inverter: Any, witness: Any, order: Order):
    for count in (1, 2):
        inverter.invert(changed(order, steps=10))
        ended(witness, count)
    first, second = witness.of("ended")
    assert first.answers[0].vector == second.answers[0].vector


# -- the hand on it --------------------------------------------------------------------------


def test_stop_keeps_the_best(inverter: Any, witness: Any, order: Order):
    inverter.invert(changed(order, steps=10_000))
    witness.wait_for("progress", 2)
    inverter.stop()
    end = ended(witness)
    assert end.reason == "Stopped." and len(end.answers) == 1
    assert end.answers[0].loss == min(loss for c in end.curves.values() for _, loss in c)


def test_a_pause_takes_no_step(inverter: Any, witness: Any, order: Order):
    inverter.invert(changed(order, steps=10_000))
    witness.wait_for("progress", 2)
    inverter.pause()
    time.sleep(0.2)
    count = len(witness.of("progress"))
    time.sleep(0.3)
    assert len(witness.of("progress")) == count and not witness.of("ended")
    inverter.go_on()
    witness.wait_for("progress", count + 1)
    inverter.pause()
    inverter.stop()
    assert ended(witness).answers


def test_refining_goes_on_from_the_best(inverter: Any, witness: Any, order: Order):
    inverter.invert(order)
    first = ended(witness)
    inverter.refine(15)
    second = ended(witness, 2)
    assert second.answers[0].loss <= first.answers[0].loss
    steps = [max(step for c in end.curves.values() for step, _ in c) for end in (first, second)]
    assert steps[0] < steps[1] <= steps[0] + 15


def test_refining_while_it_goes_on_is_no_second_end(inverter: Any, witness: Any, order: Order):
    inverter.invert(changed(order, steps=10_000))
    witness.wait_for("progress")
    inverter.refine(5)
    assert ended(witness).answers
    assert len(witness.of("ended")) == 1


def test_refining_before_there_is_anything_waits_for_it(inverter: Any, witness: Any, order: Order):
    inverter.invert(order)
    inverter.refine(4)
    end = ended(witness)
    assert end.answers and end.reason == "Done after 5 steps."


def test_only_the_newest_order_has_an_end(inverter: Any, witness: Any, order: Order):
    inverter.invert(changed(order, steps=10_000, name="old"))
    witness.wait_for("progress")
    inverter.invert(order)
    assert ended(witness).order is order and len(witness.of("ended")) == 1


def test_nothing_is_told_after_the_end_of_all(inverter: Any, witness: Any, order: Order):
    before = set(threading.enumerate())
    inverter.invert(changed(order, steps=10_000))
    witness.wait_for("progress")
    inverter.stop_all()
    assert set(threading.enumerate()) <= before
    count = len(witness.events)
    inverter.invert(order)
    inverter.refine(3)
    time.sleep(0.1)
    assert len(witness.events) == count


def test_frames_are_drawn_between_steps(
    inverter: Any, witness: Any, order: Order, engine: Any, recipe: Recipe
):
    inverter.invert(changed(order, steps=10_000))
    witness.wait_for("progress")
    engine.request(recipe)
    witness.wait_for("frame")
    assert not witness.of("ended")


# -- what goes wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"picture": np.zeros((8, 8, 3), np.uint8)}, "The picture has the shape [8, 8, 3]"),
        ({"picture": np.zeros((16, 16, 1), np.uint8)}, "The picture has the shape [16, 16, 1]"),
        ({"mask": np.ones((4, 4), np.uint8)}, "The mask has the shape [4, 4]"),
        ({"mask": np.zeros((16, 16), np.uint8)}, "The mask keeps nothing"),
        ({"small": 2}, "A picture of 2 px cannot be enlarged"),
        ({"small": 17}, "A picture of 17 px cannot be enlarged"),
        ({"checkpoint": "f" * 64}, "The checkpoint ffffffff… is not here"),
        ({"near": Vector.of("w", np.zeros(8, np.float32)), "space": "z"}, "has no z"),
    ],
)
def test_an_order_that_cannot_be_is_one_sentence(
    inverter: Any, witness: Any, order: Order, fields: Any, sentence: str
):
    inverter.invert(changed(order, **fields))
    end = ended(witness)
    assert sentence in end.reason and "\n" not in end.reason and end.answers == ()
    inverter.refine(5)  # of nothing is nothing
    inverter.invert(changed(order, steps=2))
    assert ended(witness, 2).answers


def test_when_numbers_run_away_the_best_is_kept(
    inverter: Any, witness: Any, order: Order, monkeypatch: pytest.MonkeyPatch
):
    step = Projector.step

    def fails(projector: Projector) -> Any:
        found = step(projector)
        if found.index == 4:
            raise InversionError("The loss is no number.")
        return found

    monkeypatch.setattr(Projector, "step", fails)
    inverter.invert(order)
    end = ended(witness)
    assert end.reason == "The loss is no number." and len(end.answers) == 1


def test_a_callback_that_raises_ends_nothing(inverter: Any, witness: Any, order: Order):
    def fails(_progress: Any) -> None:
        raise RuntimeError("not the inverter's fault")

    inverter._callbacks["moved"] = fails
    inverter.invert(order)
    assert ended(witness).answers


def test_a_picture_from_elsewhere_is_said_to_be_so(inverter: Any, witness: Any, order: Order):
    chequers = np.kron(np.indices((8, 8)).sum(axis=0) % 2, np.ones((2, 2)))
    picture = np.repeat(255 * chequers[..., None], 3, axis=2).astype(np.uint8)
    inverter.invert(changed(order, picture=picture))
    end = ended(witness)
    assert end.warning.startswith("The generator cannot make this picture")
    assert strange(end.answers[0])


# -- noise, repair, enlargement --------------------------------------------------------------


def test_noise_is_kept_as_a_difference(
    inverter: Any, witness: Any, order: Order, recipe: Recipe, shown: Any
):
    inverter.invert(changed(order, noise=True, steps=12))
    answer = ended(witness).answers[0]
    with_noise = msgspec.structs.replace(recipe, difference=answer.difference)
    apart = abs(shown(with_noise, answer.vector).astype(int) - answer.picture)
    plain = abs(shown(recipe, answer.vector).astype(int) - answer.picture)
    assert apart.max() <= 1 < plain.max()


def test_a_full_disk_takes_the_noise_alone(
    inverter: Any, witness: Any, order: Order, differences: Any, monkeypatch: pytest.MonkeyPatch
):
    def full(_difference: Any) -> str:
        raise CheckpointError("The folder cannot be written to: make room on the disk")

    monkeypatch.setattr(differences, "add", full)
    inverter.invert(changed(order, noise=True, steps=3))
    end = ended(witness)
    assert end.answers[0].difference == "" and end.answers[0].vector.space == "w+"
    assert "make room on the disk" in end.warning


def test_what_is_masked_has_no_say(
    inverter: Any, witness: Any, order: Order, recipe: Recipe, shown: Any
):
    mask = np.full((16, 16), 255, np.uint8)
    mask[:, 9:] = 0
    damaged = order.picture.copy()
    damaged[:, 9:] = np.random.RandomState(0).randint(0, 256, (16, 7, 3))
    found = []
    for count, picture in enumerate((order.picture, damaged), start=1):
        inverter.invert(changed(order, picture=picture, mask=mask, answers=2, starts=2))
        found.append(ended(witness, count))
    whole, torn = found
    assert [a.vector for a in whole.answers] == [a.vector for a in torn.answers]
    assert "is invented" in torn.warning and "bias" in torn.warning


def test_enlarging_matches_what_is_known(inverter: Any, witness: Any, order: Order):
    inverter.invert(changed(order, small=4, answers=3, starts=4, steps=40))
    end = ended(witness)
    assert "finer than the 4 × 4 pixels" in end.warning
    assert 1 < len(end.answers) <= 3
    distances = [answer.distance for answer in end.answers]
    assert distances == sorted(distances)

    def shrunk(picture: np.ndarray) -> np.ndarray:
        return picture.reshape(4, 4, 4, 4, 3).astype(float).mean(axis=(1, 3))

    spread = shrunk(order.picture).std()
    for answer in end.answers[:1]:
        assert abs(shrunk(answer.picture) - shrunk(order.picture)).mean() < spread
    first, second = (a.picture.astype(float) for a in end.answers[:2])
    assert np.sqrt(np.square(first - second).mean()) >= 3


def test_points_of_other_spaces_are_begun_at(inverter: Any, witness: Any, order: Order):
    near = Vector.of("w", np.zeros(8, np.float32))
    inverter.invert(changed(order, near=near, space="w+", steps=3))
    assert ended(witness).answers[0].vector.space == "w+"
    assert witness.of("progress")[0].origins[0] == "point"
