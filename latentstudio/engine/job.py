"""Background work in slices. No torch, no Qt."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.frame import Frame

Draw = Callable[["Recipe"], "Frame"]


class Job:
    """Something to be done between requests, one slice at a time.

    Parameters
    ----------
    work
        ``work(draw)`` returns an iterator, usually by being a generator function. Each step is
        one slice and should last about a frame; it yields the progress, 0 to 1. ``draw(recipe)``
        gives an exact frame.
    title
        What to call it on the screen.
    progress, done, failed
        Called from the engine's thread: with each yielded progress; with nothing at the end;
        with one sentence when the work raised. None of them is called after :meth:`cancel`.
    quiet
        No slice begins while requests keep arriving, nor while a job that is not quiet waits.
    """

    def __init__(
        self,
        work: Callable[[Draw], Iterator[float]],
        *,
        title: str = "",
        progress: Callable[[float], None] | None = None,
        done: Callable[[], None] | None = None,
        failed: Callable[[str], None] | None = None,
        quiet: bool = False,
    ) -> None:
        self.title = title
        self.quiet = quiet
        self.failed = failed
        self._work = work
        self._progress = progress
        self._done = done
        self._steps: Iterator[float] | None = None
        self._cancelled = threading.Event()
        self._finished = threading.Event()

    def cancel(self) -> None:
        """Stop before the next slice. From any thread, any number of times."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether :meth:`cancel` was called."""
        return self._cancelled.is_set()

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen: done, failed or cancelled."""
        return self._finished.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until :attr:`finished`; False when the time is over."""
        return self._finished.wait(timeout)

    def step(self, draw: Draw) -> bool:
        """Do one slice (the engine's thread calls this); False when the work is over.

        Raises whatever the work raises; the work is over then too.
        """
        over = True
        try:
            if self.cancelled:
                return False
            if self._steps is None:
                self._steps = self._work(draw)
            value = next(self._steps, None)
            if self.cancelled:
                return False
            if value is None:
                if self._done is not None:
                    self._done()
                return False
            if self._progress is not None:
                self._progress(value)
            over = False
            return True
        finally:
            if over:
                self._end()

    def _end(self) -> None:
        """Let go of the work: a generator's ``finally`` blocks run here."""
        close = getattr(self._steps, "close", None)
        self._steps = None
        try:
            if close is not None:
                close()
        finally:
            self._finished.set()
