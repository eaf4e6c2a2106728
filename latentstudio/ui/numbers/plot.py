"""A small plot in the style of the studio: lines, bands, whiskers, and a hand that picks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.ui.numbers.words import MINUS
from latentstudio.ui.widgets.gesture import Gesture
from latentstudio.ui.widgets.metrics import STEP
from latentstudio.ui.widgets.paint import Ink, bed, caption, mixed, small

Interval = tuple[float, float]
# Pinned curves; the present one has the accent.
COLOURS = ("#6fb3d2", "#9bc46a", "#c98bd0", "#5cc2a7", "#d9a3a0")
KEY_STEP = 0.05
TICK_ROOM = 18  # px between the numbers of an axis whose ticks are not even


@dataclass(frozen=True)
class Line:
    """Points joined by a line, each perhaps with an interval in y, drawn as a band.

    Attributes
    ----------
    points
        (x, y).
    band
        Intervals in y, one a point; empty for none.
    colour
        Empty for the accent.
    """

    points: tuple[tuple[float, float], ...]
    band: tuple[Interval, ...] = ()
    colour: str = ""


@dataclass(frozen=True)
class Dot:
    """A point with its whiskers; hollow where it was interpolated."""

    x: float
    y: float
    x_interval: Interval | None = None
    y_interval: Interval | None = None
    hollow: bool = False
    colour: str = ""


@dataclass(frozen=True)
class Mark:
    """A quiet label on a point of a line."""

    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Level:
    """A dashed horizontal line and what it means."""

    y: float
    words: str


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from ``low`` to ``high``: two at least, or else ``most`` at most."""
    power = 10.0 ** math.floor(math.log10(high - low))
    found: list[float] = []
    for step in (5 * power, 2 * power, power, power / 2, power / 5, power / 10):
        first = math.ceil(low / step - 1e-9)
        count = math.floor(high / step + 1e-9) - first + 1
        if len(found) >= 2 and count > most:
            break
        found = [round((first + i) * step, 12) for i in range(count)]
    return found


def root_ticks(high: float, apart: Callable[[float, float], bool]) -> list[float]:
    """0 and 1, 2, 5, 10, … up to ``high``, from above, as far as they stand ``apart``."""
    powers = range(math.ceil(math.log10(max(high, 1.0))) + 1)
    steps = [s * 10.0**p for p in powers for s in (1, 2, 5) if s * 10.0**p <= high]
    kept: list[float] = []
    for value in reversed(steps):
        if (not kept or apart(kept[-1], value)) and apart(value, 0.0):
            kept.append(value)
    return [0.0, *reversed(kept)]


