from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.checkpoints.store import load_generator
from latentstudio.document.edit import Bend, Edit
from latentstudio.document.recipe import (
    Axis,
    Blend,
    Cell,
    Mixing,
    Noise,
    Point,
    Recipe,
    Seed,
    Truncation,
    Weight,
)
from latentstudio.document.vector import Vector
from latentstudio.engine.editing import run
from latentstudio.engine.editing.editor import Editor
from latentstudio.engine.editing.values import Ended, Goal, Step
from latentstudio.engine.engine import Engine
from latentstudio.engine.render import draw
from latentstudio.metrics.scores import standardised
from latentstudio.metrics.spaces.classifier import AttributeClassifier


@pytest.fixture
def standing(witness: Any, classifier: Any, checkpoints: Any) -> Callable[[Recipe], np.ndarray]:
    """What a recipe's picture, drawn by itself, stands at."""
    generators = {saved.content_hash: load_generator(saved.path) for saved in checkpoints.values()}

    def read(recipe: Recipe) -> np.ndarray:
        score = standardised(classifier, witness.of("known")[-1].population)
        with torch.no_grad():
            return score(draw(generators[recipe.checkpoint], recipe)[None])[0].numpy()

    return read


def driven(editor: Editor, witness: Any, recipe: Recipe, goal: Goal) -> tuple[list[Step], Ended]:
    since = len(witness.events)
    editor.drive(recipe, goal)
    witness.wait(lambda: any(event[0] == "ended" for event in witness.events[since:]))
    events = witness.events[since:]
    (ended,) = [event[1] for event in events if event[0] == "ended"]
    return [event[1] for event in events if event[0] == "step"], ended


def stepped(witness: Any, count: int) -> list[Step]:
    """The steps once there are so many; a run that ends before has failed."""
    witness.wait(lambda: len(witness.of("step")) >= count or bool(witness.of("ended")))
    assert len(witness.of("step")) >= count, witness.of("ended")
    return witness.of("step")


def composed(recipe: Recipe) -> Recipe:
    """A picture with something of everything."""
    return msgspec.structs.replace(
        recipe,
        points=(
            Point("A", Seed(3)).moved(Axis("random", 5), 0.3).moved(Axis("principal", 1), 0.5),
            *recipe.points[1:],
        ),
        blend=Blend((Weight("A", 0.7), Weight("B", 0.3))),
        truncation=Truncation(0.8, 5),
        mixing=Mixing((Cell(2, "C", 0.6),)),
        noise=Noise("random", 4, 0.7),
        edits=(Edit("own", "Own", Vector.of("w", np.full(16, 0.05, np.float32)), 1.5, 1, 4),),
        bends=(Bend(3, (0, 2), "scale", 0.5),),
    )


