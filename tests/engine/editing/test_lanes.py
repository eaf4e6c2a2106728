from __future__ import annotations

import threading
from typing import Any

import pytest

from latentstudio.engine.editing.lane import Task
from latentstudio.engine.editing.lanes import Lanes
from latentstudio.engine.engine import Engine

PATIENCE = 30.0


class Clerk(Lanes):
    """Is asked two kinds of questions, and says how often it was told something."""

    def __init__(self, engine: Engine, witness: Any) -> None:
        def broken(_words: str) -> None:
            raise RuntimeError("the caller's")

        super().__init__(
            engine,
            ("early", "late"),
            {
                "said": lambda *values: witness.note("said", values),
                "broken": broken,
                "error": lambda words: witness.note("trouble", words),
            },
        )

    def do(self, name: str, work: Any) -> None:
        self._lanes[name].order(work)


@pytest.fixture
def clerk(engine: Engine, witness: Any) -> Any:
    made = Clerk(engine, witness)
    yield made
    made.stop_all()


def test_lanes_work_side_by_side_in_threads_with_their_names(clerk: Clerk, witness: Any) -> None:
    meet = threading.Barrier(2, timeout=PATIENCE)

    def work(task: Task) -> None:
        meet.wait()
        task.tell("said", threading.current_thread().name, 1)

    for name in ("early", "late"):
        clerk.do(name, work)
    assert sorted(witness.wait_for("said", 2)) == [("clerk early", 1), ("clerk late", 1)]


def test_a_callback_that_raises_ends_nothing(clerk: Clerk, witness: Any, caplog: Any) -> None:
    def work(task: Task) -> None:
        task.tell("broken", "?")
        task.tell("said", "still here")

    clerk.do("early", work)
    assert witness.wait_for("said") == [("still here",)]
    assert "a callback of the clerk raised" in caplog.text
    assert not witness.of("trouble")


@pytest.mark.parametrize("end", ["cancel", "stop_all"])
def test_what_is_let_go_of_says_nothing_more(clerk: Clerk, witness: Any, end: str) -> None:
    begun, let = threading.Event(), threading.Event()

    def work(task: Task) -> None:
        begun.set()
        task.wait(let.is_set)
        task.tell("said", "too late")

    clerk.do("early", work)
    assert begun.wait(PATIENCE)
    getattr(clerk, end)()
    let.set()
    clerk.do("late", lambda task: task.tell("said", "afterwards"))
    if end == "cancel":
        assert witness.wait_for("said") == [("afterwards",)]
    clerk.stop_all()
    clerk.stop_all()  # once more does no harm
    assert witness.of("said") == ([("afterwards",)] if end == "cancel" else [])
    assert not [t for t in threading.enumerate() if t.name.startswith("clerk")]
