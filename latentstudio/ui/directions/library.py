"""The directions at hand: a folder of small files, and those that come with the studio."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.document.checks import MAX_NAME
from latentstudio.document.direction import Direction
from latentstudio.document.direction_file import SUFFIX, read_direction, write_direction
from latentstudio.ui.directions.shelf import MOST, Shelf, read_shelf, write_shelf
from latentstudio.ui.wording import sentence

SHELF = "sliders.json"


class Library(QObject):
    """Sliders of one's own by checkpoint, at most eight of them in front.

    Files are read at the first question. One that is damaged is skipped and told of.

    Parameters
    ----------
    folder
        Of this user's directions; made when the first one is saved.
    bundled
        Folder of directions that come with the studio: renamed ones are saved in ``folder``,
        removed ones are hidden.

    Signals
    -------
    changed()
        Directions came, went, got another name, or stand in front.
    troubled(str)
        A sentence on a file that cannot be used.
    """

    changed = Signal()
    troubled = Signal(str)

    def __init__(
        self, folder: Path, parent: QObject | None = None, *, bundled: Path | None = None
    ) -> None:
        super().__init__(parent)
        self._folder = folder
        self._bundled = bundled or resources_folder() / "directions"
        self._shelf = read_shelf(folder / SHELF)
        self._known: dict[str, Direction] | None = None
        self._files: dict[str, Path] = {}  # of this user's, by key
        self._given: set[str] = set()  # keys of those that come with the studio

    # -- what is there -------------------------------------------------------------------

    def of(self, checkpoint: str) -> tuple[Direction, ...]:
        """All directions of a checkpoint, by name."""
        return tuple(self._by_name(checkpoint).values())

    def get(self, key: str) -> Direction | None:
        """The direction of that key, whatever its checkpoint."""
        return self._all().get(key)

    def front(self, checkpoint: str) -> tuple[str, ...]:
        """Keys of those in front, in their order: the first by name until they are arranged."""
        known = self._by_name(checkpoint)
        keys = self._shelf.front.get(checkpoint, tuple(known))
        return tuple(key for key in keys if key in known)[:MOST]

    # -- what is done with it ------------------------------------------------------------

    def add(self, direction: Direction) -> Direction:
        """Keep a direction; one that does the same is replaced, a name that is taken numbered.

        Raises
        ------
        SaveError
            One sentence; nothing has changed.
        """
        direction = self._named(direction, direction.name)
        key = direction.key
        path = self._files.get(key) or self._folder / _file_name(direction)
        with suppress(OSError):  # the sentence comes from the writing
            self._folder.mkdir(parents=True, exist_ok=True)
        write_direction(path, direction)
        self._all()[key] = direction
        self._files[key] = path
        self._shelve(self._shelf.with_hidden(key, False))
        return direction

    def remove(self, key: str) -> Direction:
        """Take a direction away, its file too; :meth:`add` and :meth:`bring` undo it.

        Raises
        ------
        OSError
            The file cannot be removed; nothing has changed.
        """
        direction = self._all()[key]
        if key in self._files:
            self._files[key].unlink(missing_ok=True)
            del self._files[key]
        del self._all()[key]
        keys = tuple(k for k in self.front(direction.checkpoint) if k != key)
        shelf = self._shelf.with_front(direction.checkpoint, keys)
        self._shelve(shelf.with_hidden(key, key in self._given))
        return direction

    def rename(self, key: str, name: str) -> Direction:
        """Give a direction another name, which is numbered where it is taken.

        Raises
        ------
        RecipeError, SaveError
            One sentence; nothing has changed.
        """
        return self.add(self._named(self._all()[key], name.strip()))

    def bring(self, key: str, place: int = 0) -> None:
        """Put a direction in front; the last of eight makes room."""
        checkpoint = self._all()[key].checkpoint
        keys = [k for k in self.front(checkpoint) if k != key]
        keys.insert(place, key)
        self._shelve(self._shelf.with_front(checkpoint, tuple(keys)))

    def send_back(self, key: str) -> None:
        """Let a direction stand among those that are searched."""
        checkpoint = self._all()[key].checkpoint
        keys = tuple(k for k in self.front(checkpoint) if k != key)
        self._shelve(self._shelf.with_front(checkpoint, keys))

    def import_file(self, path: Path) -> Direction:
        """Take a direction over from a file.

        Raises
        ------
        RecipeError, SaveError
            One sentence.
        """
        return self.add(read_direction(path))

    def export_file(self, key: str, path: Path) -> None:
        """Write a direction to a file of its own.

        Raises
        ------
        SaveError
            One sentence.
        """
        write_direction(path, self._all()[key])

    # -- inside --------------------------------------------------------------------------

    def _all(self) -> dict[str, Direction]:
        if self._known is None:
            self._known = {}
            for path in _files(self._bundled):
                self._take(path, mine=False)
            for path in _files(self._folder):
                self._take(path, mine=True)
        return self._known

    def _by_name(self, checkpoint: str) -> dict[str, Direction]:
        mine = [item for item in self._all().items() if item[1].checkpoint == checkpoint]
        return dict(sorted(mine, key=lambda item: item[1].name.casefold()))

    def _take(self, path: Path, *, mine: bool) -> None:
        try:
            direction = read_direction(path)
        except (ValueError, OSError) as error:
            self.troubled.emit(sentence(error))
            return
        key = direction.key
        if mine:
            self._files[key] = path
        else:
            self._given.add(key)
            if key in self._shelf.hidden:
                return
        self._all()[key] = self._named(direction, direction.name)

    def _named(self, direction: Direction, name: str) -> Direction:
        """The direction under that name, or the first free one with a number."""
        key, others = direction.key, self._by_name(direction.checkpoint)
        taken = {other.name for k, other in others.items() if k != key}
        free, number = name, 2
        while free in taken:
            mark = f" {number}"
            free, number = name[: MAX_NAME - len(mark)] + mark, number + 1
        if free == direction.name:
            return direction
        return msgspec.structs.replace(direction, name=free)

    def _shelve(self, shelf: Shelf) -> None:
        if shelf != self._shelf:
            self._shelf = shelf
            write_shelf(self._folder / SHELF, shelf)
        self.changed.emit()


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIX))
    except OSError:
        return []


def _file_name(direction: Direction) -> str:
    """Readable, and unique by the key: ``round-glasses-0123456789abcdef.direction.json``."""
    words = re.sub(r"[^a-z0-9]+", "-", direction.name.lower()).strip("-")[:40]
    return f"{words}-{direction.key}{SUFFIX}".lstrip("-")
