"""One process at a time prepares a folder; the others wait, then find it done."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK = ".latentstudio-lock"
_POLL_SECONDS = 0.2


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; a process that dies lets go of it.

    Parameters
    ----------
    folder
        Must exist; its file :data:`LOCK` is there while somebody works.

    Raises
    ------
    OSError
        If the lock file cannot be made.
    """
    path = folder / LOCK
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        waiting = False
        while not _taken(handle):
            if not waiting:
                print(f"Waiting for another process that prepares {folder}.", file=sys.stderr)
            waiting = True
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        # Removed while it is still held. Whoever waited holds a removed file then, and whoever
        # comes later a new one; both look first whether the folder is done.
        with suppress(OSError):
            path.unlink(missing_ok=True)
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
