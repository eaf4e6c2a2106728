"""One film on its way, from the press of the button to the file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

if TYPE_CHECKING:
    from pathlib import Path

    from latentstudio.document.timeline.timeline import Timeline
    from latentstudio.engine.engine import Engine
    from latentstudio.export.film.job import FilmJob
    from latentstudio.export.film.settings import FilmSettings


class Exporter(QObject):
    """Brings what a film job says into the window's thread.

    Parameters
    ----------
    engine
        Draws the film.

    Signals
    -------
    progressed(Progress), saved(Path), failed(str)
        As of :class:`~latentstudio.export.film.job.FilmJob`; the last two end it.
    """

    progressed = Signal(object)
    saved = Signal(object)
    failed = Signal(str)
    _told = Signal(int, str, object)

    def __init__(self, engine: Engine | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._run = 0
        self._job: FilmJob | None = None
        # Tests put another one here.
        self.make_job: Callable[..., FilmJob] = _film_job
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)

    @property
    def going(self) -> bool:
        """Whether a film is on its way."""
        return self._job is not None

    def start(self, path: Path, timeline: Timeline, settings: FilmSettings) -> None:
        """Begin a film.

        Raises
        ------
        FilmError
            One sentence: the format cannot hold the timeline.
        """
        self._run += 1
        tell = partial(partial, self._told.emit, self._run)
        self._job = self.make_job(
            self._engine,
            path,
            timeline,
            settings,
            on_progress=tell("progressed"),
            on_done=tell("saved"),
            on_error=tell("failed"),
        )

    def cancel(self) -> None:
        """Give the film up; nothing is left of it, and nothing more is said."""
        job, self._job = self._job, None
        self._run += 1
        if job is not None:
            job.cancel()

    def _on_told(self, run: int, name: str, value: object) -> None:
        if run != self._run:
            return  # of a film that was given up
        if name != "progressed":
            self._job = None
        getattr(self, name).emit(value)


def _film_job(*args: Any, **callbacks: Any) -> FilmJob:
    from latentstudio.export.film.job import FilmJob

    return FilmJob(*args, **callbacks)
