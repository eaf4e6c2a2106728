"""A file or folder that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from latentstudio.atomic import SaveError, flush_folder, free_name, mode_of, move, sweep
from latentstudio.export.film.errors import FilmError


def check_target(path: Path, folder: bool) -> None:
    """Raise one sentence if nothing can be saved under ``path``.

    Raises
    ------
    FilmError
        A folder that holds something, or that is in the way; no folder to save into.
    """
    try:
        if not path.parent.is_dir():
            raise FilmError(
                f"{path} cannot be saved: the folder {path.parent} does not exist; create it or"
                " choose another one"
            )
        if not folder:
            mode_of(path)
        elif path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise FilmError(f"{path} is there already: choose a new name for the folder")
    except SaveError as error:
        raise FilmError(str(error)) from error
    except (OSError, ValueError) as error:
        raise FilmError(f"{path} cannot be saved: {error}") from error


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a free name beside ``path``; what stands there at the end becomes ``path``.

    If the block raises, what it wrote is removed, and ``path`` is as it was. A file's bytes are
    flushed to the disk before it gets its name; files in a folder are the block's to flush.
    """
    target = Path(os.path.realpath(path))
    temp = free_name(target.parent)
    sweep(target.parent)
    try:
        yield temp
        if temp.is_dir():
            with suppress(FileNotFoundError):
                target.rmdir()  # an empty one, see check_target
        else:
            _settle(temp, mode_of(target))
        move(temp, target)
    except BaseException:
        _remove(temp)
        raise
    flush_folder(target.parent)


def _settle(temp: Path, mode: int | None) -> None:
    with temp.open("rb+") as file:
        os.fsync(file.fileno())
    if mode is not None:
        with suppress(OSError):  # some disks (FAT, network shares) have no permissions to set
            temp.chmod(mode)


def _remove(temp: Path) -> None:
    if temp.is_dir():
        shutil.rmtree(temp, ignore_errors=True)
    else:
        with suppress(OSError):
            temp.unlink()
