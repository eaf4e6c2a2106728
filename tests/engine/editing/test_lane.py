from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from latentstudio.document.recipe import Recipe
from latentstudio.engine.editing.lane import Lane, Task
from latentstudio.engine.engine import Engine
from latentstudio.engine.errors import EngineError

PATIENCE = 30.0


@pytest.fixture
def lane(engine: Engine, witness: Any) -> Iterator[Lane]:
    engine._mailbox._calm = 0.0
    made = Lane("editing test", engine, witness.note)
    yield made
    made.stop()


def test_the_newest_order_wins_and_the_others_say_nothing_more(lane: Lane, witness: Any) -> None:
    begun, let = threading.Event(), threading.Event()

    def first(task: Task) -> None:
        begun.set()
        let.wait(PATIENCE)
        task.tell("said", "first")

    lane.order(first)
    assert begun.wait(PATIENCE)
    for text in ("second", "third"):
        lane.order(lambda task, text=text: task.tell("said", text))
    let.set()
    assert witness.wait_for("said") == ["third"]


def test_a_thread_lives_as_long_as_there_is_work(lane: Lane, witness: Any) -> None:
    for text in ("one", "two"):
        lane.order(lambda task, text=text: task.tell("said", text))
        witness.wait(lambda text=text: witness.of("said")[-1:] == [text])
        thread = lane._thread
        if thread is not None:
            thread.join(PATIENCE)
        assert lane._thread is None


def test_slices_are_taken_until_there_is_no_more(lane: Lane, witness: Any, recipe: Recipe) -> None:
    left = [3]

    def work(task: Task) -> None:
        def step(generator: Any) -> bool:
            assert threading.current_thread().name == "engine"
            left[0] -= 1
            return left[0] > 0

        task.slices(recipe.checkpoint, step)
        task.tell("said", task.once(recipe.checkpoint, lambda generator: generator.z_dim))

    lane.order(work)
    assert witness.wait_for("said") == [16] and left == [0]


def test_what_a_slice_raises_is_a_sentence(lane: Lane, witness: Any, recipe: Recipe) -> None:
    def refuse(_generator: Any) -> Any:
        raise ValueError("This cannot be.")

    lane.order(lambda task: task.once(recipe.checkpoint, refuse))
    assert witness.wait_for("error") == ["This cannot be."]
    lane.order(lambda task: task.once("ab" * 32, refuse))
    assert "is not here" in witness.wait_for("error", 2)[-1]

    def full(_generator: Any) -> Any:
        raise MemoryError

    lane.order(lambda task: task.once(recipe.checkpoint, full))
    assert "not enough memory" in witness.wait_for("error", 3)[-1]


def test_a_quiet_slice_is_given_up_for_a_picture_and_another_is_not(
    engine: Engine, lane: Lane, witness: Any, recipe: Recipe
) -> None:
    for quiet in (True, False):
        tries: list[bool] = []

        def step(generator: Any, tries: list[bool] = tries) -> bool:
            tries.append(False)
            if len(tries) == 1:
                engine.request(recipe)
            generator(generator.sample_z(1, 0))  # between its layers it may be given up
            tries[-1] = True
            return False

        lane.order(
            lambda task, step=step, quiet=quiet: (  # type: ignore[misc]
                task.slices(recipe.checkpoint, step, quiet),
                task.tell("said", quiet),
            )
        )
        witness.wait(lambda quiet=quiet: quiet in witness.of("said"))
        assert tries == ([False, True] if quiet else [True])
    witness.wait_for("frame", 2)


def test_an_engine_that_is_closed_leaves_nobody_waiting(
    engine: Engine, lane: Lane, recipe: Recipe
) -> None:
    engine.stop()
    task = lane.order(lambda task: task.once(recipe.checkpoint, lambda _: None))
    assert task is not None
    thread = lane._thread
    if thread is not None:
        thread.join(PATIENCE)
    assert lane._thread is None


def test_stopping_wakes_whoever_waits(lane: Lane, witness: Any) -> None:
    def work(task: Task) -> None:
        task.tell("said", "waits")
        task.wait(lambda: False)

    lane.order(work)
    witness.wait_for("said")
    lane.stop()
    assert lane.order(work) is None


def test_an_engine_error_keeps_its_words(lane: Lane, witness: Any) -> None:
    def work(_task: Task) -> None:
        raise EngineError("No checkpoint is open: open one first")

    lane.order(work)
    assert witness.wait_for("error") == ["No checkpoint is open: open one first"]
