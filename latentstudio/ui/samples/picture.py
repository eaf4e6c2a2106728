"""A picture that can be clicked, with a line below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from latentstudio.ui.samples.tiles import scaled
from latentstudio.ui.widgets.metrics import RADIUS
from latentstudio.ui.widgets.paint import Ink, caption, small

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LINE = 18


class PictureButton(QAbstractButton):
    """Square, as large as its place allows; enlarged bicubically."""

    def __init__(self, largest: int = 160, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._largest = largest
        self._pixels: NDArray[np.uint8] | None = None
        self._image: QImage | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        """As large as it gets."""
        return QSize(self._largest, self._largest + LINE)

    def minimumSizeHint(self) -> QSize:
        """Still a face."""
        return QSize(36, 36 + LINE)

    def hasHeightForWidth(self) -> bool:
        """The picture stays square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Square, and the line."""
        return min(self._largest, width) + LINE

    def pixels(self) -> NDArray[np.uint8] | None:
        """What is shown."""
        return self._pixels

    def show_picture(self, pixels: NDArray[np.uint8] | None, words: str) -> None:
        """Show uint8 [H, W, 3], cut to a square; None shows an empty frame."""
        if pixels is not None:
            height, width = pixels.shape[:2]
            side = min(height, width)
            top, left = (height - side) // 2, (width - side) // 2
            pixels = pixels[top : top + side, left : left + side]
        self._pixels, self._image = pixels, None
        self.setText(words)
        self.setAccessibleName(words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Picture, frame, line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, ratio = Ink(self), self.devicePixelRatioF()
        side = min(self.width(), self.height() - LINE)
        face = QRectF((self.width() - side) / 2, 0, side, side).adjusted(1, 1, -1, -1)
        shape = QPainterPath()
        shape.addRoundedRect(face, RADIUS, RADIUS)
        painter.fillPath(shape, ink.well)
        if self._pixels is not None:
            whole = max(1, round(face.width() * ratio))
            if self._image is None or self._image.width() != whole:
                self._image = scaled(self._pixels, whole)
            painter.save()
            painter.setClipPath(shape)
            painter.drawImage(face, self._image)
            painter.restore()
        bright = self.hasFocus()
        edge = ink.accent if bright else ink.quiet if self.underMouse() else ink.line
        painter.setPen(QPen(edge, 2 if bright else 1))
        painter.drawPath(shape)
        painter.setFont(small(self.font()))
        painter.setPen(ink.quiet)
        line = QRectF(0, side, self.width(), LINE)
        caption(painter, line, self.text(), Qt.AlignmentFlag.AlignHCenter)
