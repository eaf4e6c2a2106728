"""Undo and redo over immutable states."""

from __future__ import annotations

from typing import Generic, TypeVar

LIMIT = 1000

State = TypeVar("State")


class History(Generic[State]):
    """A line of states with the present somewhere on it.

    A state is a value, so a step back is an index; nothing has to be computed in reverse.
    """

    def __init__(self, start: State) -> None:
        self._states: list[State] = [start]
        self._labels: list[str] = [""]
        self._open: str | None = None  # merge key of the step still growing
        self._index = 0

    @property
    def present(self) -> State:
        """The state on the screen."""
        return self._states[self._index]

    @property
    def previous(self) -> State | None:
        """The state one step back (what hold-to-compare shows), or None."""
        return self._states[self._index - 1] if self._index else None

    @property
    def undo_label(self) -> str | None:
        """What undo would take back, or None."""
        return self._labels[self._index] if self._index else None

    @property
    def redo_label(self) -> str | None:
        """What redo would bring back, or None."""
        following = self._index + 1
        return self._labels[following] if following < len(self._states) else None

    def push(self, label: str, state: State, merge: str | None = None) -> None:
        """Add a step after the present; equal merge keys in a row fold into one step.

        A folded step that ends where it began is no step. Undo and redo close a step: what
        comes after them starts a new one, whatever its key.
        """
        if merge is not None and merge == self._open:
            self._index -= 1
        self._open = merge
        del self._states[self._index + 1 :], self._labels[self._index + 1 :]
        if state == self.present:
            self._open = None
            return
        self._states.append(state)
        self._labels.append(label)
        if len(self._states) > LIMIT:
            del self._states[0], self._labels[0]
        self._index = len(self._states) - 1

    def undo(self) -> bool:
        """Go one step back; whether there was one."""
        return self._go(self._index - 1)

    def redo(self) -> bool:
        """Go one step forward; whether there was one."""
        return self._go(self._index + 1)

    def _go(self, index: int) -> bool:
        if not 0 <= index < len(self._states):
            return False
        self._index = index
        self._open = None
        return True
