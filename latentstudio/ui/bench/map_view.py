"""A heat map of named rows and columns, from small cells to large ones with their numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentstudio.ui.directions.heat_view import ABOVE, BELOW, NOBODY, SLANT
from latentstudio.ui.widgets.metrics import GAP, RADIUS, STEP
from latentstudio.ui.widgets.paint import Ink, caption, mixed, small

if TYPE_CHECKING:
    from latentstudio.ui.bench.maps import Map

LEAST, MOST = 15, 88  # width of a cell
LOWEST, HIGHEST = 15, 30  # height
NUMBERED = 30  # width from which a cell holds its number
LONGEST = 150  # px of a row's name
FAINT = 0.3  # of the colour where it may be chance


class MapView(QWidget):
    """Point, or go from cell to cell with the arrow keys.

    Signals
    -------
    pointed(int, int)
        The hand or the keyboard is on that row and column; -1, -1 for none.
    """

    pointed = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._map: Map | None = None
        self._over = NOBODY
        self.current = (0, 0)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_map(self, shown: Map | None) -> None:
        """Show these numbers."""
        before, self._map = self.minimumSizeHint(), shown
        rows, columns = self._counts()
        row, column = self.current
        self.current = max(0, min(row, rows - 1)), max(0, min(column, columns - 1))
        self._over = NOBODY
        if self.minimumSizeHint() != before:
            self.updateGeometry()
        self._describe()
        self.update()

    def map(self) -> Map | None:
        """What is shown."""
        return self._map

    def sentence(self, row: int, column: int) -> str:
        """What a cell says; "" for none."""
        return self._map.sentence(row, column) if self._map is not None and row >= 0 else ""

    def colour(self, value: float, sure: bool) -> QColor:
        """Of a cell: full at the end of the scale, pale where 0 lies within the interval."""
        ink = Ink(self)
        if self._map is None:
            return ink.well
        share = min(1.0, abs(value) / self._map.end) ** 0.8
        return mixed(ink.well, ABOVE if value > 0 else BELOW, share * (1.0 if sure else FAINT))

    # -- geometry ------------------------------------------------------------------------

    def minimumSizeHint(self) -> QSize:
        """Nothing may be cut off."""
        rows, columns = self._counts()
        label, head = self._label(), self._head()
        return QSize(label + columns * LEAST + self._tail(), head + rows * LOWEST + GAP)

    def sizeHint(self) -> QSize:
        """With numbers in the cells."""
        rows, columns = self._counts()
        wide = self._label() + columns * NUMBERED + self._tail()
        return QSize(wide, self._head() + rows * LOWEST + GAP)

    def cell(self, row: int, column: int) -> QRectF:
        """Where a cell lies."""
        wide, high = self._size()
        return QRectF(self._label() + column * wide, self._head() + row * high, wide, high)

    def _size(self) -> tuple[float, float]:
        rows, columns = self._counts()
        wide = (self.width() - self._label() - self._tail()) / max(1, columns)
        high = (self.height() - self._head() - GAP) / max(1, rows)
        return max(LEAST, min(MOST, wide)), max(LOWEST, min(HIGHEST, high))

    def _counts(self) -> tuple[int, int]:
        return (0, 0) if self._map is None else self._map.values.shape

    def _letters(self) -> QFontMetricsF:
        return QFontMetricsF(small(self.font()))

    def _label(self) -> int:
        names = self._map.rows if self._map is not None else ()
        return min(LONGEST, self._longest(names)) + GAP

    def _head(self) -> int:
        names = self._map.columns if self._map is not None else ()
        long = min(LONGEST, self._longest(names))
        return round(long * math.sin(math.radians(SLANT))) + 2 * GAP

    def _tail(self) -> int:
        """Room for the last column's slanted name."""
        return round(self._head() / math.tan(math.radians(SLANT)))

    def _longest(self, names: tuple[str, ...]) -> int:
        letters = self._letters()
        return math.ceil(max((letters.horizontalAdvance(name) for name in names), default=0)) + 2

    def _at(self, pos: QPointF) -> tuple[int, int]:
        wide, high = self._size()
        row = math.floor((pos.y() - self._head()) / high)
        column = math.floor((pos.x() - self._label()) / wide)
        rows, columns = self._counts()
        return (row, column) if 0 <= row < rows and 0 <= column < columns else NOBODY

    # -- the hand ------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at the cell."""
        self._point(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """At none."""
        self._point(NOBODY)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the keyboard there."""
        at = self._at(event.position())
        if at != NOBODY:
            self._go(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End within the row, PgUp and PgDown within the column."""
        rows, columns = self._counts()
        row, column = self.current
        ways = {
            Qt.Key.Key_Left: (row, column - 1),
            Qt.Key.Key_Right: (row, column + 1),
            Qt.Key.Key_Up: (row - 1, column),
            Qt.Key.Key_Down: (row + 1, column),
            Qt.Key.Key_Home: (row, 0),
            Qt.Key.Key_End: (row, columns - 1),
            Qt.Key.Key_PageUp: (0, column),
            Qt.Key.Key_PageDown: (rows - 1, column),
        }
        key = Qt.Key(event.key())
        if key in ways and rows and columns:
            to = ways[key]
            self._go((min(max(0, to[0]), rows - 1), min(max(0, to[1]), columns - 1)))
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """The number, with its interval."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.sentence(*self._at(QPointF(event.pos())))
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def _go(self, to: tuple[int, int]) -> None:
        self.current, self._over = to, NOBODY
        self._describe()
        self.pointed.emit(*to)
        self.update()

    def _point(self, at: tuple[int, int]) -> None:
        if at != self._over:
            self._over = at
            self.pointed.emit(*at)
            self.update()

    def _describe(self) -> None:
        self.setAccessibleDescription(self.sentence(*self.current))

    # -- drawing -------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Names, cells, and a frame about what is pointed at."""
        shown = self._map
        if shown is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small(self.font()))
        ink = Ink(self)
        pointing = self._over != NOBODY or self.hasFocus()
        marked = self._over if self._over != NOBODY else self.current if pointing else NOBODY
        label = self._label()
        for row, name in enumerate(shown.rows):
            first = self.cell(row, 0)
            faint = mixed(ink.ground, ink.quiet, 0.55) if row in shown.faint else ink.quiet
            painter.setPen(ink.text if row == marked[0] else faint)
            room = QRectF(0, first.top(), label - GAP, first.height())
            caption(painter, room, name, Qt.AlignmentFlag.AlignRight)
            if event.rect().intersects(first.toRect().adjusted(0, 0, self.width(), 0)):
                for column in range(len(shown.columns)):
                    self._paint_cell(painter, ink, shown, row, column)
        for column, name in enumerate(shown.columns):
            self._paint_name(painter, ink, name, column, column == marked[1])
        if pointing:
            painter.setPen(QPen(ink.text, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.cell(*marked).adjusted(1, 1, -1, -1), RADIUS, RADIUS)

    def _paint_name(self, painter: QPainter, ink: Ink, name: str, column: int, lit: bool) -> None:
        painter.save()
        painter.translate(self.cell(0, column).center().x() - STEP, self._head() - STEP)
        painter.rotate(-SLANT)
        painter.setPen(ink.text if lit else ink.quiet)
        height = self._letters().height()
        caption(painter, QRectF(0, -height / 2, LONGEST + GAP, height), name)
        painter.restore()

    def _paint_cell(self, painter: QPainter, ink: Ink, shown: Map, row: int, column: int) -> None:
        place = self.cell(row, column).adjusted(0.5, 0.5, -0.5, -0.5)
        value = float(shown.values[row, column])
        sure = float(shown.low[row, column] * shown.high[row, column]) > 0
        colour = self.colour(value, sure)
        dotted = QPen(ink.text, 1, Qt.PenStyle.DotLine)
        painter.setPen(dotted if shown.own[row, column] else Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        if place.width() < NUMBERED - 1:
            return
        dark = abs(colour.lightnessF() - ink.well.lightnessF())
        pen = ink.well if dark > abs(colour.lightnessF() - ink.text.lightnessF()) else ink.text
        painter.setPen(pen if sure or pen is ink.well else ink.quiet)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shown.form(value))
