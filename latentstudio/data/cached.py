"""A cache folder as a source, to be prepared at another size or packed as a zip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from latentstudio.data.decode import Header, PictureError
from latentstudio.data.errors import DataError
from latentstudio.data.labels import read_labels
from latentstudio.data.layout import open_images, read_info

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


class CacheSource:
    """The pictures of a finished cache folder.

    Raises
    ------
    DataError
        If the folder is unfinished or not readable, or holds pictures of 2 or over 4 channels.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.info = read_info(folder)
        self.images = open_images(folder)
        count, channels, self._side, _ = self.images.shape
        if channels not in _MODES:
            raise DataError(f"The pictures in {folder} have {channels} channels, not 1, 3, 4.")
        self._mode = _MODES[channels]
        self.name = printable_name(self.info.get("name"), folder)
        self.names = [f"picture {i}" for i in range(count)]
        self.labels = read_labels(folder, self.info, count)
        status = (folder / "images.npy").stat()
        self.fingerprint = f"{self.info.get('sha256')}-{status.st_size}-{status.st_mtime_ns}"
        self.note = ""

    def header(self, index: int) -> Header:
        """Size and mode of a picture."""
        return Header(self._side, self._side, self._mode)

    def picture(self, index: int) -> Image.Image:
        """Copy a picture out of the memory map."""
        try:
            pixels = np.array(self.images[index])
        except OSError as error:
            raise PictureError(f"cannot be read ({error.strerror or error})") from error
        array = pixels[0] if self._mode == "L" else pixels.transpose(1, 2, 0)
        return Image.fromarray(np.ascontiguousarray(array))

    def __getstate__(self) -> dict[str, object]:
        """A worker process maps the file for itself instead of being sent the pixels."""
        return self.__dict__ | {"images": None}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Map the file again."""
        self.__dict__.update(state)
        self.images = open_images(self.folder)


def printable_name(name: object, folder: Path) -> str:
    """The name in ``dataset.json``, or the folder's own."""
    return name if isinstance(name, str) and name else folder.resolve().name or "pictures"
