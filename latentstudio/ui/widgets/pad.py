"""A square in which the hand moves a point along two axes."""

from __future__ import annotations

import itertools
from collections import deque

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui.widgets.gesture import Gesture
from latentstudio.ui.widgets.paint import Ink, bed, caption, knob, small

HEIGHT = 208
INSET = 10
KNOB = 6
TRAIL = 96
FINE = 0.1
STEPS = 20


class Pad(QWidget):
    """Drag (Shift: finer), arrows (Shift: finer), Home for the centre; double-click resets.

    Signals
    -------
    moved(float, float)
        The hand put the point at these amounts along x (right) and y (up).
    """

    moved = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.gesture = Gesture()
        self._x = self._y = 0.0
        self._extent = 1.0
        self._words = ("x", "y")
        self._trail: deque[tuple[float, float]] = deque(maxlen=TRAIL)
        self._hand: QPointF | None = None
        self._last = QPointF()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def sizeHint(self) -> QSize:
        """Wider than high: a dock has more room that way."""
        return QSize(240, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """The same height at any width."""
        return QSize(120, HEIGHT)

    def position(self) -> tuple[float, float]:
        """Amounts along x and y."""
        return self._x, self._y

    def set_position(self, x: float, y: float) -> None:
        """Show the point there, and the way it came."""
        if (x, y) != (self._x, self._y):
            self._trail.append((self._x, self._y))
            self._x, self._y = x, y
            self.update()

    def set_frame(self, extent: float, x_words: str, y_words: str) -> None:
        """Say what the edges stand for: ``extent`` from the centre, along axes of that name."""
        if (extent, (x_words, y_words)) != (self._extent, self._words):
            if (x_words, y_words) != self._words:
                self._trail.clear()
            self._extent, self._words = extent, (x_words, y_words)
            self.update()

    def forget(self) -> None:
        """Take the trail away: what follows is another point."""
        self._trail.clear()
        self.update()

    def trail(self) -> list[tuple[float, float]]:
        """Where the point was, oldest first."""
        return list(self._trail)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows and Home."""
        ways = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Down: (0, -1),
            Qt.Key.Key_Up: (0, 1),
        }
        key = Qt.Key(event.key())
        self.gesture.key(event)
        if key in (Qt.Key.Key_Home, Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._put(0.0, 0.0)
        elif key in ways:
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            step = self._extent / STEPS * (FINE if fine else 1.0)
            dx, dy = ways[key]
            # Rounded, so that as many steps back as forth end where they began.
            self._put(round(self._x + dx * step, 6), round(self._y + dy * step, 6))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the handle, or bring it here."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.gesture.begin()
        here, at = event.position(), self._place(self._x, self._y)
        near = (here - at).manhattanLength() <= 2 * KNOB
        self._hand = at if near else here
        self._last = here
        if not near:
            self._follow()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        if self._hand is not None:
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._hand += (event.position() - self._last) * (FINE if fine else 1.0)
            self._last = event.position()
            self._follow()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._hand = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the centre, in the same stroke as the first click."""
        self._hand = None
        self._put(0.0, 0.0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bed, grid, trail, crosshair and handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, area = Ink(self), self._area()
        bed(painter, ink, QRectF(self.rect()), self.hasFocus())
        faint = QColor(ink.line)
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            faint.setAlphaF(0.9 if share == 0.5 else 0.4)
            painter.setPen(QPen(faint, 1))
            x = round(area.left() + share * area.width()) + 0.5
            y = round(area.top() + share * area.height()) + 0.5
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        self._paint_words(painter, ink, area)
        self._paint_trail(painter, ink)
        at = self._place(self._x, self._y)
        cross = QColor(ink.accent)
        cross.setAlphaF(0.55)
        painter.setPen(QPen(cross, 1))
        painter.drawLine(QPointF(at.x(), area.top()), QPointF(at.x(), area.bottom()))
        painter.drawLine(QPointF(area.left(), at.y()), QPointF(area.right(), at.y()))
        beyond = max(abs(self._x), abs(self._y)) > self._extent * 1.0001
        knob(painter, ink, at, KNOB, focus=self.hasFocus(), hollow=beyond)

    def _paint_words(self, painter: QPainter, ink: Ink, area: QRectF) -> None:
        painter.setFont(small(self.font()))
        painter.setPen(ink.quiet)
        line = painter.fontMetrics().height()
        room = area.adjusted(6, 4, -6, -4)
        right, left = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
        top = QRectF(room.left(), room.top(), room.width(), line)
        bottom = QRectF(room.left(), room.bottom() - line, room.width(), line)
        caption(painter, top, f"↑ {self._words[1]}", left)
        caption(painter, top, f"{self._y:+.2f}", right)
        caption(painter, bottom, f"→ {self._words[0]}", left)
        caption(painter, bottom, f"{self._x:+.2f}", right)

    def _paint_trail(self, painter: QPainter, ink: Ink) -> None:
        places = [self._place(x, y) for x, y in (*self._trail, (self._x, self._y))]
        colour = QColor(ink.accent)
        for age, (start, end) in enumerate(itertools.pairwise(places), start=1):
            colour.setAlphaF(0.7 * age / len(places))
            painter.setPen(QPen(colour, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(start, end)

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(INSET, INSET, -INSET, -INSET)

    def _place(self, x: float, y: float) -> QPointF:
        area, extent = self._area(), self._extent
        right = min(1.0, max(-1.0, x / extent))
        up = min(1.0, max(-1.0, y / extent))
        return area.center() + QPointF(right * area.width() / 2, -up * area.height() / 2)

    def _follow(self) -> None:
        assert self._hand is not None
        area = self._area()
        way = self._hand - area.center()
        right = min(1.0, max(-1.0, 2 * way.x() / area.width()))
        up = min(1.0, max(-1.0, -2 * way.y() / area.height()))
        self._put(right * self._extent, up * self._extent)

    def _put(self, x: float, y: float) -> None:
        if (x, y) != (self._x, self._y):
            self.set_position(x, y)
            self.moved.emit(x, y)
