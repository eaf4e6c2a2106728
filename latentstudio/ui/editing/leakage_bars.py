"""What else an edit moved, as bars: this picture solid, samples as a mean with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentstudio.ui.editing.hold_button import padlock
from latentstudio.ui.editing.leaks import LOUD, Bar
from latentstudio.ui.editing.traits import number
from latentstudio.ui.widgets.metrics import RADIUS, STEP
from latentstudio.ui.widgets.paint import Ink, caption, mixed, small

HEAD, ROW = 18, 20
LABEL, VALUE, LOCK = 108, 40, 14
THICK = 8
LEAST = 1.0  # standard deviations either way that the scale shows at least
RIGHT = Qt.AlignmentFlag.AlignRight
ACT = "Click, or Enter: hold it and run again from the start"


class LeakageBars(QWidget):
    """A row for each attribute, the largest on top; whole standard deviations across.

    Signals
    -------
    picked(str)
        The hand wants this attribute held.
    """

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: tuple[Bar, ...] = ()
        self._at = -1  # the row of the hand or the arrow keys
        self._able = True
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_able(True)

    def bars(self) -> tuple[Bar, ...]:
        """What is shown, from above."""
        return self._bars

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Show these; under the hand rows keep their place, so that no other is clicked."""
        before = len(self._bars)
        if self._at >= 0:
            places = {bar.attribute: i for i, bar in enumerate(self._bars)}
            bars = sorted(bars, key=lambda bar: places.get(bar.attribute, before))
        self._bars = tuple(bars)
        self.setAccessibleDescription("; ".join(bar.sentence for bar in self._bars))
        if len(self._bars) != before:
            self.updateGeometry()
        self.update()

    def set_able(self, on: bool) -> None:
        """Whether bars can be taken."""
        self._able = on
        shape = Qt.CursorShape.PointingHandCursor if on else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)

    def sizeHint(self) -> QSize:
        """The scale and all rows."""
        return QSize(260, HEAD + ROW * len(self._bars))

    def minimumSizeHint(self) -> QSize:
        """As narrow as a dock."""
        return QSize(220, self.sizeHint().height())

    # -- the hand ------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """What is known of the bar under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self._row(event.pos().y())
            if row >= 0:
                bar = self._bars[row]
                tip = f"{bar.sentence}\n{ACT}" if self._takes(row) else bar.sentence
                QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the row."""
        self._mark(self._row(event.position().y()))

    def leaveEvent(self, _event: QEvent) -> None:
        """None is marked."""
        self._mark(-1)

    def focusOutEvent(self, _event: QEvent) -> None:
        """None is marked."""
        self._mark(-1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Take it, unless the hand has slipped off."""
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self._pick(self._row(event.position().y()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down between rows, Enter or space to take one."""
        way = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if way and self._bars:
            self._mark(min(len(self._bars) - 1, max(0, self._at + way)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._pick(self._at)
        else:
            super().keyPressEvent(event)

    def _row(self, y: float) -> int:
        row = int((y - HEAD) // ROW)
        return row if 0 <= row < len(self._bars) else -1

    def _mark(self, row: int) -> None:
        if row != self._at:
            self._at = row
            self.update()

    def _pick(self, row: int) -> None:
        if self._takes(row):
            self.picked.emit(self._bars[row].attribute)

    def _takes(self, row: int) -> bool:
        return self._able and 0 <= row < len(self._bars) and not self._bars[row].held

    # -- drawing -------------------------------------------------------------------------

    def reach(self) -> float:
        """Standard deviations at the right end of the scale."""
        ends = [
            abs(end) for bar in self._bars for end in (*(bar.interval or ()), bar.change or 0.0)
        ]
        return max(LEAST, 1.08 * max(ends, default=0.0))

    def x_of(self, value: float) -> float:
        """Where a number of standard deviations lies across."""
        left, right = float(LABEL + STEP), float(self.width() - VALUE - STEP)
        return (left + right) / 2 + value / self.reach() * (right - left) / 2

    def paintEvent(self, event: QPaintEvent) -> None:
        """Scale and rows."""
        if not self._bars:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small(self.font()))
        ink = Ink(self)
        if self._at >= 0:
            place = QRectF(0, HEAD + self._at * ROW, self.width(), ROW)
            painter.setPen(QPen(ink.accent if self.hasFocus() else ink.line, 1))
            painter.setBrush(mixed(ink.ground, ink.text, 0.06))
            painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        self._paint_scale(painter, ink)
        for number_, bar in enumerate(self._bars):
            place = QRectF(0, HEAD + number_ * ROW, self.width(), ROW)
            if place.intersects(QRectF(event.rect())):
                self._paint_row(painter, ink, bar, place)

    def _paint_scale(self, painter: QPainter, ink: Ink) -> None:
        """Lines at whole standard deviations, faint ones at a half: the border of a leak."""
        reach = int(self.reach())
        step = max(1, -(-reach // 2))
        marks = [float(k) for k in range(-reach, reach + 1) if k % step == 0]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for at in (-LOUD, LOUD):
            painter.setPen(QPen(mixed(ink.ground, ink.text, 0.16), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(self.x_of(at), HEAD), QPointF(self.x_of(at), self.height()))
        for mark in marks:
            x = self.x_of(mark)
            painter.setPen(QPen(ink.groove if mark == 0 else mixed(ink.ground, ink.text, 0.12), 1))
            painter.drawLine(QPointF(x, HEAD), QPointF(x, self.height()))
            painter.setPen(ink.quiet)
            words = (
                "0" if mark == 0 else f"{number(mark)[:-3]}" + (" σ" if mark == marks[-1] else "")
            )
            painter.drawText(QRectF(x - 24, 0, 48, HEAD - 2), Qt.AlignmentFlag.AlignCenter, words)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _paint_row(self, painter: QPainter, ink: Ink, bar: Bar, place: QRectF) -> None:
        loud = bar.loud
        middle, left = place.center().y(), float(STEP)
        if bar.held:
            padlock(painter, ink.quiet, QPointF(left + 4, middle))
            left += LOCK
        painter.setPen(ink.text if loud else ink.quiet)
        caption(painter, QRectF(left, place.top(), LABEL - left, ROW), bar.label)
        value = bar.mean if bar.mean is not None else bar.change
        if value is not None:
            painter.setPen(ink.accent if loud else ink.quiet)
            room = QRectF(place.right() - VALUE - STEP, place.top(), VALUE, ROW)
            caption(painter, room, number(value), RIGHT)
        if bar.change is not None:
            at = sorted((self.x_of(0.0), self.x_of(bar.change)))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(
                ink.accent if abs(bar.change) >= LOUD else mixed(ink.ground, ink.text, 0.42)
            )
            solid = QRectF(at[0], middle - THICK / 2, max(1.0, at[1] - at[0]), THICK)
            painter.drawRoundedRect(solid, 1, 1)
        if bar.mean is not None and bar.interval is not None:
            self._whisker(painter, ink, bar.mean, bar.interval, middle)

    def _whisker(
        self, painter: QPainter, ink: Ink, mean: float, interval: tuple[float, float], y: float
    ) -> None:
        """On a ground of its own, so that it is read on a bar as well as beside one."""
        low, high = (self.x_of(end) for end in interval)
        for colour, width in ((ink.ground, 3.5), (ink.text, 1.5)):
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLine(QPointF(low, y), QPointF(high, y))
            for x in (low, high):
                painter.drawLine(QPointF(x, y - 3.5), QPointF(x, y + 3.5))
        painter.setPen(QPen(ink.ground, 1))
        painter.setBrush(ink.text)
        painter.drawEllipse(QPointF(self.x_of(mean), y), 3, 3)
