"""What is said in any thread, heard in the GUI's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal


class News(QObject):
    """Makes callbacks for plain Python threads out of slots for the GUI's."""

    _told = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._closed = False
        # Queued explicitly: it is emitted in plain Python threads.
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)

    def hear(self, slot: Callable[..., Any]) -> Callable[..., None]:
        """A callback for any thread that has ``slot`` called in the GUI's, with its values."""

        def say(*values: object) -> None:
            if not self._closed:
                self._told.emit(slot, values)

        return say

    def close(self) -> None:
        """Nothing is heard from now on, what is under way included."""
        self._closed = True

    def _on_told(self, slot: Callable[..., Any], values: tuple[object, ...]) -> None:
        if not self._closed:
            slot(*values)
