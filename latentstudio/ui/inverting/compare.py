"""The photograph and what was found for it, side by side; held, they change places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.engine.inverting.judgement import UNIT
from latentstudio.ui.inverting.faces import face
from latentstudio.ui.samples.tiles import scaled
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.paint import Ink, caption, small

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LINE = 18
LARGEST = 320
TIP = f"""Hold the mouse button, or Space: the photograph in the place of what was found.
{UNIT}"""


class Compare(QWidget):
    """Two squares with a line below each.

    Attributes
    ----------
    held
        Whether the right place shows the photograph for now.
    words
        Below the two.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.held = False
        self.words = "", ""
        self._pixels: list[NDArray[np.uint8] | None] = [None, None]
        self._images: list[QImage | None] = [None, None]
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(TIP)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def pixels(self, place: int) -> NDArray[np.uint8] | None:
        """What is shown left (0) or right (1)."""
        return self._pixels[0 if self.held else place]

    def show_picture(self, place: int, pixels: NDArray[np.uint8] | None, words: str) -> None:
        """Show uint8 [r, r, 3] left (0) or right (1), or an empty place."""
        if pixels is not self._pixels[place]:
            self._pixels[place], self._images[place] = pixels, None
        left, right = self.words
        self.words = (words, right) if place == 0 else (left, words)
        self.setAccessibleName(" · ".join(filter(None, self.words)))
        self.update()

    # -- geometry ------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """In a dock; its height here is the least that a panel keeps for it."""
        return QSize(280, self.heightForWidth(280))

    def minimumSizeHint(self) -> QSize:
        """Still two faces."""
        return QSize(160, self.heightForWidth(160))

    def hasHeightForWidth(self) -> bool:
        """The pictures stay square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Two squares and a line."""
        return round(_side(width)) + LINE

    def room(self, place: int) -> QRectF:
        """Where a picture lies."""
        side = _side(self.width())
        left = (self.width() - 2 * side - GAP) / 2 + place * (side + GAP)
        return QRectF(left, 0, side, side).adjusted(1, 1, -1, -1)

    # -- the hand ------------------------------------------------------------------------

    def hold(self, on: bool) -> None:
        """Put the photograph in the right place, or take it away again."""
        self.held = on and all(pixels is not None for pixels in self._pixels)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Hold."""
        self.hold(event.button() == Qt.MouseButton.LeftButton)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        self.hold(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space holds."""
        if event.key() == Qt.Key.Key_Space:
            self.hold(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """And lets go."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.hold(False)
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Nobody holds it any more."""
        self.hold(False)
        super().focusOutEvent(event)

    # -- drawing -------------------------------------------------------------------------

    def _image(self, place: int, side: int) -> QImage | None:
        pixels, image = self._pixels[place], self._images[place]
        if pixels is not None and (image is None or image.width() != side):
            image = self._images[place] = scaled(pixels, side)
        return image

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Pictures, frames, lines."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(small(self.font()))
        ink, ratio = Ink(self), self.devicePixelRatioF()
        for place, words in enumerate(self.words):
            room = self.room(place)
            shown = 0 if self.held else place
            image = self._image(shown, max(1, round(room.width() * ratio)))
            shape = face(painter, ink, room, image)
            lit = self.hasFocus() or (self.held and place == 1)
            painter.setPen(QPen(ink.accent if lit else ink.line, 1))
            painter.drawPath(shape)
            painter.setPen(ink.accent if self.held and place == 1 else ink.quiet)
            below = QRectF(room.bottomLeft() + QPointF(-1, 1), QSize(round(room.width()) + 2, LINE))
            text = self.words[0] if self.held else words
            caption(painter, below, text, Qt.AlignmentFlag.AlignHCenter)


def _side(width: float) -> float:
    return min(LARGEST, (width - GAP) / 2)
