"""A small square in which an easing is shaped by hand."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.document.timeline.ease import Ease
from latentstudio.ui.timeline.signs import curve
from latentstudio.ui.widgets.gesture import Gesture
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.paint import Ink, bed, mixed

KNOTS = 33
_BEYOND = 0.25  # of the height, below 0 and above 1, that can be drawn in
_STEP = 0.05
_HANDLE = 4.5


class EaseCurve(QWidget):
    """Time across, way up. Handles are dragged; any other curve is drawn over, by hand.

    Keys: Left and Right choose a handle, or a place of the drawn curve; Up and Down change its
    height, Shift+Left and Right move a handle across.

    Signals
    -------
    edited(Ease)
        The hand changed the curve.
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.gesture = Gesture()
        self._ease: Ease | None = None
        self.why = ""  # there is no easing
        self._place = 0  # of the keyboard: a handle or a knot
        self._held: int | None = None
        self._last: tuple[float, float] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Easing curve")
        self.setToolTip("How far on the way (up) at which time (across): draw it, or drag handles")

    def sizeHint(self) -> QSize:
        """Enough to draw in; it takes what room there is."""
        return QSize(140, 68)

    minimumSizeHint = sizeHint

    def set_ease(self, ease: Ease | None, why: str = "") -> None:
        """Show an easing; or, where there is none, why."""
        if (ease, why) != (self._ease, self.why):
            self._ease, self.why = ease, why
            self.update()
        self.setEnabled(ease is not None)

    def area(self) -> QRectF:
        """Where 0 to 1 lies, both ways."""
        inside = QRectF(self.rect()).adjusted(GAP, 0, -GAP, 0)
        height = inside.height() / (1 + 2 * _BEYOND)
        return QRectF(inside.left(), _BEYOND * height, inside.width(), height)

    def spot(self, x: float, y: float) -> QPointF:
        """Where a place of the curve lies."""
        area = self.area()
        return QPointF(area.left() + x * area.width(), area.bottom() - y * area.height())

    # -- the hand ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the nearer handle, or begin to draw."""
        if event.button() != Qt.MouseButton.LeftButton or self._ease is None:
            event.ignore()
            return
        self.gesture.begin()
        if self._ease.kind == "bezier":
            away = [QLineF(spot, event.position()).length() for spot in self._handles()]
            self._held = self._place = away.index(min(away))
            self._drag(event)
        else:
            self._last = self._share(event)
            self._draw(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        if self._held is not None:
            self._drag(event)
        elif self._last is not None:
            self._draw(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._held = self._last = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows shape the curve."""
        keys = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0),
                Qt.Key.Key_Down: (0, -1), Qt.Key.Key_Up: (0, 1)}  # fmt: skip
        if self._ease is None or event.key() not in keys:
            super().keyPressEvent(event)
            return
        self.gesture.key(event)
        across, up = keys[Qt.Key(event.key())]
        handles = self._ease.kind == "bezier"
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if across and not (handles and shift):
            last = 1 if handles else KNOTS - 2
            self._place = min(max(self._place + across, 0 if handles else 1), last)
            self.update()
        elif handles:
            x, y = self._ease.knots[2 * self._place : 2 * self._place + 2]
            self._put(self._place, x + _STEP * across, y + _STEP * up)
        else:
            self._place = min(max(self._place, 1), KNOTS - 2)
            knots = self.drawn()
            knots[self._place] = _within(knots[self._place] + _STEP * up)
            self._say(Ease("drawn", tuple(knots)))

    def _drag(self, event: QMouseEvent) -> None:
        assert self._held is not None
        self._put(self._held, *self._share(event))

    def _put(self, handle: int, x: float, y: float) -> None:
        assert self._ease is not None
        knots = list(self._ease.knots)
        knots[2 * handle : 2 * handle + 2] = round(min(1.0, max(0.0, x)), 3), round(_within(y), 3)
        self._say(Ease("bezier", tuple(knots)))

    def _draw(self, event: QMouseEvent) -> None:
        """Put the knots between the last place and this one on the line between them."""
        assert self._last is not None
        (x0, y0), (x1, y1) = sorted((self._last, self._share(event)))
        self._last = self._share(event)
        knots, last = self.drawn(), KNOTS - 1
        for i in range(max(1, round(x0 * last)), min(last, round(x1 * last) + 1)):
            share = 0.5 if x1 == x0 else (i / last - x0) / (x1 - x0)
            knots[i] = _within(y0 + (y1 - y0) * min(1.0, max(0.0, share)))
        self._say(Ease("drawn", tuple(knots)))

    def drawn(self) -> list[float]:
        """The curve as it is, as a drawn one."""
        assert self._ease is not None
        return [self._ease.at(i / (KNOTS - 1)) for i in range(KNOTS)]

    def _share(self, event: QMouseEvent) -> tuple[float, float]:
        area, at = self.area(), event.position()
        x = (at.x() - area.left()) / area.width()
        return min(1.0, max(0.0, x)), _within((area.bottom() - at.y()) / area.height())

    def _say(self, ease: Ease) -> None:
        if ease != self._ease:
            self.set_ease(ease)
            self.edited.emit(ease)

    # -- painting ------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, the way from 0 to 1, the curve, and what holds it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, area = Ink(self), self.area()
        bed(painter, ink, QRectF(self.rect()), self.hasFocus())
        if self._ease is None:
            painter.setPen(ink.text)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()).adjusted(GAP, 0, -GAP, 0), flags, self.why)
            return
        painter.setPen(QPen(mixed(ink.well, ink.line, 0.8), 1))
        for share in (0.0, 0.5, 1.0):
            painter.drawLine(self.spot(0, share), self.spot(1, share))
            painter.drawLine(self.spot(share, 0), self.spot(share, 1))
        if self._ease.kind == "bezier":
            self._paint_handles(painter, ink)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink.accent, 2))
        painter.drawPolyline(curve(self._ease, area, 96))
        if self.hasFocus() and self._ease.kind != "bezier" and self._place:
            share = self._place / (KNOTS - 1)
            painter.setBrush(ink.knob)
            painter.drawEllipse(self.spot(share, self._ease.at(share)), 3, 3)

    def _paint_handles(self, painter: QPainter, ink: Ink) -> None:
        ends = self.spot(0, 0), self.spot(1, 1)
        for number, (end, handle) in enumerate(zip(ends, self._handles(), strict=True)):
            here = self.hasFocus() and number == self._place
            painter.setPen(QPen(ink.quiet, 1.2))
            painter.drawLine(end, handle)
            painter.setPen(QPen(ink.accent if here else ink.well, 1.5))
            painter.setBrush(ink.knob)
            painter.drawEllipse(handle, _HANDLE, _HANDLE)

    def _handles(self) -> tuple[QPointF, QPointF]:
        assert self._ease is not None
        x1, y1, x2, y2 = self._ease.knots
        return self.spot(x1, y1), self.spot(x2, y2)


def _within(height: float) -> float:
    return min(1.0 + _BEYOND, max(-_BEYOND, height))
