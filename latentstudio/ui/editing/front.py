"""Which sliders stand in front: few, and those that were used last."""

from __future__ import annotations

from collections.abc import Collection, Iterable

MOST = 8
# What people ask for first, as parts of names; the rest follows as the classifier has it.
ASKED = ("smil", "glasses", "hair", "beard", "skin", "yaw", "eye")


def asked_first(names: Iterable[str]) -> list[str]:
    """The names, those that people ask for before the others."""

    def rank(name: str) -> int:
        return next((i for i, part in enumerate(ASKED) if part in name.lower()), len(ASKED))

    return sorted(names, key=rank)


class Front:
    """At most eight names. A new one takes the place of the one not used for longest.

    Attributes
    ----------
    names
        As they stand, from above.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names: list[str] = list(names)[:MOST]
        self._used = list(reversed(self.names))  # the last used at the end

    def use(self, name: str) -> None:
        """It was used now; no effect unless it stands in front."""
        if name in self.names:
            self._used.remove(name)
            self._used.append(name)

    def bring(self, name: str, needed: Collection[str] = ()) -> None:
        """Put a name in front; of the others those ``needed`` go last."""
        if name not in self.names:
            if len(self.names) < MOST:
                self.names.append(name)
            else:
                gone = next((n for n in self._used if n not in needed), self._used[0])
                self._used.remove(gone)
                self.names[self.names.index(gone)] = name
            self._used.append(name)
        self.use(name)

    def send_back(self, name: str) -> None:
        """Take a name from the front."""
        if name in self.names:
            self.names.remove(name)
            self._used.remove(name)
