"""Many small pictures tiled into a few compressed sheets, for viewing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentstudio.data.decode import PictureError, decode
from latentstudio.data.errors import DataError
from latentstudio.data.labels import Labels

if TYPE_CHECKING:
    from torch import Tensor

# Height and width of a sheet in pixels: small enough to be decoded while a person waits.
SHEET = 512
_OPEN = 64  # decoded sheets kept, 0.75 MiB each


def sheet_columns(resolution: int) -> int:
    """Tiles in a row, and rows of tiles, of a sheet."""
    return max(1, SHEET // resolution)


def sheet_count(count: int, resolution: int) -> int:
    """How many sheets so many pictures fill."""
    return -(-count // sheet_columns(resolution) ** 2)


def sheet_name(number: int) -> str:
    """File name of a sheet."""
    return f"pictures-{number:03d}.webp"


def tiled(pictures: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Lay pictures out row by row.

    Parameters
    ----------
    pictures
        uint8 [n, R, R, 3].
    columns
        How many in a row.

    Returns
    -------
    ndarray
        uint8 [rows * R, columns * R, 3]; places that are left over are black.
    """
    n, side = pictures.shape[:2]
    rows = -(-n // columns)
    tiles = np.zeros((rows * columns, side, side, 3), np.uint8)
    tiles[:n] = pictures
    laid = tiles.reshape(rows, columns, side, side, 3).transpose(0, 2, 1, 3, 4)
    return laid.reshape(rows * side, columns * side, 3)


class SheetPictures:
    """The pictures of a data set from sheets: :class:`~latentstudio.data.pictures.Pictures`.

    Parameters
    ----------
    folder, digests
        Where the sheets lie, and the SHA-256 of each: a changed one is refused when it is opened.
    name, count, resolution, channels, fingerprint, labels
        Of the data set.
    """

    def __init__(
        self,
        folder: Path,
        digests: tuple[str, ...],
        name: str,
        count: int,
        resolution: int,
        channels: int,
        fingerprint: str,
        labels: Labels,
    ) -> None:
        self.folder, self.digests = folder, digests
        self.name, self.count, self.channels = name, count, channels
        # None where sizes differ, for other pictures; here they never do.
        self.resolution: int | None = resolution
        self.fingerprint, self.labels = fingerprint, labels
        self._side = resolution
        self._sheet = lru_cache(maxsize=_OPEN)(self._open)

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Cut a picture out of its sheet, uint8 [H, W, 3]: the original but for compression.

        Raises
        ------
        DataError
            One sentence, when the sheet is missing, damaged, or was changed.
        """
        if not 0 <= index < self.count:
            raise IndexError(f"there is no picture {index} of {self.count}")
        columns, side = sheet_columns(self._side), self._side
        number, place = divmod(index, columns * columns)
        top, left = (side * x for x in divmod(place, columns))
        return self._sheet(number)[top : top + side, left : left + side].copy()

    def batches(self, size: int = 64, start: int = 0) -> Iterator[Tensor]:
        """Refuse: no number may come from pictures that were compressed for viewing."""
        raise DataError(
            f"The pictures of {self.name} are here for viewing only, compressed, and no number "
            f"may come from them: latentstudio-data build {self.name} --resolution {self._side} "
            "--out FOLDER makes the data set itself; give that folder."
        )

    def _open(self, number: int) -> NDArray[np.uint8]:
        path = self.folder / sheet_name(number)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
        columns = sheet_columns(self._side)
        rows = -(-min(self.count - number * columns**2, columns**2) // columns)
        try:
            if hashlib.sha256(content).hexdigest() != self.digests[number]:
                raise PictureError("is not the sheet that was written")
            sheet = np.asarray(decode(content).convert("RGB"), dtype=np.uint8)
            if sheet.shape != (rows * self._side, columns * self._side, 3):
                raise PictureError("has another size")
        except PictureError as error:
            raise DataError(
                f"{path} is damaged or was changed: install latentstudio again, or make the "
                "folder anew with latentstudio-data reals."
            ) from error
        return sheet
