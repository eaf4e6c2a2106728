from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from latentstudio.engine.job import Job


def draw(recipe: Any) -> Any:
    return f"frame of {recipe}"


def test_steps_progress_and_done() -> None:
    seen: list[Any] = []

    def work(draw: Any) -> Iterator[float]:
        for i in (1, 2):
            seen.append(draw(i))
            yield i / 2

    job = Job(work, progress=seen.append, done=lambda: seen.append("done"))
    assert job.step(draw) and job.step(draw) and not job.finished
    assert not job.step(draw) and job.finished
    assert seen == ["frame of 1", 0.5, "frame of 2", 1.0, "done"]
    assert job.wait(0)


def test_a_cancelled_job_cleans_up_and_says_nothing_more() -> None:
    seen: list[Any] = []

    def work(_draw: Any) -> Iterator[float]:
        try:
            while True:
                yield 0.5
        finally:
            seen.append("cleaned")

    job = Job(work, progress=seen.append, done=lambda: seen.append("done"))
    job.step(draw)
    job.cancel()
    assert job.cancelled and not job.finished
    assert not job.step(draw) and job.finished
    assert seen == [0.5, "cleaned"]


def test_cancelling_before_the_start_runs_nothing() -> None:
    job = Job(lambda _: pytest.fail("ran"))
    job.cancel()
    assert not job.step(draw) and job.finished


def test_cancelling_within_the_last_slice_is_not_done() -> None:
    seen: list[Any] = []

    def work(_draw: Any) -> Iterator[float]:
        job.cancel()
        yield 1.0

    job = Job(work, progress=seen.append, done=lambda: seen.append("done"))
    assert not job.step(draw) and job.finished and not seen


def test_work_that_raises_is_over() -> None:
    def work(_draw: Any) -> Iterator[float]:
        yield 0.1
        raise ValueError("no")

    job = Job(work)
    job.step(draw)
    with pytest.raises(ValueError, match="no"):
        job.step(draw)
    assert job.finished
