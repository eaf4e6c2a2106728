"""A data set's pictures, opened by path or name: looked at one by one, or read in batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from latentstudio.data.cached import CacheSource
from latentstudio.data.decode import PictureError, flatten
from latentstudio.data.errors import DataError, printable
from latentstudio.data.labels import Labels
from latentstudio.data.packed import find_packed, read_packed
from latentstudio.data.source import open_source
from latentstudio.data.survey import PathSource, Progress, survey

if TYPE_CHECKING:
    from torch import Tensor


class Pictures(Protocol):
    """The pictures of a data set, in a fixed order.

    Attributes
    ----------
    name
        Short, for people.
    count
        How many there are.
    resolution
        Height and width in pixels; None when sizes differ or are not square.
    channels
        1 (grey), 3 or 4.
    fingerprint
        SHA-256 in hex over the contents.
    labels
        What is known about them.
    """

    @property
    def name(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def resolution(self) -> int | None: ...
    @property
    def channels(self) -> int: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def labels(self) -> Labels: ...

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Decode one picture for people: uint8 [H, W, 3]; DataError (one sentence) as below."""
        ...

    def batches(self, size: int = 64, start: int = 0) -> Iterator[Tensor]:
        """Read the pictures from number ``start`` on: float32 [n, c, H, W] in [-1, 1], n ≤ size.

        Raises
        ------
        DataError
            One sentence, when sizes differ, a picture does not decode, or the pictures are
            compressed for viewing only.
        """
        ...


class PathPictures:
    """The pictures of a folder, a zip or a cache folder.

    Parameters
    ----------
    path, source
        Where they lie, and their source.
    memory, progress
        As for :func:`~latentstudio.data.survey.survey`, which is made at once.
    """

    def __init__(
        self,
        path: Path,
        source: PathSource,
        memory: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        found = survey(path, source, memory, progress)
        self.path, self._source, self._odd = path, source, found.odd
        self.name, self.labels, self.count = source.name, source.labels, len(source.names)
        self.resolution, self.channels = found.resolution, found.channels
        self.fingerprint = found.sha256

    def picture(self, index: int) -> NDArray[np.uint8]:
        """See :meth:`Pictures.picture`."""
        name = printable(self._source.names[index])
        try:
            image = flatten(self._source.picture(index), (255, 255, 255))
        except PictureError as error:
            raise DataError(f"{name} in {self.path} {error}.") from error
        return np.asarray(image.convert("RGB"), dtype=np.uint8)

    def batches(self, size: int = 64, start: int = 0) -> Iterator[Tensor]:
        """See :meth:`Pictures.batches`."""
        if self.resolution is None:
            raise DataError(
                f"The pictures in {self.path} {self._odd}: bring them to one size with "
                f"latentstudio-data build {self.path} --resolution R --out FOLDER."
            )
        return self._batches(size, start)

    def _batches(self, size: int, start: int) -> Iterator[Tensor]:
        import torch

        for first in range(start, self.count, size):
            pixels = torch.from_numpy(self._rows(first, min(first + size, self.count)))
            yield pixels.to(torch.float32).div_(127.5).sub_(1.0)

    def _rows(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Some pictures as uint8 [n, channels, R, R]."""
        if isinstance(self._source, CacheSource):
            return np.array(self._source.images[start:stop])
        return np.stack([self._row(index) for index in range(start, stop)])

    def _row(self, index: int) -> NDArray[np.uint8]:
        pixels = self.picture(index)
        # Again, because some formats only show their true size when they are decoded.
        if pixels.shape[:2] != (self.resolution, self.resolution):
            raise DataError(
                f"{printable(self._source.names[index])} in {self.path} decodes to "
                f"{pixels.shape[1]} × {pixels.shape[0]} px, not to the {self.resolution} px that "
                "its header declares: leave it out."
            )
        return np.ascontiguousarray(pixels[:, :, : self.channels].transpose(2, 0, 1))


def open_pictures(
    spec: str | Path, *, memory: Path | None = None, progress: Progress | None = None
) -> Pictures:
    """Open the pictures that a person named.

    Parameters
    ----------
    spec
        A folder of pictures, a cache folder, a zip; or ``portraits`` or another folder that
        ``latentstudio-data reals`` made, for viewing only.
    memory, progress
        As for :func:`~latentstudio.data.survey.survey`.

    Raises
    ------
    DataError
        One sentence, when there is no such thing, or it cannot be read.
    """
    packed = find_packed(spec)
    if packed is not None:
        return read_packed(packed).pictures
    return PathPictures(Path(spec), open_source(spec), memory, progress)
