"""Where a photograph and the square that is cut from it lie on a widget."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QSizePolicy, QWidget

if TYPE_CHECKING:
    from latentstudio.data.intake import Crop

REACH = 12.0  # px around a corner that take hold of it
STALK = 18.0  # px from the upper edge to the handle that turns
TALLEST = 264  # px: what is to be pressed next stays in sight in a small window


class CropPlace(QWidget):
    """Has the photograph's proportions.

    Attributes
    ----------
    crop
        The square; None while there is no picture.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.crop: Crop | None = None
        self._image = QImage()
        self._pixels = 1.0  # of the photograph's shorter side
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Cut of the photograph")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_picture(self, image: QImage, pixels: int) -> None:
        """Show a photograph, small enough to paint quickly; its shorter side had ``pixels``."""
        self._image, self._pixels = image, float(pixels)
        self.updateGeometry()
        self.update()

    def show_crop(self, crop: Crop | None) -> None:
        """Show the square without reporting it."""
        self.crop = crop
        self.update()

    # -- size ----------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """A square, until it is known."""
        return QSize(280, self.heightForWidth(280))

    def minimumSizeHint(self) -> QSize:
        """As narrow as a dock."""
        return QSize(200, 120)

    def hasHeightForWidth(self) -> bool:
        """It has the photograph's proportions."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As high as the photograph is at this width; a tall one gets bars at its sides."""
        share = self._image.height() / max(1, self._image.width())
        return min(TALLEST, max(120, round(width * min(1.0, share))))

    # -- geometry ------------------------------------------------------------------------

    def picture(self) -> QRectF:
        """Where the photograph lies."""
        image = self._image
        scale = min(self.width() / image.width(), self.height() / image.height())
        wide, high = scale * image.width(), scale * image.height()
        return QRectF((self.width() - wide) / 2, (self.height() - high) / 2, wide, high)

    @property
    def unit(self) -> float:
        """The photograph's shorter side on the widget: what lengths of a crop are shares of."""
        return min(self.picture().width(), self.picture().height())

    def corners(self) -> list[QPointF]:
        """Of the square, on the widget."""
        assert self.crop is not None
        origin = self.picture().topLeft()
        return [origin + QPointF(x, y) * self.unit for x, y in self.crop.corners()]

    def stalk(self) -> QPointF:
        """The handle that turns, below the middle of the upper edge."""
        left, right, *_ = self.corners()
        edge, middle = (left + right) / 2, self.middle()
        return edge + (middle - edge) * (STALK / apart(middle, edge))

    def middle(self) -> QPointF:
        """Of the square."""
        assert self.crop is not None
        return self.picture().topLeft() + QPointF(self.crop.x, self.crop.y) * self.unit

    def grip_at(self, pos: QPointF) -> str:
        """What of the square is taken hold of there: "turn", "size", "move", or nothing."""
        if self.crop is None:
            return ""
        if apart(self.stalk(), pos) <= REACH * 0.75:
            return "turn"
        return "size" if min(apart(at, pos) for at in self.corners()) <= REACH else "move"


def apart(a: QPointF, b: QPointF) -> float:
    """How far two places are from each other, px; never 0."""
    return max(1e-6, math.hypot(a.x() - b.x(), a.y() - b.y()))
