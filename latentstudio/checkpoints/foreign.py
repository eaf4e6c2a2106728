"""Checkpoints of other programs: recognised by their first bytes, read without executing them.

What such a file says about itself is only known once its network is built and its weights are
hashed. That is kept in the user's cache folder, by path, time and size, so that a file is read
in full once and known at once from then on.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import platformdirs

from latentstudio.atomic import SaveError, write_atomic
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import Header, check_header
from latentstudio.checkpoints.sniff import is_torch

if TYPE_CHECKING:
    from latentstudio.checkpoints.imported import Imported

_log = logging.getLogger(__name__)

_MAX_KNOWN_BYTES = 8 << 20
_READER = 1  # counts up when the same file would be read as something else


def read_foreign(path: Path, head: bytes) -> Imported:
    """Read a file of another program as a network of ours.

    Parameters
    ----------
    path
        Untrusted.
    head
        Its first bytes: those for which :func:`~latentstudio.checkpoints.sniff.is_foreign` was
        true.

    Raises
    ------
    CheckpointError
        One sentence: what it is instead, or what is wrong with it.
    """
    if is_torch(head):
        from latentstudio.checkpoints.torch_file import read_torch_file

        return read_torch_file(path)
    from latentstudio.checkpoints.nvidia import read_nvidia

    return read_nvidia(path)


def foreign_header(path: Path, head: bytes) -> Header:
    """What a foreign file says about itself: known, or found out by loading it (a second or so).

    Raises
    ------
    CheckpointError
        As :func:`~latentstudio.checkpoints.store.load_generator`.
    """
    header = _recall(path)
    if header is None:
        from latentstudio.checkpoints.foreign_network import load_foreign

        header = load_foreign(path, head)[1]
    return header


def known_header(path: Path, _head: bytes = b"") -> Header:
    """What was found out about a foreign file before; nothing is loaded.

    Raises
    ------
    CheckpointError
        If it was not read before, or is another file since.
    """
    header = _recall(path)
    if header is None:
        raise CheckpointError(f"{path} was not read before: open it once")
    return header


def _recall(path: Path) -> Header | None:
    try:
        place = _place(path)
        if place.stat().st_size > _MAX_KNOWN_BYTES:
            return None
        known = msgspec.json.decode(place.read_bytes(), type=_Known)
        check_header(known.header)
        return known.header if known.stamp == _stamp(path) else None
    except (OSError, ValueError):
        return None


def remember(path: Path, header: Header) -> None:
    """Keep what was found out about a foreign file; without a cache folder it is found again."""
    try:
        place = _place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(place, msgspec.json.encode(_Known(_stamp(path), header)))
    except (SaveError, OSError) as error:
        _log.warning("what %s holds is not remembered: %s", path, error)


class _Known(msgspec.Struct):
    stamp: tuple[int, int, int]
    header: Header


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return _READER, status.st_mtime_ns, status.st_size


def _place(path: Path) -> Path:
    folder = Path(platformdirs.user_cache_dir("latentstudio", appauthor=False)) / "foreign"
    name = hashlib.sha256(str(path.absolute()).encode("utf-8", "surrogateescape")).hexdigest()
    return folder / f"{name}.json"
