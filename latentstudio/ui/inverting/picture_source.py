"""The photograph, what is cut from it, and both kept up to date away from the window."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from latentstudio.ui.inverting.mime import as_file
from latentstudio.ui.reading import Reader
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.data.intake import Crop, Intake

LARGEST = 1024  # px of the photograph as it is painted


class PictureSource(QObject):
    """One photograph.

    Signals
    -------
    picture_changed(), crop_changed()
        Another photograph; another square of it.
    cut()
        The square at the generator's size has become :attr:`pixels`.
    failed(str)
        One sentence: the photograph cannot be used, and the last one stays.

    Attributes
    ----------
    intake
        The photograph; None before the first.
    path
        Of its file; None where it was pasted or handed over.
    image
        The same, no larger than is needed to paint it.
    crop
        The square.
    pixels
        uint8 [r, r, c]: the square as the generator would have to draw it; None until it is cut.
    """

    picture_changed = Signal()
    crop_changed = Signal()
    cut = Signal()
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.intake: Intake | None = None
        self.path: Path | None = None
        self.image = QImage()
        self.crop: Crop | None = None
        self.pixels: NDArray[np.uint8] | None = None
        self._size: tuple[int, int] | None = None  # resolution and channels to cut to
        self._again = False
        self._reader, self._cutter = Reader(self), Reader(self)

    @property
    def reading(self) -> bool:
        """Whether a photograph is being read."""
        return self._reader.busy

    def take(self, source: Path | bytes | QImage, name: str = "") -> None:
        """Read a photograph; the newest wins."""
        path = source if isinstance(source, Path) else None
        self._reader.read(partial(_read, source, name), partial(self._on_read, path))

    def set_crop(self, crop: Crop) -> None:
        """Cut another square."""
        if crop != self.crop:
            self.crop = crop
            self.crop_changed.emit()
            self._cut()

    def set_size(self, size: tuple[int, int] | None) -> None:
        """Cut to another resolution and number of channels; None while there is no generator."""
        if size != self._size:
            self._size, self.pixels = size, None
            self._cutter.cancel()
            self._cut()

    def stop(self) -> None:
        """Read nothing any more, and wait for the threads."""
        self._reader.stop()
        self._cutter.stop()

    def _on_read(self, path: Path | None, result: Any) -> None:
        if isinstance(result, Exception):
            self.failed.emit(sentence(result))
            return
        from latentstudio.data.intake import Crop

        self.path = path
        self.intake, small = result
        height, width = small.shape[:2]
        layout = QImage.Format.Format_RGBA8888
        self.image = QImage(small.data, width, height, 4 * width, layout).copy()
        self.pixels = None
        self._cutter.cancel()
        height, width = self.intake.pixels.shape[:2]
        self.crop = Crop.whole(width, height)
        self.picture_changed.emit()
        self.crop_changed.emit()
        self._cut()

    def _cut(self) -> None:
        """Cut now, or once what is under way is done: a drag is followed, not queued."""
        if self.intake is None or self.crop is None or self._size is None:
            return
        self._again = self._cutter.busy
        if not self._again:
            self._cutter.read(partial(_cut, self.intake, self.crop, *self._size), self._on_cut)

    def _on_cut(self, result: Any) -> None:
        if self._again:
            self._cut()
        if isinstance(result, Exception):
            self.failed.emit(sentence(result))
        else:
            self.pixels = result
            self.cut.emit()


def _read(source: Path | bytes | QImage, name: str) -> tuple[Intake, NDArray[np.uint8]]:
    """The photograph, and uint8 [h, w, 4] of it to paint."""
    import numpy as np
    from PIL import Image

    from latentstudio.data.intake import read_intake

    file = as_file(source) if isinstance(source, QImage) else source  # the one Qt class for threads
    intake = read_intake(file, name)
    small = Image.fromarray(intake.pixels).convert("RGBA")
    small.thumbnail((LARGEST, LARGEST), reducing_gap=2.0)
    return intake, np.ascontiguousarray(small)


def _cut(intake: Intake, crop: Crop, resolution: int, channels: int) -> NDArray[np.uint8]:
    from latentstudio.data.intake import cropped

    return cropped(intake, crop, resolution, channels)
