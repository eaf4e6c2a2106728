"""Reading that takes a while, on a thread of its own: the newest file wins."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

log = logging.getLogger(__name__)

Work = Callable[[], Any]


def attempt(work: Work) -> Any:
    """What ``work`` returns, or the exception that it raises."""
    try:
        return work()
    except Exception as error:  # it is told in the window, whatever it is
        log.debug("reading failed", exc_info=error)
        return error


class Reader(QObject):
    """Does one piece of work at a time away from the window.

    What was begun before and is no longer wanted runs to its end unheard: there is no more than
    one thread, however often the person changes their mind.
    """

    _finished = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._waiting: tuple[int, Work] | None = None
        self._thread: threading.Thread | None = None
        self._open = True
        self._number = 0
        self._done: Callable[[Any], None] | None = None
        # Queued explicitly: it is emitted in a plain Python thread.
        self._finished.connect(self._on_finished, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether something is being read that somebody waits for."""
        return self._done is not None

    def read(self, work: Work, done: Callable[[Any], None]) -> None:
        """Do ``work`` in the background; then call ``done`` in the GUI thread.

        Parameters
        ----------
        work
            Touches no Qt.
        done
            Gets what ``work`` returned, or the exception that it raised. Never called after
            :meth:`cancel` or another :meth:`read`.
        """
        self.cancel()
        self._done = done
        with self._lock:
            self._waiting = (self._number, work)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="reader", daemon=True)
                self._thread.start()

    def cancel(self) -> None:
        """Forget what is being read."""
        self._number += 1
        self._done = None
        with self._lock:
            self._waiting = None

    def stop(self) -> None:
        """Forget it, and wait for the thread (the window is going)."""
        self.cancel()
        with self._lock:
            self._open = False
            thread = self._thread
        if thread is not None:
            thread.join()

    def _serve(self) -> None:
        while True:
            with self._lock:
                task, self._waiting = self._waiting, None
                if task is None:
                    self._thread = None
                    return
            number, work = task
            result = attempt(work)
            if self._open:
                self._finished.emit(number, result)

    def _on_finished(self, number: int, result: Any) -> None:
        if number == self._number and self._done is not None:
            done, self._done = self._done, None
            done(result)
