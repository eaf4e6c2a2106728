"""What was computed before, kept in a folder: chunks of features, and finished results.

Every file begins with the SHA-256 of what follows, so that a damaged one is noticed and made
again. The folder may be deleted at any time; it is kept below a size, oldest use first.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
import platformdirs
import torch
from torch import Tensor

from latentstudio.atomic import write_atomic

_log = logging.getLogger(__name__)

LIMIT = 1 << 30  # bytes
_FORMAT = 1
_DIGEST = hashlib.sha256().digest_size

T = TypeVar("T")


def default_folder() -> Path:
    """Where measurements are kept unless told otherwise: in the user's cache."""
    return Path(platformdirs.user_cache_dir("latentstudio", appauthor=False)) / "measure"


def key_of(*facts: object) -> str:
    """A short name for facts that are ready for JSON: equal facts, equal name."""
    return hashlib.sha256(msgspec.json.encode((_FORMAT, facts), order="deterministic")).hexdigest()[
        :32
    ]


class Kept:
    """Tables in parts and finished results, by key.

    Parameters
    ----------
    folder
        Made when the first thing is kept; None keeps everything in memory only.
    limit
        Bytes that :meth:`prune` leaves in the folder.
    """

    def __init__(self, folder: Path | None, limit: int = LIMIT) -> None:
        self.folder, self.limit = folder, limit
        self._memory: dict[str, bytes] = {}

    def rows(self, key: str, start: int) -> Tensor | None:
        """The part of a table that begins with row ``start``: [n, d], or None."""
        content = self._read(f"{key}/{start:08d}.npy")
        if content is None:
            return None
        return torch.from_numpy(np.load(io.BytesIO(content), allow_pickle=False))

    def put_rows(self, key: str, start: int, rows: Tensor) -> None:
        """Keep a part of a table; in memory where the disk refuses."""
        buffer = io.BytesIO()
        np.save(buffer, rows.numpy())
        self._write(f"{key}/{start:08d}.npy", buffer.getvalue())

    def result(self, key: str, kind: type[T], make: Callable[[], T]) -> T:
        """A finished result, or what ``make`` gives, kept from then on."""
        content = self._read(f"{key}.json")
        if content is not None:
            with suppress(msgspec.DecodeError):
                return msgspec.json.decode(content, type=kind)
        made = make()
        self._write(f"{key}.json", msgspec.json.encode(made))
        return made

    def prune(self) -> None:
        """Delete what was not used for longest until the folder is below its limit."""
        if self.folder is None:
            return
        found = []
        for path in self.folder.rglob("*.*"):
            with suppress(OSError):  # another process prunes too
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self.limit:
                break
            with suppress(OSError):
                path.unlink()
            total -= size

    def _read(self, name: str) -> bytes | None:
        if self.folder is None or name in self._memory:
            return self._memory.get(name)
        path = self.folder / name
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        digest, payload = content[:_DIGEST], content[_DIGEST:]
        return payload if hashlib.sha256(payload).digest() == digest else None

    def _write(self, name: str, payload: bytes) -> None:
        if self.folder is None:
            self._memory[name] = payload
            return
        path = self.folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, hashlib.sha256(payload).digest() + payload)
        except OSError as error:  # the numbers do not need the disk, a later run would have
            _log.warning("what was measured is not kept: %s", error)
            self._memory[name] = payload
