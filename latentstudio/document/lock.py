"""A lock on a file that the system frees when its holder ends, however it ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """Holds ``path`` until released or until the process ends.

    Unlike a process number in a file, it cannot outlive its process nor be mistaken for a later
    process of the same number.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Raises
        ------
        OSError
            If another holder has it, or the folder does not allow it.
        """
        self.path = path
        self._handle: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._handle)
            # Its last holder may have removed the file between our opening and our locking it.
            if not os.path.samestat(os.fstat(self._handle), path.stat()):
                raise BlockingIOError(f"{path} changed hands")
        except OSError:
            self._close()
            raise

    def release(self) -> None:
        """Free the lock and remove its file; a second call does nothing."""
        if self._handle is None:
            return
        if sys.platform == "win32":  # an open file cannot be removed there
            self._close()
            self._remove()
        else:
            self._remove()
            self._close()

    def _remove(self) -> None:
        with suppress(OSError):
            self.path.unlink()

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
