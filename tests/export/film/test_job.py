"""A film behind a hand that moves, by a real engine and a tiny network."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from latentstudio.checkpoints.header import read_header
from latentstudio.checkpoints.store import save_generator
from latentstudio.document.film_text import read_film_timeline
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.engine.engine import Engine
from latentstudio.export.film.job import FilmJob
from latentstudio.export.film.settings import FilmSettings
from latentstudio.export.film.write import Progress, write_film
from latentstudio.generators.dcgan import DCGAN


class Studio:
    """An engine, and what it and a film said."""

    def __init__(self, path: Path) -> None:
        self.content_hash = read_header(path).info.content_hash
        self.frames = 0
        self.said: list[Any] = []
        self.ended = threading.Event()
        self.engine = Engine(
            lambda _hash: path,
            device="cpu",
            on_frame=lambda _frame: setattr(self, "frames", self.frames + 1),
            on_error=lambda text, _recipe: self.said.append(text),
            on_model=lambda _info: None,
        )

    def bound(self, timeline: Timeline) -> Timeline:
        """The timeline, drawn by this engine's network."""
        base = msgspec.structs.replace(timeline.base, checkpoint=self.content_hash)
        return msgspec.structs.replace(timeline, base=base)

    def film(self, path: Path, timeline: Timeline, progress: Any = None) -> FilmJob:
        return FilmJob(
            self.engine,
            path,
            timeline,
            FilmSettings("gif", 32, 32),
            on_progress=progress or self.said.append,
            on_done=lambda made: (self.said.append(made), self.ended.set()),
            on_error=lambda text: (self.said.append(text), self.ended.set()),
        )


@pytest.fixture
def studio(tmp_path: Path) -> Any:
    torch.manual_seed(0)
    checkpoint = tmp_path / "tiny.safetensors"
    small = DCGAN(z_dim=4, resolution=32, ngf=4)
    save_generator(checkpoint, small, name="tiny", data={"name": "none"}, training={})
    made = Studio(checkpoint)
    made.engine.start()
    yield made
    made.engine.stop()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def test_the_film_is_the_one_that_is_written_at_once(
    studio: Studio, out: Path, timeline: Any
) -> None:
    film = studio.bound(timeline(8))
    job = studio.film(out / "a.gif", film)
    assert studio.ended.wait(60) and job.wait(10) and studio.said[-1] == out / "a.gif"
    steps = [step for step in studio.said if isinstance(step, Progress)]
    assert steps[-1].done == steps[-1].total == 8
    assert read_film_timeline(out / "a.gif") == film
    write_film(out / "b.gif", film, FilmSettings("gif", 32, 32), studio.engine.render)
    assert (out / "a.gif").read_bytes() == (out / "b.gif").read_bytes()


def test_requests_are_answered_during_a_film(studio: Studio, out: Path, timeline: Any) -> None:
    film = studio.bound(timeline(30))
    seen: list[int] = []

    def move(step: Progress) -> None:
        if step.done == 3:
            studio.engine.request(film.recipe(0))
        seen.append(studio.frames)

    studio.film(out / "a.gif", film, move)
    assert studio.ended.wait(60) and studio.said == [out / "a.gif"]
    assert seen[0] == 0 and 1 in seen[:8]


def test_cancelled_it_says_nothing_more_and_leaves_nothing(
    studio: Studio, out: Path, timeline: Any
) -> None:
    def give_up(step: Progress) -> None:
        studio.said.append(step.done)
        job.cancel()

    job = studio.film(out / "a.gif", studio.bound(timeline(500)), give_up)
    assert job.wait(60) and job.finished
    assert studio.said == [1] and list(out.iterdir()) == []


def test_an_engine_that_stops_gives_the_film_up(studio: Studio, out: Path, timeline: Any) -> None:
    begun = threading.Event()
    film = studio.bound(timeline(5000))
    job = studio.film(out / "a.gif", film, lambda _step: begun.set())
    assert begun.wait(60)
    studio.engine.stop()
    assert job.finished and studio.said == [] and list(out.iterdir()) == []


def test_trouble_is_one_sentence(studio: Studio, out: Path, timeline: Any) -> None:
    (out / "a.gif").mkdir()
    studio.film(out / "a.gif", timeline())
    assert studio.ended.wait(60)
    assert studio.said == [f"{out / 'a.gif'} is a folder: choose another name to save under"]


def test_a_recipe_that_does_not_fit_is_one_sentence(
    studio: Studio, out: Path, timeline: Any
) -> None:
    film = studio.bound(timeline())
    film = msgspec.structs.replace(film, base=msgspec.structs.replace(film.base, label=3))
    studio.film(out / "a.gif", film)
    assert studio.ended.wait(60)
    assert len(studio.said) == 1 and "class" in studio.said[0] and list(out.iterdir()) == []
