"""From a frame's bytes to what the canvas paints.

Qt enlarges bilinearly, which shows a small face as diamonds. So a small picture is first made two
or four times larger by Pillow's bicubic, and Qt goes on from there: one and a half milliseconds
for 64 px on a large canvas, where bicubic all the way takes twelve.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage, QImageWriter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LARGEST = 1024  # px: beyond, the step costs more than the eye gains


def to_image(pixels: NDArray[np.uint8]) -> QImage:
    """A QImage of its own memory (RGB32, the fastest to paint) from uint8 [H, W, 4] RGBX."""
    height, width = pixels.shape[:2]
    borrowed = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBX8888)
    return borrowed.convertToFormat(QImage.Format.Format_RGB32)


def step(side: int, shown: float) -> int:
    """By how much to enlarge bicubically: 1, 2 or 4.

    Parameters
    ----------
    side
        Of the picture, in its own pixels.
    shown
        The same on the screen, in device pixels.
    """
    factor = 4 if shown > 6 * side else 2 if shown > 1.5 * side else 1
    while factor > 1 and factor * side > LARGEST:
        factor //= 2
    return factor


def enlarged(pixels: NDArray[np.uint8], factor: int) -> QImage:
    """The picture, ``factor`` times larger by bicubic interpolation, as RGB32."""
    from PIL import Image

    if factor == 1:
        return to_image(pixels)
    height, width = pixels.shape[:2]
    source = Image.frombuffer("RGBX", (width, height), pixels, "raw", "RGBX", 0, 1)
    width, height = factor * width, factor * height
    data = source.resize((width, height), Image.Resampling.BICUBIC).tobytes()
    image = QImage(data, width, height, 4 * width, QImage.Format.Format_RGBX8888)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def to_png(image: QImage) -> bytes:
    """The image as a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, b"png").write(image)
    return bytes(buffer.data().data())
