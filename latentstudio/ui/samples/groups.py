"""Samples that were sorted by eye into more and less of something. No widgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.document.recipe import Recipe
    from latentstudio.document.sampling import Sampling

Side = Literal["more", "less"]
SIDES: tuple[Side, Side] = ("more", "less")
FEWEST = 5  # of each: below that nothing can be held out to see whether it is true
ENOUGH, PLENTY = 20, 50


@dataclass(frozen=True, eq=False)
class Example:
    """A sample that has more, or less.

    Attributes
    ----------
    sampling, number
        Which sample it is.
    side
        Where it was put.
    recipe
        Of its picture.
    pixels
        uint8 [S, S, 3].
    """

    sampling: Sampling
    number: int
    side: Side
    recipe: Recipe
    pixels: NDArray[np.uint8]


class Groups(QObject):
    """Two groups, in the order of the hand. They stay while the wall's setting changes.

    Signals
    -------
    changed()
        A sample came, went, or changed sides.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._examples: dict[tuple[Sampling, int], Example] = {}
        self._cleared: dict[tuple[Sampling, int], Example] = {}

    def of(self, checkpoint: str, side: Side) -> list[Example]:
        """One group, as far as it belongs to a generator."""
        return [
            example
            for example in self._examples.values()
            if example.side == side and example.recipe.checkpoint == checkpoint
        ]

    def side(self, sampling: Sampling, number: int) -> Side | None:
        """On which side a sample is."""
        example = self._examples.get((sampling, number))
        return example.side if example is not None else None

    def put(self, examples: Iterable[Example]) -> None:
        """Sort samples in; those that are all there already are taken out again."""
        new = {(e.sampling, e.number): e for e in examples}
        there = [self.side(*key) == example.side for key, example in new.items()]
        for key, example in new.items():
            self._examples.pop(key, None)
            if not all(there):
                self._examples[key] = example
        self._cleared = {}
        if new:
            self.changed.emit()

    def take(self, sampling: Sampling, numbers: Iterable[int]) -> None:
        """Take samples out of their groups."""
        gone = [self._examples.pop((sampling, number), None) for number in numbers]
        if any(example is not None for example in gone):
            self.changed.emit()

    def clear(self) -> None:
        """Empty both; :meth:`restore` brings them back."""
        self._cleared, self._examples = self._examples, {}
        self.changed.emit()

    def restore(self) -> None:
        """Undo :meth:`clear`."""
        self._examples, self._cleared = self._cleared, {}
        self.changed.emit()

    @property
    def restorable(self) -> bool:
        """Whether there is something to bring back."""
        return bool(self._cleared) and not self._examples


def guidance(count: int) -> str:
    """``12 of 20 to 50``, and how it stands."""
    if count < ENOUGH:
        return f"{count} of {ENOUGH} to {PLENTY}"
    return f"{count}: enough" if count < PLENTY else f"{count}: plenty"
