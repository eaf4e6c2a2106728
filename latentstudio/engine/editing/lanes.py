"""What all who are asked on several lanes share: the lanes, their end, and calling back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from latentstudio.engine.editing.lane import Lane

if TYPE_CHECKING:
    from latentstudio.engine.engine import Engine

_log = logging.getLogger(__name__)


class Lanes:
    """Somebody of the engine who is asked several kinds of questions at a time.

    Parameters
    ----------
    engine
        Draws.
    names
        Of the lanes: questions on one of them replace each other.
    callbacks
        By kind: who hears what a task tells. "progress" and "error" are told by every lane.
    """

    def __init__(
        self, engine: Engine, names: Iterable[str], callbacks: Mapping[str, Callable[..., None]]
    ) -> None:
        self._who = type(self).__name__.lower()
        self._callbacks = callbacks
        self._lanes = {name: Lane(f"{self._who} {name}", engine, self._tell) for name in names}
        self._stopped = False

    def cancel(self) -> None:
        """Let go of everything that is going on."""
        for lane in self._lanes.values():
            lane.cancel()

    def stop_all(self) -> None:
        """End all threads and wait for them: for the piece in hand. Nothing is taken any more."""
        self._stopped = True
        self.cancel()
        for lane in self._lanes.values():
            lane.stop()

    def _tell(self, kind: str, *values: object) -> None:
        """Call back; an exception there is the caller's, and must not end a thread."""
        if self._stopped:
            return
        try:
            self._callbacks[kind](*values)
        except Exception:
            _log.exception("a callback of the %s raised", self._who)
