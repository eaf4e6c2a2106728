"""The way as a strip of pictures with the speed under it; the hand moves along it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui.widgets.gesture import Gesture
from latentstudio.ui.widgets.metrics import GAP, RADIUS, STEP
from latentstudio.ui.widgets.paint import Ink, bed, mixed

if TYPE_CHECKING:
    from latentstudio.engine.morphing.values import Curve

CURVE = 44  # px of the curve's height
FASTEST = 2.0  # mean steps from which a stretch is called out
_KEYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class WayStrip(QWidget):
    """Pictures from t 0 to t 1, and how far each step goes in feature space.

    Signals
    -------
    sought(float)
        The hand wants to stand at that t.

    Attributes
    ----------
    gesture
        The present stroke.
    """

    sought = Signal(float)

    def __init__(self, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count, self._t = count, 0.0
        self._pictures: dict[int, QImage] = {}
        self._curve: Curve | None = None
        self.gesture = Gesture()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Way of the morph")
        self.setToolTip(
            "Pictures on the way; under them how far each step goes in feature space: where the\n"
            "curve is high, much changes at once. Drag, or use the arrow keys"
        )

    def sizeHint(self) -> QSize:
        """As high as its pictures and the curve."""
        return QSize(300, int(self._side()) + CURVE + GAP)

    def resizeEvent(self, _event: object) -> None:
        """The pictures are as large as the width allows."""
        self.setFixedHeight(int(self._side()) + CURVE + GAP)

    def show_t(self, t: float) -> None:
        """Mark where the picture stands."""
        if t != self._t:
            self._t = t
            self.update()

    def show_pictures(self, pictures: dict[int, QImage]) -> None:
        """Show those that are drawn by now."""
        self._pictures = pictures
        self.update()

    def show_curve(self, curve: Curve | None) -> None:
        """Show the speed."""
        self._curve = curve
        self.update()

    # -- the hand ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Stand there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.gesture.begin()
            self._seek(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A hundredth of the way, ten with Shift; Home and End."""
        way = _KEYS.get(Qt.Key(event.key()))
        fine = 0.1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0.01
        if way is not None:
            wanted = self._t + way * fine
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            wanted = float(event.key() == Qt.Key.Key_End)
        else:
            super().keyPressEvent(event)
            return
        self.gesture.key(event)
        self.sought.emit(min(1.0, max(0.0, round(wanted, 4))))

    def _seek(self, at: QPointF) -> None:
        room = self._room()
        self.sought.emit(round(min(1.0, max(0.0, (at.x() - room.left()) / room.width())), 4))

    # -- painting ------------------------------------------------------------------------

    def _room(self) -> QRectF:
        """From t 0 to t 1: the middles of the first and the last picture."""
        half = self._side() / 2
        return QRectF(self.rect()).adjusted(half, 0, -half, 0)

    def _side(self) -> float:
        return max(8.0, self.width() / self._count)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Pictures, curve, mark."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        ink = Ink(self)
        side, room = self._side(), self._room()
        for i in range(self._count):
            face = QRectF(i * side, 0, side, side).adjusted(1, 1, -1, -1)
            picture = self._pictures.get(i)
            if picture is None:
                painter.fillRect(face, ink.well)
            else:
                painter.drawImage(face, picture)
        ground = QRectF(0, side + STEP, self.width(), CURVE)
        bed(painter, ink, ground, self.hasFocus())
        self._paint_curve(painter, ink, ground.adjusted(0, STEP, 0, -STEP), room)
        if self.isEnabled():
            x = room.left() + self._t * room.width()
            painter.setPen(QPen(ink.accent, 2))
            painter.drawLine(QPointF(x, 0), QPointF(x, ground.bottom()))

    def _paint_curve(self, painter: QPainter, ink: Ink, ground: QRectF, room: QRectF) -> None:
        curve = self._curve
        if curve is None:
            return
        highest = max(float(curve.steps.max()), 1e-12)
        middles = (curve.times[1:] + curve.times[:-1]) / 2
        points = [
            QPointF(room.left() + t * room.width(), ground.bottom() - s / highest * ground.height())
            for t, s in zip(middles.tolist(), curve.steps.tolist(), strict=True)
        ]
        begin, end, longest = curve.worst
        if longest >= FASTEST:
            bad = QRectF(room.left() + begin * room.width(), ground.top(),
                         max(3.0, (end - begin) * room.width()), ground.height())  # fmt: skip
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(mixed(ink.well, ink.accent, 0.35))
            painter.drawRoundedRect(bad, RADIUS, RADIUS)
        mean = ground.bottom() - float(curve.steps.mean()) / highest * ground.height()
        painter.setPen(QPen(ink.line, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(room.left(), mean), QPointF(room.right(), mean))
        painter.setPen(QPen(ink.text, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
