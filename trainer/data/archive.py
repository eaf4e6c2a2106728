"""Zips of pictures, as the StyleGAN world reads them."""

from __future__ import annotations

import io
import zipfile
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from latentstudio.data.archive import LABEL_FILE
from latentstudio.data.labels import Labels
from trainer.data.stylegan_labels import write_label_file


class ZipWriter:
    """Writes a zip for other trainers: ``00000/img00000000.png``, then ``dataset.json``.

    Parameters
    ----------
    file
        Opened for writing. The same pictures and labels give the same bytes.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self._names: list[str] = []

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Append pictures, uint8 [n, channels, R, R], as PNG files without compression."""
        for picture in pixels:
            number = f"{len(self._names):08d}"
            name = f"{number[:5]}/img{number}.png"
            data = io.BytesIO()
            array = picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0)
            image = Image.fromarray(np.ascontiguousarray(array))
            image.save(data, format="PNG", compress_level=0)
            self._archive.writestr(zipfile.ZipInfo(name), data.getvalue())
            self._names.append(name)

    def __enter__(self) -> ZipWriter:
        """Open already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the zip, before its file is; without :meth:`finish` it is to be thrown away."""
        self._archive.close()

    def finish(self, labels: Labels) -> None:
        """Write the labels and the zip's directory."""
        self._archive.writestr(zipfile.ZipInfo(LABEL_FILE), write_label_file(labels, self._names))
        self._archive.close()
