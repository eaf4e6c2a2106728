"""Films: every frame of a timeline drawn, encoded behind it, and told how far it is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from latentstudio.export.film.errors import FilmCancelled
from latentstudio.export.film.plan import Plan
from latentstudio.export.film.recorder import Recorder
from latentstudio.export.picture import refuse_preview

if TYPE_CHECKING:
    from latentstudio.document.timeline.timeline import Timeline
    from latentstudio.engine.frame import Frame
    from latentstudio.engine.job import Draw
    from latentstudio.export.film.settings import FilmSettings

KEPT_BYTES = 128 << 20  # of pictures, for films that show them more than once
PATIENCE = 0.005  # seconds that drawing waits for the encoder before it lets others in


@dataclass(frozen=True)
class Progress:
    """How far a film is.

    Attributes
    ----------
    done, total
        Pictures.
    seconds_left
        None until there is something to go by.
    """

    done: int
    total: int
    seconds_left: float | None


def write_film(
    path: str | os.PathLike[str],
    timeline: Timeline,
    settings: FilmSettings,
    draw: Draw,
    *,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Make a film; it appears whole, its timeline in it and beside it, or not at all.

    Equal timelines and settings give equal frames, and equal bytes with one version of the
    libraries, however fast or busy the machine is.

    Parameters
    ----------
    path
        Where to. For numbered pictures a folder, which must be new or empty.
    timeline, settings
        What it shows, and what it is to be.
    draw
        From a recipe to an exact frame, such as ``engine.render``.
    progress
        Called after every picture, in this thread.
    cancelled
        Asked after every picture.

    Raises
    ------
    FilmError
        One sentence: codec missing, disk full, no place to write to. And whatever ``draw`` raises.
    FilmCancelled
        When ``cancelled`` said so.
    """
    target = Path(path)
    with closing(film_steps(target, Plan(timeline, settings), draw)) as steps:
        for step in steps:
            if cancelled is not None and cancelled():
                raise FilmCancelled(f"{target} was given up; nothing was written")
            if progress is not None:
                progress(step)
    return target


def film_steps(path: Path, plan: Plan, draw: Draw) -> Generator[Progress]:
    """Make a film in steps of at most one drawn picture; closing the iterator gives it up."""
    clock = _Clock(plan.total)
    with Recorder(path, plan) as recorder:
        for done, frame in enumerate(_frames(plan, draw), 1):
            while not recorder.offer(frame, PATIENCE):
                yield clock.at(done - 1)
            yield clock.at(done)
        while not recorder.finish(PATIENCE):
            yield clock.at(plan.total)


def _frames(plan: Plan, draw: Draw) -> Iterator[Frame]:
    """The frames as they are shown; as many as fit are drawn once for all rounds."""
    kept: dict[int, Frame] = {}
    room = KEPT_BYTES if plan.rounds > 1 else 0
    for _ in range(plan.rounds):
        for number in plan.frames:
            frame = kept.get(number)
            if frame is None:
                frame = draw(plan.timeline.recipe(number))
                refuse_preview(frame)
                if frame.pixels.nbytes <= room:
                    kept[number] = frame
                    room -= frame.pixels.nbytes
            yield frame


class _Clock:
    """Time left, by the pace since the first picture: before it the checkpoint is loaded."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._start: float | None = None

    def at(self, done: int) -> Progress:
        now = time.monotonic()
        if self._start is None and done:
            self._start = now
        left = None
        if self._start is not None and done > 1:
            left = (now - self._start) / (done - 1) * (self._total - done)
        return Progress(done, self._total, left)
