"""Grids on the disk: what was once drawn is known in the next session at once.

What everybody begins with is bundled (see :mod:`latentstudio.engine.live.bundle`), and read where
the user's own folder has nothing sound.

A file holds features as float16, whose rounding is far below what samples vary by; numbers from
it are only ever interpolated ones. Whatever is wrong with a file, it is as if it were not there.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import platformdirs
from numpy.typing import NDArray

from latentstudio.atomic import SaveError, write_atomic
from latentstudio.checkpoints.bundled import resources_folder

if TYPE_CHECKING:
    from latentstudio.document.sampling import Sampling
    from latentstudio.engine.live.grid import Grid
    from latentstudio.metrics.spaces.features import Features

ROOM = 256 * 2**20  # bytes of all files together
BUNDLED = resources_folder() / "live"
_FORMAT = 1
_LATER = ("edits", "bends", "difference")
_log = logging.getLogger(__name__)


class Store:
    """A folder of grids; the ones that were used longest ago make room.

    Parameters
    ----------
    folder
        Made when first written to; None for the user's cache folder.
    room
        Bytes that all files may take.
    """

    def __init__(self, folder: Path | None = None, room: int = ROOM) -> None:
        cache = Path(platformdirs.user_cache_dir("latentstudio", appauthor=False))
        self._folder = folder or cache / "numbers"
        self._room = room

    def load(self, grid: Grid, features: Features) -> None:
        """Fill an empty grid with what is kept of it."""
        name, head = _place(grid, features)
        for folder in (self._folder, BUNDLED):
            rows = _read(folder / name, head, len(grid.rows))
            if rows and all(_plausible(values, features.dim) for values in rows):
                for place, values in zip(grid.rows, rows, strict=True):
                    if len(values):
                        place.append(values.astype(np.float32))
                grid.kept = grid.stage
                break
        with suppress(OSError):
            os.utime(self._folder / name)

    def save(self, grid: Grid, features: Features) -> None:
        """Keep a grid; without room on the disk it is drawn again next time."""
        name, head = _place(grid, features)
        path = self._folder / name
        grid.kept = grid.stage
        shape = -1, features.dim
        with np.errstate(over="ignore"):
            rows = {
                f"row{k}": kept.view().reshape(shape).astype(np.float16)
                for k, kept in enumerate(grid.rows)
            }
        if not all(np.isfinite(values).all() for values in rows.values()):
            return  # too large for float16
        buffer = io.BytesIO()
        np.savez(buffer, head=np.frombuffer(head, np.uint8), **rows)  # type: ignore[arg-type]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._make_room(len(buffer.getvalue()), path)
            write_atomic(path, buffer.getvalue())
        except (SaveError, OSError) as error:
            _log.warning("live numbers are not remembered: %s", error)

    def _make_room(self, size: int, path: Path) -> None:
        others = [(p.stat(), p) for p in self._folder.glob("grid-*.npz") if p != path]
        others.sort(key=lambda other: other[0].st_mtime)
        taken = size + sum(status.st_size for status, _ in others)
        for status, other in others:
            if taken <= self._room:
                break
            other.unlink(missing_ok=True)
            taken -= status.st_size


def _place(grid: Grid, features: Features) -> tuple[str, bytes]:
    """The file name of a grid, and all that decides on its content."""
    known: dict[str, Any] = {
        "format": _FORMAT,
        "features": features.content_hash,
        "axis": [grid.axis.name, grid.axis.knots, grid.axis.checks],
        "sampling": _plain(grid.base),
        "data": grid.data_hash,  # decides on the shares of the classes
    }
    head = msgspec.json.encode(known)
    return f"grid-{hashlib.sha256(head).hexdigest()[:32]}.npz", head


def _plain(sampling: Sampling) -> dict[str, Any]:
    """Its fields; those that came later only where they are used, so that old files are found."""
    fields: dict[str, Any] = msgspec.to_builtins(sampling)
    if not sampling.noise.turn:
        del fields["noise"]["turn"]
    return {name: value for name, value in fields.items() if value or name not in _LATER}


def _read(path: Path, head: bytes, count: int) -> list[NDArray[Any]]:
    """The rows in a file with this head; none where there is no such file, or a damaged one."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            known = archive["head"].tobytes() == head
            return [archive[f"row{k}"] for k in range(count)] if known else []
    except FileNotFoundError:
        return []
    # zipfile, zlib and numpy's header parser each raise something of their own.
    except Exception as error:
        _log.debug("%s is damaged", path, exc_info=error)
        return []


def _plausible(values: NDArray[Any], dim: int) -> bool:
    return (
        values.dtype == np.float16
        and values.ndim == 2
        and values.shape[1] == dim
        and bool(np.isfinite(values).all())
    )
