"""One small upright slider for each layer, side by side."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentstudio.ui.widgets.gesture import Gesture
from latentstudio.ui.widgets.metrics import STEP
from latentstudio.ui.widgets.paint import Ink, bed, mixed, small

HEIGHT = 112
LABELS = 16
PAD = 8
NUDGE = 0.05
CATCH = 4


class Equaliser(QWidget):
    """Drag to draw the values across the bars (Alt: past the mark at 1); double-click: back to 1.

    Keys: left and right choose a bar, up and down change it, Page in larger steps, Home and
    End to the first and last bar, digits set it, Delete sets 1.

    Signals
    -------
    edited(object)
        The hand set bars: ``{number: value}`` of those that changed.
    """

    edited = Signal(object)

    def __init__(self, high: float = 3.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.gesture = Gesture()
        self._high = high
        self._names: tuple[tuple[str, str], ...] = ()
        self._values: list[float] = []
        self._cursor = 0
        self._last: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A strip."""
        return QSize(240, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Narrow, still to be hit."""
        return QSize(2 * PAD + 8 * max(1, len(self._names)), HEIGHT)

    def set_bars(self, names: tuple[tuple[str, str], ...]) -> None:
        """Name the bars: (label below, words of the tooltip) each."""
        if names != self._names:
            self._names = names
            self._values = [1.0] * len(names)
            self._cursor = min(self._cursor, max(0, len(names) - 1))
            self.updateGeometry()
            self.update()

    def set_values(self, values: list[float]) -> None:
        """Show one value for each bar."""
        if values != self._values:
            self._values = list(values)
            self.update()

    def values(self) -> list[float]:
        """The values shown."""
        return list(self._values)

    def bar_rect(self, number: int) -> QRectF:
        """The room of one bar, from the top to its label."""
        width = (self.width() - 2 * PAD) / max(1, len(self._names))
        height = self.height() - LABELS - PAD
        return QRectF(PAD + number * width, PAD, width, height - STEP)

    def event(self, event: QEvent) -> bool:
        """Name the bar under the mouse; keep digits from the window's shortcuts."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._names:
            number = self._bar_at(event.pos().x())
            words = f"{self._names[number][1]}: {self._values[number]:.2f}\n{self.toolTip()}"
            QToolTip.showText(event.globalPos(), words, self)
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            if plain and event.text() and event.text() in "0123456789":
                event.accept()
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to draw."""
        if event.button() != Qt.MouseButton.LeftButton or not self._names:
            event.ignore()
            return
        self.gesture.begin()
        self._last = event.position()
        self._draw(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw on, also over bars that a quick hand skipped."""
        if self._last is not None:
            self._draw(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Done."""
        self._last = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to 1, in the same stroke as the first click."""
        self._last = None
        if self._names:
            self._set({self._bar_at(event.position().x()): 1.0})

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With the focus: the bar under the mouse."""
        if not self.hasFocus() or not self._names:
            event.ignore()
            return
        self.gesture.wheel()
        self._cursor = self._bar_at(event.position().x())
        self._nudge(NUDGE if event.angleDelta().y() > 0 else -NUDGE)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See the class."""
        self.gesture.key(event)
        key, last = Qt.Key(event.key()), len(self._names) - 1
        goals = {
            Qt.Key.Key_Left: max(0, self._cursor - 1),
            Qt.Key.Key_Right: min(last, self._cursor + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        nudges = {
            Qt.Key.Key_Up: NUDGE,
            Qt.Key.Key_Down: -NUDGE,
            Qt.Key.Key_PageUp: 5 * NUDGE,
            Qt.Key.Key_PageDown: -5 * NUDGE,
        }
        if last < 0:
            event.ignore()
        elif key in goals:
            self._cursor = goals[key]
            self.update()
        elif key in nudges:
            self._nudge(nudges[key])
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._set({self._cursor: 1.0})
        elif event.text() and event.text() in "0123456789":
            self._set({self._cursor: min(self._high, float(event.text()))})
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bed, the line at 1, bars and labels."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(self)
        bed(painter, ink, QRectF(0, 0, self.width(), self.height() - LABELS), self.hasFocus())
        if not self._names:
            return
        area = self.bar_rect(0)
        one = round(area.bottom() - area.height() / self._high) + 0.5
        painter.setPen(QPen(ink.line, 1))
        painter.drawLine(QPointF(PAD, one), QPointF(self.width() - PAD, one))
        painter.setFont(small(self.font()))
        for number in range(len(self._names)):
            here = self.hasFocus() and number == self._cursor
            self._paint_bar(painter, ink, self.bar_rect(number), self._values[number], here)
        painter.setPen(ink.quiet)
        labels = [label for label, _ in self._names]
        for label in dict.fromkeys(labels):
            # One label in the middle of the bars of one resolution.
            first, count = labels.index(label), labels.count(label)
            room = self.bar_rect(first).united(self.bar_rect(first + count - 1))
            room = QRectF(room.left() - 8, self.height() - LABELS, room.width() + 16, LABELS)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, label)

    def _paint_bar(
        self, painter: QPainter, ink: Ink, rect: QRectF, value: float, here: bool
    ) -> None:
        width = min(12.0, rect.width() - 3)
        groove = QRectF(rect.center().x() - width / 2, rect.top(), width, rect.height())
        height = groove.height() * min(1.0, value / self._high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mixed(ink.well, ink.text, 0.12 if here else 0.05))
        painter.drawRoundedRect(groove, 2, 2)
        painter.setBrush(ink.tint)
        top = groove.bottom() - height
        painter.drawRoundedRect(QRectF(groove.left(), top, width, height), 2, 2)
        painter.setBrush(ink.accent)
        painter.drawRect(QRectF(groove.left(), min(top, groove.bottom() - 2), width, 2))

    def _bar_at(self, x: float) -> int:
        width = (self.width() - 2 * PAD) / len(self._names)
        return min(len(self._names) - 1, max(0, int((x - PAD) // width)))

    def _value_at(self, y: float, free: bool) -> float:
        area = self.bar_rect(0)
        per_pixel = self._high / area.height()
        value = (area.bottom() - y) * per_pixel
        if not free and abs(value - 1.0) <= CATCH * per_pixel:
            return 1.0
        return round(min(self._high, max(0.0, value)), 2)

    def _draw(self, event: QMouseEvent) -> None:
        assert self._last is not None
        free = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        start, end = self._last, event.position()
        steps = max(1, round(abs(end.x() - start.x()) / 4))
        changes = {}
        for i in range(steps + 1):
            at = start + (end - start) * (i / steps)
            changes[self._bar_at(at.x())] = self._value_at(at.y(), free)
        self._last = end
        self._cursor = self._bar_at(end.x())
        self._set(changes)
        self.update()

    def _nudge(self, by: float) -> None:
        value = round(min(self._high, max(0.0, self._values[self._cursor] + by)), 2)
        self._set({self._cursor: value})

    def _set(self, wanted: dict[int, float]) -> None:
        changes = {i: value for i, value in wanted.items() if self._values[i] != value}
        for i, value in changes.items():
            self._values[i] = value
        if changes:
            self.update()
            self.edited.emit(changes)
