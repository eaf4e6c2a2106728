"""Fetching a network that others published: only when a person has said yes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from latentstudio.ui.reading import Reader
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.metrics.spaces.download import Received


class Download(QObject):
    """One download at a time, in a thread.

    Signals
    -------
    progressed(Received)
        Bytes, bytes in all, seconds left.
    finished(str)
        "" after success, or one sentence; not after :meth:`cancel`.
    """

    progressed = Signal(object)
    finished = Signal(str)
    _received = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = Reader(self)
        self._cancel = threading.Event()
        self._received.connect(self.progressed, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether something is on its way."""
        return self._reader.busy

    def begin(self, name: str) -> None:
        """Fetch a file of ``metrics.known_weights``."""
        self._cancel = threading.Event()
        self._reader.read(_Fetch(name, self._received.emit, self._cancel), self._on_done)

    def cancel(self) -> None:
        """Stop; what has come is kept for the next time."""
        self._cancel.set()
        self._reader.cancel()

    def stop(self) -> None:
        """As :meth:`cancel`, and wait (the window is going)."""
        self._cancel.set()
        self._reader.stop()

    def _on_done(self, result: Any) -> None:
        self.finished.emit(sentence(result) if isinstance(result, Exception) else "")


class _Fetch:
    def __init__(self, name: str, progress: Any, cancel: threading.Event) -> None:
        self._name, self._progress, self._cancel = name, progress, cancel

    def __call__(self) -> object:
        from latentstudio.metrics.spaces.weights import fetch

        return fetch(self._name, progress=self._tell, cancel=self._cancel)

    def _tell(self, received: Received) -> None:
        if not self._cancel.is_set():
            self._progress(received)
