"""The cut, and paint on it: what is painted is unknown, and will be invented."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen

from latentstudio.ui.inverting.faces import face
from latentstudio.ui.inverting.mask import INVENT
from latentstudio.ui.inverting.mask_hand import MaskHand
from latentstudio.ui.samples.tiles import scaled
from latentstudio.ui.widgets.paint import Ink

if TYPE_CHECKING:
    from latentstudio.ui.inverting.mask import Mask

CHEQUER = 4  # px: paint is dark and bright in turn, so that it is seen on any picture
PAINT = 215  # its opacity


class MaskBrush(MaskHand):
    """Shows picture, paint, and the ring of the brush."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Picture, paint, and the ring of the brush."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        ink, room = Ink(self), self.room().adjusted(1, 1, -1, -1)
        side = max(1, round(room.width() * self.devicePixelRatioF()))
        if self._pixels is not None and (self._image is None or self._image.width() != side):
            self._image = scaled(self._pixels, side)
        shape = face(painter, ink, room, self._image)
        painter.save()
        painter.setClipPath(shape)
        if self.kept is not None:
            painter.drawImage(room, _paint(self.kept, side, ink.well, ink.accent))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        middle = room.topLeft() + self._brush * room.width()
        for colour, wide in ((QColor(0, 0, 0, 140), 3.0), (ink.knob, 1.5)):
            painter.setPen(QPen(colour, wide))
            painter.drawEllipse(middle, *(2 * [self.radius * room.width()]))
        painter.restore()
        painter.setPen(QPen(ink.accent if self.hasFocus() else ink.line, 1))
        painter.drawPath(shape)


def _paint(mask: Mask, side: int, dark: QColor, bright: QColor) -> QImage:
    """The paint alone, so many pixels a side."""
    rows = np.zeros((side, side, 4), np.uint8)
    nearest, axis = np.arange(side) * len(mask) // side, np.arange(side) // CHEQUER
    painted = mask[nearest][:, nearest] == INVENT
    for turn, colour in enumerate((dark, bright)):
        here = painted & ((axis[:, None] + axis) % 2 == turn)
        rows[here] = (colour.red(), colour.green(), colour.blue(), PAINT)
    return QImage(rows.data, side, side, 4 * side, QImage.Format.Format_RGBA8888).copy()
