"""Work in slices, so that a window can go on between them and Ctrl-C loses one at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, NoReturn, TypeVar

from latentstudio.metrics.measure.kept import Kept

T = TypeVar("T")

Slice = Callable[[], Any]


class Task(Generic[T]):
    """One result, made in slices and kept.

    Parameters
    ----------
    title
        What a line of progress says.
    cost
        About how many pictures' time it takes, for the share done.
    draws
        Whether slices use the generator.
    key, kind
        Under what the result is kept, and what it is; a key of "" keeps nothing.
    slices
        Called once, when the work begins. Each slice is a function without effects beyond what
        it returns: one that raised is called again.
    finish
        Makes the result of what the slices returned.
    """

    def __init__(
        self,
        title: str,
        cost: float,
        slices: Callable[[], Sequence[Slice]],
        finish: Callable[[list[Any]], T],
        *,
        draws: bool = True,
        key: str = "",
        kind: type[T] | None = None,
    ) -> None:
        self.title, self.cost, self.draws = title, max(cost, 1.0), draws
        self._key, self._kind, self._make, self._finish = key, kind, slices, finish
        self._slices: Sequence[Slice] | None = None
        self._made: list[Any] = []
        self.result: T | None = None
        self.lack = ""

    @property
    def done(self) -> bool:
        """Whether there is a result, or a sentence (``lack``) that says why there is none."""
        return self.result is not None or bool(self.lack)

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        if self.done:
            return 1.0
        return len(self._made) / (len(self._slices) + 1) if self._slices else 0.0

    def recall(self, kept: Kept) -> bool:
        """Take the result of an earlier run; whether there is one."""
        if self._kind is not None and self._key:
            with suppress(LookupError):
                self.result = kept.result(self._key, self._kind, _absent)
        return self.result is not None

    def step(self, kept: Kept) -> None:
        """Do one slice, the last of which finishes and keeps the result."""
        if self._slices is None:
            self._slices = self._make()
        if len(self._made) < len(self._slices):
            self._made.append(self._slices[len(self._made)]())
        if len(self._made) == len(self._slices):
            result = self._finish(self._made)
            self.result = result
            if self._kind is not None and self._key:
                kept.result(self._key, self._kind, lambda: result)


def _absent() -> NoReturn:
    raise LookupError
