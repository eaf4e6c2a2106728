"""Work on samples beside the window: what was begun is finished, then the newest wish is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer

from latentstudio.ui.reading import Reader, Work

Done = Callable[[Any], None]
REST = 3.0  # pause after each piece of work, in times of what it took: the picture goes first
LONGEST = 2000  # ms


class Worker(QObject):
    """A reader that wishes cannot starve, and that starves nobody.

    Samples stream in faster than they can be sorted: a reader that heeds the newest wish alone
    would never show anything, and one that never rests would slow down what it waits for.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = Reader(self)
        self._done: Done | None = None
        self._next: tuple[Work, Done] | None = None
        self._began = 0.0
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._go_on)

    @property
    def busy(self) -> bool:
        """Whether a result is still to come."""
        return self._reader.busy or self._next is not None

    def ask(self, work: Work, done: Done, *, soon: bool = False) -> None:
        """Do something, now or next, in place of what was still to be done next.

        Parameters
        ----------
        work, done
            As in :meth:`Reader.read`.
        soon
            The hand waits for it: no pause before.
        """
        self._next = (work, done)
        if soon:
            self._pause.stop()
        if not self._pause.isActive():
            self._go_on()

    def forget(self) -> None:
        """No result is wanted any more."""
        self._next = self._done = None
        self._pause.stop()
        self._reader.cancel()

    def stop(self) -> None:
        """Forget everything and wait for the thread (the window is going)."""
        self.forget()
        self._reader.stop()

    def _go_on(self) -> None:
        if self._next is not None and not self._reader.busy:
            (work, self._done), self._next = self._next, None
            self._began = time.monotonic()
            self._reader.read(work, self._on_done)

    def _on_done(self, result: Any) -> None:
        done, self._done = self._done, None
        took = time.monotonic() - self._began
        self._pause.start(min(LONGEST, round(1000 * REST * took)))
        if done is not None:
            done(result)
