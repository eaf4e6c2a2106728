"""Where the playhead stood at each step of the history, so that undo moves it too. No Qt."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.document.document import State

_MOST = 2048  # more than the history holds


class Stood:
    """States by identity: a step that is gone back to is the same object again."""

    def __init__(self) -> None:
        self._places: OrderedDict[int, tuple[State, float]] = OrderedDict()

    def note(self, state: State, seconds: float) -> None:
        """While this is the document's state, the playhead stands there."""
        self._places[id(state)] = state, seconds
        self._places.move_to_end(id(state))
        if len(self._places) > _MOST:
            self._places.popitem(last=False)

    def forget(self, state: State) -> None:
        """Nothing leads back to it."""
        self._places.pop(id(state), None)

    def time_of(self, state: State) -> float | None:
        """Where the playhead stood; None for a state that is new."""
        place = self._places.get(id(state))
        return None if place is None else place[1]
