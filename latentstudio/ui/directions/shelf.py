"""Which sliders stand in front, and which bundled ones were put away: a small file. No Qt."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from latentstudio.atomic import write_atomic

MOST = 8  # sliders in front at a time
MAX_BYTES = 1 << 20


class Shelf(msgspec.Struct, frozen=True):
    """What the library remembers beside the directions themselves.

    Attributes
    ----------
    front
        Checkpoint to the keys in front, in their order; a checkpoint that is missing was never
        arranged.
    hidden
        Keys of bundled directions that were removed.
    """

    front: dict[str, tuple[str, ...]] = {}
    hidden: tuple[str, ...] = ()

    def with_front(self, checkpoint: str, keys: tuple[str, ...]) -> Shelf:
        """Other sliders in front; the last ones make room."""
        return msgspec.structs.replace(self, front=self.front | {checkpoint: keys[:MOST]})

    def with_hidden(self, key: str, hidden: bool) -> Shelf:
        """Put a bundled direction away, or bring it back."""
        others = tuple(other for other in self.hidden if other != key)
        return msgspec.structs.replace(self, hidden=(*others, key) if hidden else others)


def read_shelf(path: Path) -> Shelf:
    """The file's content; an empty shelf where it is missing or damaged: it is a convenience."""
    try:
        with path.open("rb") as stream:
            return msgspec.json.decode(stream.read(MAX_BYTES), type=Shelf)
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return Shelf()


def write_shelf(path: Path, shelf: Shelf) -> None:
    """Remember it; where the folder cannot be written it lasts as long as the window."""
    with suppress(OSError, UnicodeError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, msgspec.json.encode(shelf))
