"""Files that are written whole or not at all: written beside, flushed, then renamed."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
import time
import zlib
from contextlib import suppress
from pathlib import Path
from platform import node

# The name does not repeat the target's, which may already be as long as the disk allows.
_TEMP = re.compile(r"\.latentstudio-(?P<host>[0-9a-f]{8})-(?P<pid>[0-9]{1,10})-[0-9a-f]{8}\.tmp")
HOST = f"{zlib.crc32(node().encode('utf-8', 'replace')):08x}"
_FORGOTTEN_SECONDS = 24 * 3600.0

_swept: set[str] = set()


class SaveError(OSError):
    """A file that could not be saved: one sentence. What was on the disk is as it was."""


def write_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Write ``data`` to ``path`` so that every reader, at any time, sees old or new, whole.

    The bytes go to a temporary file in the same folder, are flushed to the disk, and the file
    is renamed over the target. A link is followed; the target's permissions are kept. Temporary
    files that a killed process left in the folder are removed at this process's first save there.

    Parameters
    ----------
    path
        Where to. Its folder must exist.
    data
        The whole content.

    Raises
    ------
    SaveError
        One sentence: disk full, folder missing or not writable, a folder in the way. The
        target is unchanged and the temporary file removed.
    """
    shown = os.fspath(path)
    if "\0" in shown:
        raise SaveError(f"{shown!r} cannot be saved: a file name must not hold a null character")
    target = Path(os.path.realpath(shown))
    folder = target.parent
    temp = free_name(folder)
    try:
        mode = mode_of(target)
        sweep(folder)
        try:
            _write(temp, data, mode)
            move(temp, target)
        except BaseException:
            with suppress(OSError):
                temp.unlink()
            raise
    except SaveError:
        raise
    except OSError as error:
        raise SaveError(disk_sentence(shown, folder, error)) from error
    flush_folder(folder)


def free_name(folder: Path) -> Path:
    """A hidden name in a folder that :func:`sweep` knows for a dead process's."""
    return folder / f".latentstudio-{HOST}-{os.getpid()}-{secrets.token_hex(4)}.tmp"


def mode_of(target: Path) -> int | None:
    """Permissions of the file to be replaced; None when there is none."""
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise SaveError(f"{target} is a folder: choose another name to save under")
    if not stat.S_ISREG(status.st_mode):
        raise SaveError(f"{target} is not an ordinary file: choose another name to save under")
    if not os.access(target, os.W_OK):
        raise SaveError(f"{target} is write-protected: choose another name or unprotect it")
    return stat.S_IMODE(status.st_mode)


def _write(temp: Path, data: bytes, mode: int | None) -> None:
    with temp.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if mode is not None:
        with suppress(OSError):  # some disks (FAT, network shares) have no permissions to set
            temp.chmod(mode)


def move(temp: Path, target: Path) -> None:
    """Give what was written its name."""
    # On Windows a virus scanner or indexer holds a file open for moments after it was written.
    for attempt in range(5 if os.name == "nt" else 0):
        try:
            temp.replace(target)
        except PermissionError:
            time.sleep(0.02 * 2**attempt)
        else:
            return
    temp.replace(target)


def flush_folder(folder: Path) -> None:
    """Have the disk know a folder's names."""
    # Makes the rename itself survive a power cut. Windows cannot open folders, and some disks
    # refuse; the file is whole either way.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what dead processes left in a folder, once per folder: export writes thousands."""
    if str(folder) in _swept:
        return
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            match = _TEMP.fullmatch(entry.name)
            if match and _stale(entry, match["host"], int(match["pid"])):
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path)
                    else:
                        Path(entry.path).unlink()
        _swept.add(str(folder))


def _stale(entry: os.DirEntry[str], host: str, pid: int) -> bool:
    # A process number says nothing about another machine's processes, and on Windows there is
    # no harmless way to ask (os.kill would end it): there, age decides.
    if host != HOST or os.name == "nt":
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > _FORGOTTEN_SECONDS
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def disk_sentence(shown: str, folder: Path, error: OSError) -> str:
    """Why a file was not saved, in one sentence."""
    known = {
        errno.ENOSPC: "the disk is full; free some space or save elsewhere",
        errno.EDQUOT: "your disk quota is used up; free some space or save elsewhere",
        errno.EFBIG: "the file would be larger than the disk or the account allows",
        errno.EROFS: f"the folder {folder} is read-only; choose another one",
        errno.EACCES: f"the folder {folder} may not be written to; choose another one",
        errno.EPERM: f"the folder {folder} may not be written to; choose another one",
        errno.ENOENT: f"the folder {folder} does not exist; create it or choose another one",
        errno.ENOTDIR: f"{folder} is not a folder; choose another one",
        errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    }
    reason = known.get(error.errno or 0, error.strerror or type(error).__name__)
    return f"{shown} was not saved: {reason}"