@pytest.mark.parametrize("space", ["w", "w+", "z"])
def test_a_run_reaches_its_goal_and_each_step_is_the_picture_of_its_edit(
    editor: Editor, witness: Any, recipe: Recipe, standing: Any, space: Any
) -> None:
    if space != "z":
        recipe = composed(recipe)
    at = float(standing(recipe)[0])
    goal = Goal("bright", target=at + 0.8, space=space, kept=("round",))
    steps, ended = driven(editor, witness, recipe, goal)
    assert ended.reached and ended.reason == "Reached: Bright." and ended.step is steps[-1]
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    for step in (steps[0], steps[len(steps) // 2], steps[-1]):
        there = standing(recipe.with_edit(step.edit))
        np.testing.assert_allclose(there, step.standing, rtol=1e-3, atol=2e-3)
        assert step.edit.key == f"gradient:bright:{space}" and step.edit.vector.space == space
    editor.read(recipe.with_edit(steps[-1].edit))
    (reading,) = witness.wait_for("reading")
    np.testing.assert_allclose(steps[-1].readings, reading.readings, rtol=2e-3, atol=2e-3)
    assert abs(steps[-1].standing[0] - goal.target) < 0.3
    assert all(step.seconds > 0.0 for step in steps) and not witness.of("trouble")


def test_only_the_chosen_layers_move(
    editor: Editor, witness: Any, recipe: Recipe, standing: Any
) -> None:
    goal = Goal("bright", target=float(standing(recipe)[0]) + 0.3, first=2, stop=5)
    steps, _ = driven(editor, witness, recipe, goal)
    assert (steps[-1].edit.first, steps[-1].edit.stop) == (2, 5)
    there = standing(recipe.with_edit(steps[-1].edit))
    np.testing.assert_allclose(there, steps[-1].standing, rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("layers", [(0, None), (3, 6)])
def test_a_second_run_goes_on_from_the_first(
    editor: Editor, witness: Any, recipe: Recipe, standing: Any, layers: Any
) -> None:
    at = float(standing(recipe)[0])
    first, _ = driven(editor, witness, recipe, Goal("bright", target=at + 0.3))
    halved = msgspec.structs.replace(first[-1].edit, amount=0.5)
    recipe = recipe.with_edit(halved)
    goal = Goal("bright", target=at + 0.5, first=layers[0], stop=layers[1])
    second, _ = driven(editor, witness, recipe, goal)
    done = recipe.with_edit(second[-1].edit)
    assert len(done.edits) == 1 and second[-1].edit.key == halved.key
    np.testing.assert_allclose(standing(done), second[-1].standing, rtol=1e-3, atol=2e-3)
    # The first step stands where the recipe stood.
    np.testing.assert_allclose(second[0].standing, standing(recipe), rtol=0.1, atol=0.3)


def test_a_run_can_be_held_reversed_and_stopped(
    editor: Editor, witness: Any, recipe: Recipe, standing: Any
) -> None:
    at = float(standing(recipe)[0])
    held = threading.Event()
    good = editor._callbacks["step"]

    def note(step: Step) -> None:
        if step.number == 2:
            editor.pause()
            held.set()
        good(step)

    editor._callbacks["step"] = note
    editor.drive(recipe, Goal("bright", target=at + 30.0))
    assert held.wait(30.0)
    stepped(witness, 2)
    editor.read(recipe)
    witness.wait_for("reading")  # the engine is free meanwhile
    assert len(witness.of("step")) == 2 and not witness.of("ended")
    editor.go_on()
    stepped(witness, 5)
    editor.reverse()
    count = len(witness.of("step"))
    witness.wait(lambda: min(s.standing[0] for s in witness.of("step")[count:] or [s_inf]) < at)
    editor.stop_run()
    (ended,) = witness.wait_for("ended")
    assert ended.reason == "Stopped." and not ended.reached
    assert ended.step is witness.of("step")[-1]
    editor.go_on()
    witness.wait(lambda: len(witness.of("step")) > ended.step.number)
    editor.stop_run()
    witness.wait_for("ended", 2)


s_inf = Step(
    0, Edit("x", "x", Vector.of("w", np.zeros(2, np.float32))), np.full(7, np.inf), np.zeros(7), 0.0
)


def test_a_run_that_was_stopped_before_it_began_takes_no_step(
    editor: Editor, witness: Any, recipe: Recipe, engine: Engine
) -> None:
    editor.drive(recipe, Goal("bright", target=9.0))
    editor.stop_run()
    (ended,) = witness.wait_for("ended")
    assert ended.reason == "Stopped." and len(witness.of("step")) <= 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"attribute": "hat"}, "hardly shows Hat"),
        ({"attribute": "nose"}, "does not read Nose"),
        ({"attribute": "shape"}, "does not read Shape"),
        ({"attribute": "bright", "kept": ("bright",)}, "to move and to be kept"),
        ({"attribute": "bright", "kept": ("nose",)}, "does not read nose"),
        ({"attribute": "bright", "first": 99}, "There is no layer 99"),
    ],
)
def test_what_cannot_be_driven_ends_in_a_sentence(
    editor: Editor, witness: Any, recipe: Recipe, fields: dict[str, Any], words: str
) -> None:
    steps, ended = driven(editor, witness, recipe, Goal(**fields))
    assert words in ended.reason and "\n" not in ended.reason
    assert not steps and ended.step is None and not ended.reached


def test_z_needs_one_point_that_has_one(editor: Editor, witness: Any, recipe: Recipe) -> None:
    blended = msgspec.structs.replace(recipe, blend=Blend((Weight("A", 1.0), Weight("B", 1.0))))
    _, ended = driven(editor, witness, blended, Goal("bright", space="z"))
    assert "use w" in ended.reason and "A, B" in ended.reason
    vector = Vector.of("w", np.zeros(16, np.float32))
    given = recipe.with_point(Point("A", vector))
    _, ended = driven(editor, witness, given, Goal("bright", space="z"))
    assert "Point A is given by its w" in ended.reason
    for moved in (
        recipe.with_edit(Edit("own", "Own", vector)),
        recipe.with_point(Point("A", Seed(1)).moved(Axis("principal", 0), 1.0)),
    ):
        _, ended = driven(editor, witness, moved, Goal("bright", space="z"))
        assert "moved in w" in ended.reason


