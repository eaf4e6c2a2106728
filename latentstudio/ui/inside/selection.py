"""Which channels are chosen, as a hand on a list chooses them. No Qt."""

from __future__ import annotations

from collections.abc import Iterable


class Selection:
    """Chosen channels, and a cursor that goes from place to place.

    Attributes
    ----------
    order
        Channel at each place.
    chosen
        Channels, whatever their place.
    at
        Place of the cursor; -1 before it was ever put anywhere.
    """

    def __init__(self) -> None:
        self.order: tuple[int, ...] = ()
        self.chosen: frozenset[int] = frozenset()
        self.at = -1
        self._anchor = 0  # place where a range begins

    def arrange(self, order: Iterable[int]) -> None:
        """Other places for channels: the cursor stays on its own, and who is gone is let go."""
        on = self.order[self.at] if 0 <= self.at < len(self.order) else -1
        self.order = tuple(order)
        self.chosen &= frozenset(self.order)
        self.at = self._anchor = self.order.index(on) if on in self.order else -1

    def choose(self, channels: Iterable[int]) -> None:
        """Choose these alone."""
        self.chosen = frozenset(channels) & frozenset(self.order)

    def take(self, place: int, *, add: bool = False, extend: bool = False) -> None:
        """A click: alone (and again: let go), beside the others, or all from the last one on."""
        self.at = place
        channel = frozenset((self.order[place],))
        if extend:
            self._extend(add)
            return
        self._anchor = place
        if add:
            self.chosen ^= channel
        else:
            self.chosen = frozenset() if self.chosen == channel else channel

    def step(self, place: int, *, extend: bool = False, only_move: bool = False) -> None:
        """The cursor goes to the nearest place there is and chooses, or only looks."""
        self.at = min(max(0, place), len(self.order) - 1)
        if extend:
            self._extend(False)
        elif not only_move:
            self._anchor = self.at
            self.chosen = frozenset((self.order[self.at],))

    def _extend(self, add: bool) -> None:
        first, last = sorted((max(0, self._anchor), self.at))
        between = frozenset(self.order[first : last + 1])
        self.chosen = self.chosen | between if add else between
