"""Pictures as the panel shows them: small arrays, enlarged bicubically."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QPainterPath

from latentstudio.ui.widgets.metrics import RADIUS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentstudio.ui.widgets.paint import Ink

GREY = 64


def in_colour(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 [r, r, 3] of [r, r, 1 or 3]."""
    return np.array(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def pixels_of(image: QImage) -> NDArray[np.uint8]:
    """uint8 [H, W, 3] of an image."""
    plain = image.convertToFormat(QImage.Format.Format_RGBX8888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.width(), 4)
    return np.ascontiguousarray(rows[..., :3])


def as_image(pixels: NDArray[np.uint8]) -> QImage:
    """An image of uint8 [r, r, 1 or 3], pixel by pixel."""
    rows = in_colour(pixels)
    height, width = rows.shape[:2]
    layout = QImage.Format.Format_RGB888
    return QImage(rows.data, width, height, 3 * width, layout).copy()


def as_known(
    pixels: NDArray[np.uint8], mask: NDArray[np.uint8] | None, small: int | None
) -> NDArray[np.uint8]:
    """What a search knows of a picture, uint8 [r, r, 3]: grey where it is masked; coarse."""
    from PIL import Image

    shown = in_colour(pixels)
    if small is not None:
        coarse = Image.fromarray(shown).resize((small, small), Image.Resampling.BOX)
        shown = np.array(coarse.resize(shown.shape[1::-1], Image.Resampling.NEAREST))
    if mask is not None:
        shown[mask == 0] = GREY
    return shown


def face(painter: QPainter, ink: Ink, room: QRectF, image: QImage | None) -> QPainterPath:
    """Draw a picture with round corners, or the well without one; returns its outline."""
    shape = QPainterPath()
    shape.addRoundedRect(room, RADIUS, RADIUS)
    painter.fillPath(shape, ink.well)
    if image is not None:
        painter.save()
        painter.setClipPath(shape)
        painter.drawImage(room, image)
        painter.restore()
    return shape