def test_a_checkpoint_that_is_not_open_ends_in_a_sentence(
    editor: Editor, witness: Any, checkpoints: Any
) -> None:
    other = Recipe(checkpoint=checkpoints["twin"].content_hash)
    _, ended = driven(editor, witness, other, Goal("bright"))
    assert "not known yet" in ended.reason


def test_gradients_that_are_no_numbers_end_in_a_sentence(
    editor: Editor, witness: Any, recipe: Recipe, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        real = AttributeClassifier.embed
        patch.setattr(AttributeClassifier, "embed", lambda self, x: real(self, x) * float("nan"))
        steps, ended = driven(editor, witness, recipe, Goal("bright", target=9.0))
    assert not steps and not ended.reached and "no number" in ended.reason
    engine.request(recipe)
    assert witness.wait_for("frame")


def test_a_network_without_mapping_is_driven(
    make: Any, witness: Any, classifier_path: Any, checkpoints: Any, standing: Any
) -> None:
    editor = make()
    recipe = Recipe(checkpoint=checkpoints["vivid"].content_hash, truncation=Truncation(0.9))
    editor.open(recipe.checkpoint, classifier_path)
    witness.wait(lambda: any(known.complete for known in witness.of("known")))
    for space in ("z", "w"):
        at = float(standing(recipe)[0])
        steps, ended = driven(editor, witness, recipe, Goal("bright", target=at + 0.5, space=space))
        assert ended.reached, ended.reason
        there = standing(recipe.with_edit(steps[-1].edit))
        np.testing.assert_allclose(there, steps[-1].standing, rtol=1e-3, atol=2e-3)


def test_pictures_are_drawn_between_the_steps(
    editor: Editor, engine: Engine, witness: Any, recipe: Recipe
) -> None:
    good = editor._callbacks["step"]

    def show(step: Step) -> None:
        good(step)
        engine.request(recipe.with_edit(step.edit))

    editor._callbacks["step"] = show
    editor.drive(recipe, Goal("bright", target=40.0))
    stepped(witness, 8)
    editor.stop_run()
    witness.wait_for("ended")
    shown = [frame.recipe for frame in witness.wait_for("frame", 6)]
    edits = [recipe.with_edit(step.edit) for step in witness.of("step")]
    assert set(shown) <= set(edits) and len(shown) >= len(edits) - 2


def test_reversing_at_once_mirrors_the_goal_or_ends_in_the_sentence(
    editor: Editor, witness: Any, recipe: Recipe
) -> None:
    editor.drive(recipe, Goal("hat"))
    editor.reverse()
    (refused,) = witness.wait_for("ended")
    assert "hardly shows" in refused.reason
    witness.events.clear()
    editor.drive(recipe, Goal("bright", target=40.0))
    editor.reverse()
    steps = stepped(witness, 4)
    editor.stop_run()
    witness.wait_for("ended")
    assert steps[-1].standing[0] < steps[0].standing[0]


def test_a_new_run_takes_the_place_of_the_old(editor: Editor, witness: Any, recipe: Recipe) -> None:
    editor.drive(recipe, Goal("bright", target=40.0))
    stepped(witness, 2)
    editor.drive(recipe, Goal("round", target=40.0))
    witness.wait(lambda: any("round" in step.edit.key for step in witness.of("step")))
    editor.stop_run()
    (ended,) = witness.wait_for("ended")
    assert ended.step.edit.key == "gradient:round:w"


def test_a_run_gives_up_after_many_steps(
    editor: Editor, witness: Any, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "MOST", 3)
    steps, ended = driven(editor, witness, recipe, Goal("bright", target=40.0))
    assert len(steps) == 3 and "Not reached in 3 steps" in ended.reason


def test_stopping_in_the_middle_of_a_run_is_clean(
    editor: Editor, witness: Any, recipe: Recipe
) -> None:
    editor.drive(recipe, Goal("bright", target=40.0))
    stepped(witness, 2)
    editor.stop()
    count = len(witness.of("step"))
    assert not witness.of("ended")
    assert len(witness.of("step")) == count
