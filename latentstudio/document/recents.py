"""Recently opened checkpoints and sessions."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec
from platformdirs import user_state_path

from latentstudio.atomic import write_atomic

LIMIT = 12
MAX_BYTES = 1 << 20

Kind = Literal["checkpoints", "sessions"]


class _Lists(msgspec.Struct, frozen=True):
    checkpoints: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()


def default_file() -> Path:
    """Where this user's list lives."""
    return user_state_path("latentstudio", appauthor=False) / "recents.json"


class Recents:
    """Two short lists of paths on the disk, newest first, shared by all studios of the user.

    The list is a convenience: a damaged file counts as empty, and a folder that cannot be
    written makes the list live in memory alone.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file if file is not None else default_file()
        self._unsaved: _Lists | None = None

    def paths(self, kind: Kind) -> list[Path]:
        """Return at most 12 paths of ``kind`` that are still there, newest first."""
        paths = [Path(text) for text in getattr(self._read(), kind)]
        return [path for path in paths if _is_file(path)][:LIMIT]

    def add(self, kind: Kind, path: Path) -> None:
        """Put ``path`` first."""
        lists = self._read()
        text = str(path.absolute())
        others = [other for other in getattr(lists, kind) if other != text]
        self._write(msgspec.structs.replace(lists, **{kind: (text, *others)[:LIMIT]}))

    def clear(self, kind: Kind) -> None:
        """Forget all paths of ``kind``."""
        self._write(msgspec.structs.replace(self._read(), **{kind: ()}))

    def _read(self) -> _Lists:
        if self._unsaved is not None:
            return self._unsaved
        try:
            with self._file.open("rb") as stream:
                return msgspec.json.decode(stream.read(MAX_BYTES), type=_Lists)
        except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
            return _Lists()

    def _write(self, lists: _Lists) -> None:
        self._unsaved = lists
        with suppress(OSError, UnicodeError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self._file, msgspec.json.encode(lists))
            self._unsaved = None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False  # such as a network folder that does not answer
