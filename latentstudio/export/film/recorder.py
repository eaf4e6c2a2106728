"""Encoding in a thread of its own, behind the drawing of pictures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Full, Queue
from typing import TYPE_CHECKING

from latentstudio.document.timeline.file import SUFFIX, write_timeline
from latentstudio.export.film.errors import FilmError, film_error
from latentstudio.export.film.fit import fitted
from latentstudio.export.film.gif import write_gif
from latentstudio.export.film.pictures import write_numbered, write_sheet
from latentstudio.export.film.plan import Picture, Plan
from latentstudio.export.film.video import check_codec, write_video
from latentstudio.export.film.webp import check_webp, write_webp
from latentstudio.export.film.whole import check_target, whole

if TYPE_CHECKING:
    from latentstudio.engine.frame import Frame

DEPTH = 4  # pictures that wait to be encoded, at most: all the memory there is to a film's length

_WRITERS: dict[str, Callable[[Path, Plan, Iterator[Picture]], None]] = {
    "mp4": write_video,
    "webm": write_video,
    "gif": write_gif,
    "webp": write_webp,
    "png": write_numbered,
    "sheet": write_sheet,
}


class _GivenUpError(Exception):
    """Nobody wants the film any more."""


def sidecar(path: Path) -> Path:
    """Where the timeline of a film stands beside it: ``film.mp4.timeline.json``."""
    return path.with_name(path.name + SUFFIX)


class Recorder:
    """Encodes what it is offered; within its ``with`` block the film becomes whole, or is not.

    Parameters
    ----------
    path
        Where the film goes; its timeline is written beside it.
    plan
        Of the film.

    Raises
    ------
    FilmError
        One sentence, before anything is drawn: no such codec here, no place to write to.
    """

    def __init__(self, path: Path, plan: Plan) -> None:
        kind = plan.settings.format
        if kind in ("mp4", "webm"):
            check_codec(kind)
        elif kind == "webp":
            check_webp()
        check_target(path, kind == "png")
        self._path, self._plan = path, plan
        self._queue: Queue[Frame | None] = Queue(DEPTH)
        self._given_up = False
        self._said_all = False
        self._error: FilmError | None = None
        self._thread = threading.Thread(target=self._encode, name="film", daemon=True)

    def __enter__(self) -> Recorder:
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        """Give up unless all is done, and wait for the thread."""
        self._given_up = True
        self._put(None, 0.0)  # wakes a thread that waits; one that does not looks by itself
        self._thread.join()

    def offer(self, frame: Frame, patience: float) -> bool:
        """Hand over the next frame; False if there is no room for ``patience`` seconds.

        Raises
        ------
        FilmError
            One sentence: the encoder failed, the disk is full.
        """
        self._check()
        return self._put(frame, patience)

    def finish(self, patience: float) -> bool:
        """Say that there are no more frames, wait so many seconds, and tell whether it is whole.

        Raises
        ------
        FilmError
            As :meth:`offer`.
        """
        self._said_all = self._said_all or self._put(None, patience)
        self._thread.join(patience)
        self._check()
        return not self._thread.is_alive()

    def _put(self, frame: Frame | None, patience: float) -> bool:
        try:
            self._queue.put(frame, patience > 0, patience)
        except Full:
            return False
        return True

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _encode(self) -> None:
        try:
            with whole(self._path) as temp:
                _WRITERS[self._plan.settings.format](temp, self._plan, self._pictures())
                write_timeline(sidecar(self._path), self._plan.timeline)
        except _GivenUpError:
            pass
        except Exception as error:
            self._error = film_error(error, self._path)

    def _pictures(self) -> Iterator[Picture]:
        settings = self._plan.settings
        while (frame := self._queue.get()) is not None and not self._given_up:
            pixels = fitted(frame.pixels, settings.size, settings.fit, settings.background)
            yield Picture(pixels, frame.recipe)
        if self._given_up:
            raise _GivenUpError