def tick_words(value: float, step: float) -> str:
    """A tick's number with as many decimals as its neighbours need."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    return f"{value:,.{decimals}f}".replace("-", MINUS)


class Plot(QWidget):
    """Two axes and what stands between them.

    Signals
    -------
    picked(float, float)
        The hand is at this x and y, pressed; or the arrow keys moved x of the dot.
    """

    picked = Signal(float, float)

    def __init__(
        self, x_title: str, y_title: str, *, root: bool = False, parent: QWidget | None = None
    ) -> None:
        """``root`` spaces y by its square root, which begins at 0 and tells 10 from 20 and 300."""
        super().__init__(parent)
        self._root = root
        self._titles = x_title, y_title
        self._x: Interval = (0.0, 1.0)
        self._y: Interval = (0.0, 1.0)
        self._lines: tuple[Line, ...] = ()
        self._dots: tuple[Dot, ...] = ()
        self._levels: tuple[Level, ...] = ()
        self._marks: tuple[Mark, ...] = ()
        self._note = ""
        self._area: QRectF | None = None  # until the next size
        self._kept: tuple[object, QPixmap] | None = None
        self.gesture = Gesture()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Somewhat wider than high, up to a limit."""
        return QSize(280, min(360, max(152, round(self.width() * 0.55))))

    def minimumSizeHint(self) -> QSize:
        """As high as wished."""
        return QSize(200, self.sizeHint().height())

    def resizeEvent(self, _event: object) -> None:
        """The height follows the width."""
        self._area = None
        self.updateGeometry()

    def set_range(self, x: Interval, y: Interval) -> None:
        """The ends of both axes."""
        self._x, self._y = x, y
        self.update()

    def set_content(
        self,
        lines: Sequence[Line] = (),
        dots: Sequence[Dot] = (),
        levels: Sequence[Level] = (),
        marks: Sequence[Mark] = (),
        note: str = "",
    ) -> None:
        """Everything that is drawn; a note stands in the middle of a plot without lines."""
        self._lines, self._dots = tuple(lines), tuple(dots)
        self._levels, self._marks, self._note = tuple(levels), tuple(marks), note
        self.update()

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines that are drawn."""
        return self._lines

    @property
    def dots(self) -> tuple[Dot, ...]:
        """The dots that are drawn; the last one is the present."""
        return self._dots

    # -- geometry ------------------------------------------------------------------------

    def area(self) -> QRectF:
        """Where data are drawn."""
        if self._area is None:
            metrics = QFontMetricsF(small(self.font()))
            line, left = metrics.height(), metrics.horizontalAdvance("0.00") + 2 * STEP
            inset = (left, line + 2 * STEP, -2 * STEP, -2 * line - STEP)
            self._area = QRectF(self.rect()).adjusted(*inset)
        return self._area

    def place(self, x: float, y: float) -> QPointF:
        """Where a point of data lies on the widget."""
        area = self.area()
        across = (x - self._x[0]) / (self._x[1] - self._x[0])
        up = (y - self._y[0]) / (self._y[1] - self._y[0])
        if self._root:
            up = math.sqrt(max(0.0, up))
        return QPointF(area.left() + across * area.width(), area.bottom() - up * area.height())

    def value_at(self, pos: QPointF) -> tuple[float, float]:
        """The data under a place on the widget, within the axes."""
        area = self.area()
        across = min(1.0, max(0.0, (pos.x() - area.left()) / area.width()))
        up = min(1.0, max(0.0, (area.bottom() - pos.y()) / area.height()))
        if self._root:
            up *= up
        return (
            self._x[0] + across * (self._x[1] - self._x[0]),
            self._y[0] + up * (self._y[1] - self._y[0]),
        )

    # -- the hand ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the dot to the hand."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.gesture.begin()
            self.picked.emit(*self.value_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Carry it along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.picked.emit(*self.value_at(event.position()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right, by small steps."""
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if not way or not self._dots:
            super().keyPressEvent(event)
            return
        self.gesture.key(event)
        self.step(way)

    def step(self, way: int) -> None:
        """Move the dot along x by one small step."""
        dot = self._dots[-1]
        x = min(self._x[1], max(self._x[0], dot.x + way * KEY_STEP))
        self.picked.emit(round(x, 4), dot.y)

    # -- drawing -------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The backdrop, and the dots, which are all that moves with the hand."""
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._backdrop())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for dot in self._dots:
            self._dot(painter, Ink(self), self.area(), dot)

    def _backdrop(self) -> QPixmap:
        """Everything but the dots, drawn anew when it has changed."""
        content = self._x, self._y, self._lines, self._levels, self._marks, self._note
        size, scale, colours = self.size(), self.devicePixelRatioF(), self.palette().cacheKey()
        key = content, size, scale, colours, self.font(), self.isEnabled(), self.hasFocus()
        if self._kept is None or self._kept[0] != key:
            pixmap = QPixmap(size * scale)
            pixmap.setDevicePixelRatio(scale)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            painter.setFont(self.font())
            self._paint_backdrop(painter)
            painter.end()
            self._kept = key, pixmap
        return self._kept[1]

    def _paint_backdrop(self, painter: QPainter) -> None:
        """Ground, grid, levels, bands, lines, marks."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, area = Ink(self), self.area()
        bed(painter, ink, area.adjusted(-1, -1, 1, 1), self.hasFocus())
        self._axes(painter, ink, area)
        if self._note and not self._lines:
            painter.setPen(ink.quiet)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area.adjusted(12, 4, -12, -4), flags, self._note)
        painter.save()
        painter.setClipRect(area)
        for level in self._levels:
            self._level(painter, ink, area, level)
        for line in self._lines:
            self._line(painter, ink, line)
        painter.restore()
        taken: list[QRectF] = []
        for mark in self._marks:
            self._mark(painter, ink, area, mark, taken)

    def _axes(self, painter: QPainter, ink: Ink, area: QRectF) -> None:
        painter.setFont(small(self.font()))
        line = painter.fontMetrics().height()
        right = Qt.AlignmentFlag.AlignRight
        xs = ticks(*self._x, max(2, int(area.width() // 48)))
        ys = ticks(*self._y, max(2, int(area.height() // 32)))
        if self._root:
            ys = root_ticks(self._y[1], self._apart)
        grid = mixed(ink.well, ink.line, 0.6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # upright lines need none
        for values, upright in ((xs, True), (ys, False)):
            step = values[1] - values[0] if len(values) > 1 else 1.0
            for value in values:
                at = self.place(value, self._y[0]) if upright else self.place(self._x[0], value)
                painter.setPen(QPen(grid, 1))
                if upright:
                    painter.drawLine(QPointF(at.x(), area.top()), QPointF(at.x(), area.bottom()))
                    room = QRectF(at.x() - 24, area.bottom() + 2, 48, line)
                else:
                    painter.drawLine(QPointF(area.left(), at.y()), QPointF(area.right(), at.y()))
                    room = QRectF(0, at.y() - line / 2, area.left() - STEP, line)
                painter.setPen(ink.quiet)
                align = Qt.AlignmentFlag.AlignHCenter if upright else right
                caption(painter, room, tick_words(value, step), align)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(ink.quiet)
        caption(painter, QRectF(0, STEP / 2, area.right(), line), self._titles[1])
        below = QRectF(area.left(), area.bottom() + 2 + line, area.width(), line)
        caption(painter, below, self._titles[0], right)

    def _apart(self, a: float, b: float) -> bool:
        return abs(self.place(0.0, a).y() - self.place(0.0, b).y()) >= TICK_ROOM

    def _level(self, painter: QPainter, ink: Ink, area: QRectF, level: Level) -> None:
        y = self.place(self._x[0], level.y).y()
        painter.setPen(QPen(ink.quiet, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setFont(small(self.font()))
        line = painter.fontMetrics().height()
        above = y - line if y - line > area.top() else y
        room = QRectF(area.left() + STEP, above, area.width() - 2 * STEP, line)
        caption(painter, room, level.words, Qt.AlignmentFlag.AlignRight)

    def _line(self, painter: QPainter, ink: Ink, line: Line) -> None:
        colour = QColor(line.colour) if line.colour else ink.accent
        xs = [x for x, _ in line.points]
        if line.band:
            fill = QColor(colour)
            fill.setAlphaF(0.18)
            ends = [self.place(x, high) for x, (_, high) in zip(xs, line.band, strict=True)]
            back = [self.place(x, low) for x, (low, _) in zip(xs, line.band, strict=True)]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawPolygon(QPolygonF([*ends, *reversed(back)]))
        path = QPainterPath()
        path.addPolygon(QPolygonF([self.place(x, y) for x, y in line.points]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        join = Qt.PenJoinStyle.RoundJoin
        cap = Qt.PenCapStyle.RoundCap
        painter.setPen(QPen(colour, 2, Qt.PenStyle.SolidLine, cap, join))
        painter.drawPath(path)

    def _mark(
        self, painter: QPainter, ink: Ink, area: QRectF, mark: Mark, taken: list[QRectF]
    ) -> None:
        """A point, and its words where no others stand already."""
        at = self.place(mark.x, mark.y)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.text)
        painter.drawEllipse(at, 2, 2)
        painter.setFont(small(self.font()))
        painter.setPen(ink.quiet)
        metrics = painter.fontMetrics()
        width, line = metrics.horizontalAdvance(mark.words) + 2, metrics.height()
        # Above a falling curve is the free side, and where it ends, to the left of it.
        ends = at.x() + STEP + width > area.right()
        left = at.x() - width - 2 * STEP if ends else at.x() + 2 * STEP
        top = at.y() - line / 2 if ends else max(area.top() + 1, at.y() - line - 2)
        room = QRectF(left, top, width, line)
        if not any(room.intersects(other) for other in taken):
            taken.append(room)
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft, mark.words)

    def _dot(self, painter: QPainter, ink: Ink, area: QRectF, dot: Dot) -> None:
        colour = QColor(dot.colour) if dot.colour else ink.accent
        at = self.place(dot.x, dot.y)
        painter.save()
        painter.setClipRect(area)
        painter.setPen(QPen(ink.text if not dot.colour else colour, 1.5))
        if dot.x_interval is not None:
            low, high = (self.place(x, dot.y) for x in dot.x_interval)
            painter.drawLine(low, high)
            for end in (low, high):
                painter.drawLine(end + QPointF(0, -3), end + QPointF(0, 3))
        if dot.y_interval is not None:
            low, high = (self.place(dot.x, y) for y in dot.y_interval)
            painter.drawLine(low, high)
            for end in (low, high):
                painter.drawLine(end + QPointF(-3, 0), end + QPointF(3, 0))
        painter.restore()
        painter.setPen(QPen(ink.text if not dot.colour else ink.well, 2))
        painter.setBrush(ink.well if dot.hollow else colour)
        painter.drawEllipse(at, 5, 5)
