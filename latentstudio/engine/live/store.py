"""Grids on the disk: what was once drawn is known in the next session at once.

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

if TYPE_CHECKING:
    from latentstudio.engine.live.grid import Grid
    from latentstudio.metrics.spaces.features import Features

ROOM = 256 * 2**20  # bytes of all files together
_FORMAT = 1
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
        path, head = self._place(grid, features)
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
                known = archive["head"].tobytes() == head
                rows = [archive[f"row{k}"] for k in range(len(grid.rows))] if known else []
        except FileNotFoundError:
            return
        # zipfile, zlib and numpy's header parser each raise something of their own.
        except Exception as error:
            _log.debug("%s is damaged", path, exc_info=error)
            return
        if rows and all(_plausible(values, features.dim) for values in rows):
            for place, values in zip(grid.rows, rows, strict=True):
                if len(values):
                    place.append(values.astype(np.float32))
            grid.kept = grid.stage
            with suppress(OSError):
                os.utime(path)

    def save(self, grid: Grid, features: Features) -> None:
        """Keep a grid; without room on the disk it is drawn again next time."""
        path, head = self._place(grid, features)
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

    def _place(self, grid: Grid, features: Features) -> tuple[Path, bytes]:
        """The file of a grid, and all that decides on its content."""
        known: dict[str, Any] = {
            "format": _FORMAT,
            "features": features.content_hash,
            "axis": [grid.axis.name, grid.axis.knots, grid.axis.checks],
            "sampling": grid.base,
            "data": grid.data_hash,  # decides on the shares of the classes
        }
        head = msgspec.json.encode(known)
        return self._folder / f"grid-{hashlib.sha256(head).hexdigest()[:32]}.npz", head

    def _make_room(self, size: int, path: Path) -> None:
        others = [(p.stat(), p) for p in self._folder.glob("grid-*.npz") if p != path]
        others.sort(key=lambda other: other[0].st_mtime)
        taken = size + sum(status.st_size for status, _ in others)
        for status, other in others:
            if taken <= self._room:
                break
            other.unlink(missing_ok=True)
            taken -= status.st_size


def _plausible(values: NDArray[Any], dim: int) -> bool:
    return (
        values.dtype == np.float16
        and values.ndim == 2
        and values.shape[1] == dim
        and bool(np.isfinite(values).all())
    )
