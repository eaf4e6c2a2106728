"""Which checkpoints are at hand: bundled ones, and those that the user has opened. No torch."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import platformdirs

from latentstudio.atomic import SaveError, write_atomic
from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import Header, glance, read_header

MAX_REMEMBERED = 200
MAX_IN_FOLDER = 1000
MAX_MEMORY_BYTES = 1 << 20

_log = logging.getLogger(__name__)


class Entry(NamedTuple):
    """A checkpoint file that is there, and what it says about itself."""

    path: Path
    header: Header


class Catalogue:
    """Checkpoints at hand, found by content hash.

    Parameters
    ----------
    extra_paths
        Further files or folders to look at, such as those that a session names.
    folder
        Of the bundled checkpoints; found by itself when None.
    memory
        JSON file that remembers the user's own files; in the user's data folder when None.

    Notes
    -----
    Methods may be called from any thread. Files that are gone or damaged are passed over: only
    :meth:`add` raises.
    """

    def __init__(
        self,
        extra_paths: Iterable[str | os.PathLike[str]] = (),
        *,
        folder: Path | None = None,
        memory: Path | None = None,
    ) -> None:
        self._extra = [Path(path) for path in extra_paths]
        self._folder = resources_folder() / "checkpoints" if folder is None else folder
        self._memory = (
            Path(platformdirs.user_data_dir("latentstudio", appauthor=False)) / "checkpoints.json"
            if memory is None
            else memory
        )
        self._added: list[Path] = []
        self._headers: dict[Path, tuple[tuple[int, int], Header | None]] = {}

    def bundled(self) -> list[Path]:
        """List the checkpoint files that came with latentstudio, by name."""
        return list(_checkpoints_in(self._folder))

    def default(self) -> Path | None:
        """Choose the bundled checkpoint to open on, or None if there is none.

        StyleGAN2 before other families, then the higher resolution, then more images seen.
        """
        entries = self._entries(self.bundled())
        return max(entries, key=_merit).path if entries else None

    def add(self, path: str | os.PathLike[str]) -> Header:
        """Remember a file, now and in later sessions.

        Raises
        ------
        CheckpointError
            If it is no readable checkpoint. (A memory that cannot be written is only logged.)
        """
        path = Path(path).absolute()
        header = read_header(path)
        self._added = [path, *(p for p in self._added if p != path)]
        # Read again: another window may have written since.
        paths = [path, *(p for p in self._remembered() if p != path)][:MAX_REMEMBERED]
        content = json.dumps({"version": 1, "paths": [str(p) for p in paths]}, indent=1)
        try:
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self._memory, content.encode("utf-8"))
        except (SaveError, OSError, UnicodeEncodeError) as error:
            _log.warning("checkpoints are not remembered: %s", error)
        return header

    def locate(self, content_hash: str) -> Path | None:
        """Find the file that holds the generator with a content hash.

        Looks at the bundled and the user's own files, then through the folders that they lie
        in. Only headers are read: loading verifies the weights.
        """
        for path in self._candidates():
            header = self._header(path)
            if header is not None and header.info.content_hash == content_hash:
                return path
        return None

    def entries(self) -> list[Entry]:
        """List every readable checkpoint: bundled, the user's own (latest first), extra."""
        return self._entries(self._known())

    def _entries(self, paths: Iterable[Path]) -> list[Entry]:
        found = ((path, self._header(path)) for path in paths)
        return [Entry(path, header) for path, header in found if header is not None]

    def _known(self) -> list[Path]:
        """Files that were named, each once; folders among them stand for their files."""
        named = [*self._added, *self._remembered(), *self._extra]
        paths = self.bundled()
        for path in named:
            paths.extend(_checkpoints_in(path) if path.is_dir() else [path])
        return list(dict.fromkeys(paths))

    def _candidates(self) -> Iterator[Path]:
        known = self._known()
        yield from known
        for folder in dict.fromkeys(path.parent for path in known):
            yield from (path for path in _checkpoints_in(folder) if path not in known)

    def _remembered(self) -> list[Path]:
        try:
            if self._memory.stat().st_size > MAX_MEMORY_BYTES:
                return []
            paths = json.loads(self._memory.read_bytes())["paths"]
            return [Path(path) for path in paths if isinstance(path, str) and "\0" not in path]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return []

    def _header(self, path: Path) -> Header | None:
        """Return the file's header, read again only when the file has changed."""
        try:
            status = path.stat()
        except (OSError, ValueError):  # ValueError: a null character in the name
            return None
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._headers.get(path)
        if known is None or known[0] != stamp:
            try:
                known = (stamp, glance(path))
            except CheckpointError:
                known = (stamp, None)
            self._headers[path] = known
        return known[1]


def _checkpoints_in(folder: Path) -> list[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ".safetensors")
    except OSError:
        return []
    return found[:MAX_IN_FOLDER]


def _merit(entry: Entry) -> tuple[bool, int, float]:
    images = entry.header.training.get("images_seen", 0)
    info = entry.header.info
    seen = float(images) if isinstance(images, (int, float)) else 0.0
    return info.family == "stylegan2", info.resolution, seen
