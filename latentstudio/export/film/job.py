"""Films in the background: the engine draws between requests, a thread encodes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from latentstudio.engine.job import Job
from latentstudio.export.film.plan import Plan
from latentstudio.export.film.write import Progress, film_steps

if TYPE_CHECKING:
    from latentstudio.document.timeline.timeline import Timeline
    from latentstudio.engine.engine import Engine
    from latentstudio.engine.job import Draw
    from latentstudio.export.film.settings import FilmSettings


class FilmJob:
    """A film that an engine draws while the hand rests, one frame a slice.

    Callbacks come from the engine's thread; none comes after :meth:`cancel`.

    Parameters
    ----------
    engine
        Draws; it must be started.
    path, timeline, settings
        See :func:`~latentstudio.export.film.write.write_film`.
    on_progress
        After every frame.
    on_done
        The film is there.
    on_error
        One sentence; nothing was written.

    Raises
    ------
    FilmError
        One sentence: the format cannot hold the timeline.
    """

    def __init__(
        self,
        engine: Engine,
        path: str | os.PathLike[str],
        timeline: Timeline,
        settings: FilmSettings,
        *,
        on_progress: Callable[[Progress], None],
        on_done: Callable[[Path], None],
        on_error: Callable[[str], None],
    ) -> None:
        self.path = Path(path)
        plan = Plan(timeline, settings)

        def work(draw: Draw) -> Iterator[float]:
            for step in film_steps(self.path, plan, draw):
                if not self._job.cancelled:
                    on_progress(step)
                yield step.done / step.total

        self._job = Job(
            work,
            title=f"Film {self.path.name}",
            done=lambda: on_done(self.path),
            failed=on_error,
            quiet=True,  # a hand that moves never waits for a film
        )
        engine.submit(self._job)

    def cancel(self) -> None:
        """Give the film up; nothing is left of it once :attr:`finished`. From any thread."""
        self._job.cancel()

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self._job.finished

    def wait(self, timeout: float | None = None) -> bool:
        """Block until :attr:`finished`; False when the time is over."""
        return self._job.wait(timeout)
