"""A brush over the cut: what is painted is unknown, and will be invented."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui.inverting.faces import face
from latentstudio.ui.samples.tiles import scaled
from latentstudio.ui.widgets.paint import Ink

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEEP, INVENT = 255, 0
RADIUS, THINNEST, THICKEST = 0.07, 0.01, 0.3  # of the picture's side
GROWTH = 1.2
STEP = 0.03  # of the side that an arrow key moves the brush
PAINT = 150  # opacity of what is painted
TIP = """Paint over what is damaged or in the way; the right button takes paint off.
Arrows move the brush, Space paints, Backspace takes off, [ and ] or the wheel size it,
Delete takes all paint off"""


class MaskBrush(QWidget):
    """The cut, and paint on it.

    Signals
    -------
    painted()
        The hand has changed the mask.

    Attributes
    ----------
    kept
        The mask, uint8 [r, r]: 255 to keep, 0 to invent; None before there is a picture.
    radius
        Of the brush, as a share of the side.
    """

    painted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kept: NDArray[np.uint8] | None = None
        self.radius = RADIUS
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
            self.kept = np.full(pixels.shape[:2], KEEP, np.uint8)
        self._pixels, self._image = pixels, None
        self.update()

    def clear(self) -> None:
        """Take all paint off."""
        if not self.empty:
            assert self.kept is not None
            self._set(np.full_like(self.kept, KEEP))

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
            self._size(GROWTH**steps)
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
            self._stroke(self._brush, self._brush, values[Qt.Key(key)])
        elif key in sizes:
            self._size(sizes[Qt.Key(key)])
        elif key == Qt.Key.Key_Delete:
            self.clear()
        else:
            super().keyPressEvent(event)

    def _share(self, pos: QPointF) -> QPointF:
        room = self.room()
        return (pos - room.topLeft()) / room.width()

    def _size(self, factor: float) -> None:
        self.radius = min(THICKEST, max(THINNEST, self.radius * factor))
        self.update()

    def _go(self, at: QPointF, fresh: bool = False) -> None:
        """Move the brush; paint on the way if it is down."""
        start, self._brush = at if fresh else self._brush, at
        if self._value is not None:
            self._stroke(start, at, self._value)
        self.update()

    def _stroke(self, start: QPointF, end: QPointF, value: int) -> None:
        """Paint all pixels nearer to the way than the brush is thick."""
        if self.kept is None:
            return
        axis = (np.arange(len(self.kept)) + 0.5) / len(self.kept)
        x, y = axis[None, :], axis[:, None]
        way = end - start
        length = way.x() ** 2 + way.y() ** 2
        along = ((x - start.x()) * way.x() + (y - start.y()) * way.y()) / (length or 1.0)
        along = np.clip(along, 0.0, 1.0)
        far = (x - start.x() - along * way.x()) ** 2 + (y - start.y() - along * way.y()) ** 2
        mask = self.kept.copy()
        mask[far <= self.radius**2] = value
        self._set(mask)

    def _set(self, mask: NDArray[np.uint8]) -> None:
        if self.kept is None or not np.array_equal(mask, self.kept):
            self.kept = mask
            self.update()
            self.painted.emit()

    # -- drawing -------------------------------------------------------------------------

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
            painter.drawImage(room, _paint(self.kept, ink.accent))
        if self.underMouse() or self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            middle = room.topLeft() + self._brush * room.width()
            for colour, wide in ((QColor(0, 0, 0, 140), 3.0), (ink.knob, 1.5)):
                painter.setPen(QPen(colour, wide))
                painter.drawEllipse(middle, *(2 * [self.radius * room.width()]))
        painter.restore()
        painter.setPen(QPen(ink.accent if self.hasFocus() else ink.line, 1))
        painter.drawPath(shape)


def _paint(mask: NDArray[np.uint8], colour: QColor) -> QImage:
    """The paint alone."""
    rows = np.zeros((*mask.shape, 4), np.uint8)
    rows[mask == INVENT] = (colour.red(), colour.green(), colour.blue(), PAINT)
    height, width = mask.shape
    return QImage(rows.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
