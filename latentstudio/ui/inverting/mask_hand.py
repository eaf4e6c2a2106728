"""A brush over the cut, under mouse, wheel and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui.inverting.mask import INVENT, KEEP, blank, stroked
from latentstudio.ui.widgets.gesture import Gesture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentstudio.ui.inverting.mask import Mask

RADIUS, THINNEST, THICKEST = 0.07, 0.01, 0.3  # of the picture's side
GROWTH = 1.2
STEP = 0.03  # of the side that an arrow key moves the brush
HOW = "Paint over what is damaged or in the way. The right button takes paint off."
TIP = f"""{HOW}
Arrows move the brush, Space paints, Backspace takes off, [ and ] or the wheel size it,
Delete takes all paint off"""


class MaskHand(QWidget):
    """Paints on the cut.

    Signals
    -------
    painted()
        The hand has changed the mask.
    sized()
        The brush has another :attr:`radius`.

    Attributes
    ----------
    kept
        The mask, uint8 [r, r]: 255 to keep, 0 to invent; None before there is a picture.
    radius
        Of the brush, as a share of the side.
    gesture, deed
        The present stroke, and what it does, for people.
    """

    painted = Signal()
    sized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kept: Mask | None = None
        self.radius = RADIUS
        self.gesture, self.deed = Gesture(), ""
        self._pixels: NDArray[np.uint8] | None = None
        self._image: QImage | None = None
        self._brush = QPointF(0.5, 0.5)  # its middle, in shares of the side
        self._value: int | None = None  # what a button that is down paints
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setToolTip(TIP)
        self.setAccessibleName("Mask: what is damaged")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def empty(self) -> bool:
        """Whether nothing is painted."""
        return self.kept is None or bool((self.kept == KEEP).all())

    def show_picture(self, pixels: NDArray[np.uint8]) -> None:
        """Show uint8 [r, r, 3]; the paint stays where it is."""
        if self.kept is None or len(self.kept) != len(pixels):
            self.kept = blank(len(pixels))
        self._pixels, self._image = pixels, None
        self.update()

    def show_mask(self, mask: Mask) -> None:
        """Show paint that no hand has put there now."""
        self.kept = mask
        self.update()

    def set_radius(self, radius: float) -> None:
        """Take another brush."""
        self.radius = min(THICKEST, max(THINNEST, radius))
        self.sized.emit()
        self.update()

    def clear(self) -> None:
        """Take all paint off."""
        if self.kept is not None:
            self.gesture.begin()
            self._set(blank(len(self.kept)), "Paint taken off")

    # -- geometry ------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Square."""
        return QSize(280, 280)

    def minimumSizeHint(self) -> QSize:
        """Still to be painted on."""
        return QSize(160, 160)

    def hasHeightForWidth(self) -> bool:
        """Square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Square."""
        return min(width, 420)

    def room(self) -> QRectF:
        """Where the picture lies."""
        side = min(self.width(), self.height())
        return QRectF((self.width() - side) / 2, 0, side, side)

    # -- the hand ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the brush down, or the rubber."""
        self.gesture.begin()
        values = {Qt.MouseButton.LeftButton: INVENT, Qt.MouseButton.RightButton: KEEP}
        self._value = values.get(event.button())
        self._go(self._share(event.position()), fresh=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Carry it along."""
        self._go(self._share(event.position()))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Lift it."""
        self._value = None

    def leaveEvent(self, _event: QEvent) -> None:
        """Its ring goes."""
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Size the brush, once this has the focus."""
        steps = event.angleDelta().y() / 120
        if self.hasFocus() and steps:
            self.set_radius(self.radius * GROWTH**steps)
            event.accept()
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, Space paints, Backspace takes off, brackets size, Delete clears."""
        ways = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0),
                Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}  # fmt: skip
        values = {Qt.Key.Key_Space: INVENT, Qt.Key.Key_Backspace: KEEP}
        sizes = {Qt.Key.Key_BracketRight: GROWTH, Qt.Key.Key_BracketLeft: 1 / GROWTH}
        key = event.key()
        if key in ways:
            right, down = ways[Qt.Key(key)]
            at = self._brush + QPointF(right, down) * STEP
            self._go(QPointF(min(1.0, max(0.0, at.x())), min(1.0, max(0.0, at.y()))))
        elif key in values:
            self.gesture.key(event)
            self._stroke(self._brush, self._brush, values[Qt.Key(key)])
        elif key in sizes:
            self.set_radius(self.radius * sizes[Qt.Key(key)])
        elif key == Qt.Key.Key_Delete:
            self.clear()
        else:
            super().keyPressEvent(event)

    def _share(self, pos: QPointF) -> QPointF:
        room = self.room()
        return (pos - room.topLeft()) / room.width()

    def _go(self, at: QPointF, fresh: bool = False) -> None:
        """Move the brush; paint on the way if it is down."""
        start, self._brush = at if fresh else self._brush, at
        if self._value is not None:
            self._stroke(start, at, self._value)
        self.update()

    def _stroke(self, start: QPointF, end: QPointF, value: int) -> None:
        if self.kept is not None:
            way = start.toTuple(), end.toTuple()
            deed = "Brush stroke" if value == INVENT else "Rubbing out"
            self._set(stroked(self.kept, *way, self.radius, value), deed)

    def _set(self, mask: Mask, deed: str) -> None:
        if self.kept is None or not np.array_equal(mask, self.kept):
            self.kept, self.deed = mask, deed
            self.update()
            self.painted.emit()
