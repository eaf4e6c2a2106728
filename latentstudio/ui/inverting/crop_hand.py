"""The square that is cut from a photograph, under mouse, wheel and keys."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from latentstudio.ui.inverting.crop_place import CropPlace, apart
from latentstudio.ui.widgets.gesture import Gesture

if TYPE_CHECKING:
    from latentstudio.data.intake import Crop

STEP, FINE = 0.02, 0.2  # of the square's side a key moves it; of that with Shift
SMALLEST = 8.0  # px of the photograph
STEEPEST = 45.0  # degrees; beyond, the photograph itself lies on its side
GROWTH = 1.06  # a click of the wheel
DEGREES = 2.0  # a key turns
K = Qt.Key
ARROWS = {K.Key_Left: (-1, 0), K.Key_Right: (1, 0), K.Key_Up: (0, -1), K.Key_Down: (0, 1)}
# With Shift, keyboards have other signs in their places.
SIZES = {K.Key_Plus: 1, K.Key_Equal: 1, K.Key_Asterisk: 1, K.Key_Minus: -1, K.Key_Underscore: -1}
TURNS = {K.Key_BracketLeft: 1, K.Key_BraceLeft: 1, K.Key_BracketRight: -1, K.Key_BraceRight: -1}
TIP = """Drag to move the square, its corners to size it, the round handle to turn it.
Arrows move, + and − size, [ and ] turn; with Shift in small steps. Home takes all there is"""


class CropHand(CropPlace):
    """Moves, sizes and turns the square.

    Signals
    -------
    framed(Crop)
        The hand has moved, sized or turned the square.

    Attributes
    ----------
    gesture
        The present stroke.
    """

    framed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.gesture = Gesture()
        self._grip = ""  # "move", "size" or "turn" while a button is down
        self._from: tuple[QPointF, Crop] | None = None
        self.setToolTip(TIP)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the square, a corner, or the handle that turns."""
        if event.button() == Qt.MouseButton.LeftButton and self.crop is not None:
            self.gesture.begin()
            self._grip = self.grip_at(event.position())
            self._from = event.position(), self.crop
            self._show_cursor(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Carry it along."""
        if self._from is None:
            self._show_cursor(event.position())
            return
        start, crop = self._from
        here = start + (event.position() - start) * _gain(event)
        middle = self.picture().topLeft() + QPointF(crop.x, crop.y) * self.unit
        if self._grip == "move":
            way = (here - start) / self.unit
            self._take(crop, x=crop.x + way.x(), y=crop.y + way.y())
        elif self._grip == "size":
            self._take(crop, size=crop.size * apart(middle, here) / apart(middle, start))
        else:
            self._take(crop, angle=crop.angle - _bearing(middle, here, start))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._from, self._grip = None, ""
        self._show_cursor(event.position())
        self.update()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """All there is."""
        self.gesture.begin()
        self._whole()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Size the square, once it has the focus: the panel scrolls otherwise."""
        steps = event.angleDelta().y() / 120
        if self.crop is None or not self.hasFocus() or not steps:
            event.ignore()
            return
        self.gesture.wheel()
        self._take(self.crop, size=self.crop.size * GROWTH ** (steps * _gain(event)))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, + and - size, brackets turn, Home takes all."""
        crop, key, gain = self.crop, event.key(), _gain(event)
        self.gesture.key(event)
        if crop is not None and key in ARROWS:
            step = crop.size * STEP * gain
            right, down = ARROWS[K(key)]
            self._take(crop, x=crop.x + right * step, y=crop.y + down * step)
        elif crop is not None and key in SIZES:
            self._take(crop, size=crop.size * GROWTH ** (gain * SIZES[K(key)]))
        elif crop is not None and key in TURNS:
            self._take(crop, angle=crop.angle + DEGREES * gain * TURNS[K(key)])
        elif key == K.Key_Home:
            self._whole()
        else:
            super().keyPressEvent(event)

    def changed(self, crop: Crop, **changes: float) -> Crop:
        """The square with other fields, as far as there is picture."""
        if "size" in changes:
            changes["size"] = max(min(1.0, SMALLEST / self._pixels), changes["size"])
        if "angle" in changes:
            changes["angle"] = max(-STEEPEST, min(STEEPEST, changes["angle"]))
        return msgspec.structs.replace(crop, **changes).inside(*self._extent())

    def _whole(self) -> None:
        if self.crop is not None:
            wide, high = self._extent()
            self._tell(self.crop.whole(wide, high))

    def _extent(self) -> tuple[int, int]:
        """Width and height of which only the ratio matters here."""
        return self._image.width(), self._image.height()

    def _take(self, crop: Crop, **changes: float) -> None:
        self._tell(self.changed(crop, **changes))

    def _tell(self, crop: Crop) -> None:
        if crop != self.crop:
            self.show_crop(crop)
            self.framed.emit(crop)

    def _show_cursor(self, pos: QPointF) -> None:
        shapes = {"move": Qt.CursorShape.SizeAllCursor, "turn": Qt.CursorShape.PointingHandCursor}
        grip = self._grip or self.grip_at(pos)
        # Which of the two diagonals a corner is dragged along.
        away = pos - (self.middle() if grip else pos)
        falls = away.x() * away.y() > 0
        diagonal = Qt.CursorShape.SizeFDiagCursor if falls else Qt.CursorShape.SizeBDiagCursor
        self.setCursor(shapes.get(grip, diagonal if grip else Qt.CursorShape.ArrowCursor))


def _gain(event: QMouseEvent | QKeyEvent | QWheelEvent) -> float:
    return FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0


def _bearing(middle: QPointF, here: QPointF, start: QPointF) -> float:
    """Degrees clockwise from ``start`` to ``here`` around the middle."""
    now, then = here - middle, start - middle
    turn = math.degrees(math.atan2(now.y(), now.x()) - math.atan2(then.y(), then.x()))
    return (turn + 180.0) % 360.0 - 180.0
