"""A heat map of attributes by sliders: blue below 0, amber above, pale where it may be chance."""

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

from latentstudio.ui.directions.words import signed
from latentstudio.ui.widgets.metrics import GAP, RADIUS, STEP
from latentstudio.ui.widgets.paint import Ink, caption, mixed, small

if TYPE_CHECKING:
    from latentstudio.ui.directions.leakage_table import LeakageTable

# As far apart in hue as two colours of equal lightness that colour-blind eyes tell apart.
BELOW, ABOVE = QColor("#5b9bd5"), QColor("#e6a85a")
LABEL, HEAD, ROW = 152, 112, 22
NARROW, WIDE = 34, 64  # width of a cell
SLANT = 50.0  # degrees of the sliders' names
NOBODY = (-1, -1)


class HeatView(QWidget):
    """Rows are attributes, columns sliders; arrow keys go from cell to cell.

    Signals
    -------
    pointed(int, int)
        The hand or the keyboard is on that row and column; -1, -1 for none.
    picked(int, int)
        A click, or Enter.
    """

    pointed = Signal(int, int)
    picked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table: LeakageTable | None = None
        self._over = NOBODY
        self.current = (0, 0)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Leakage of all sliders")

    def show_table(self, table: LeakageTable | None) -> None:
        """Show these numbers."""
        before, self._table = self.sizeHint(), table
        rows, columns = self._counts()
        self.current = min(self.current[0], rows - 1), min(self.current[1], columns - 1)
        self._over = NOBODY
        if self.sizeHint() != before:
            self.updateGeometry()
        self.update()

    def table(self) -> LeakageTable | None:
        """What is shown."""
        return self._table

    def colour(self, value: float, sure: bool) -> QColor:
        """Of a cell: full at the end of the scale, pale where 0 lies within the interval."""
        ink = Ink(self)
        if math.isnan(value) or self._table is None:
            return ink.well
        share = min(1.0, abs(value) / self._table.map.end) ** 0.8
        return mixed(ink.well, ABOVE if value > 0 else BELOW, share * (1.0 if sure else 0.3))

    # -- geometry ------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """All cells, as wide as there is room for."""
        rows, columns = self._counts()
        return QSize(LABEL + max(1, columns) * NARROW + HEAD, HEAD + max(1, rows) * ROW + GAP)

    def minimumSizeHint(self) -> QSize:
        """Nothing may be cut off."""
        return self.sizeHint()

    def cell(self, row: int, column: int) -> QRectF:
        """Where a cell lies."""
        wide = self._wide()
        return QRectF(LABEL + column * wide, HEAD + row * ROW, wide, ROW)

    def _wide(self) -> float:
        columns = max(1, self._counts()[1])
        return max(NARROW, min(WIDE, (self.width() - LABEL - HEAD * 0.7) / columns))

    def _counts(self) -> tuple[int, int]:
        table = self._table
        return (0, 0) if table is None else (len(table.cells), len(table.measured))

    def _at(self, pos: QPointF) -> tuple[int, int]:
        row = math.floor((pos.y() - HEAD) / ROW)
        column = math.floor((pos.x() - LABEL) / self._wide())
        rows, columns = self._counts()
        return (row, column) if 0 <= row < rows and 0 <= column < columns else NOBODY

    # -- the hand ------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at the cell."""
        self._point(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """At none; the keyboard's is spoken of again."""
        self._point(NOBODY)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the cell."""
        at = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and at != NOBODY:
            self.current = at
            self.update()
            self.picked.emit(*at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End within the row, Enter and Space."""
        rows, columns = self._counts()
        row, column = self.current
        ways = {
            Qt.Key.Key_Left: (row, column - 1),
            Qt.Key.Key_Right: (row, column + 1),
            Qt.Key.Key_Up: (row - 1, column),
            Qt.Key.Key_Down: (row + 1, column),
            Qt.Key.Key_Home: (row, 0),
            Qt.Key.Key_End: (row, columns - 1),
        }
        key = Qt.Key(event.key())
        if key in ways and rows and columns:
            to = ways[key]
            self.current = min(max(0, to[0]), rows - 1), min(max(0, to[1]), columns - 1)
            self._over = NOBODY
            self.pointed.emit(*self.current)
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and rows and columns:
            self.picked.emit(*self.current)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """The number, with its interval."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = self._at(QPointF(event.pos()))
            if self._table is not None and at != NOBODY:
                QToolTip.showText(event.globalPos(), self._table.sentence(*at), self)
            return True
        return super().event(event)

    def _point(self, at: tuple[int, int]) -> None:
        if at != self._over:
            self._over = at
            self.pointed.emit(*at)
            self.update()

    # -- drawing -------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Names, cells, and a frame about what is pointed at."""
        table = self._table
        if table is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small(self.font()))
        ink = Ink(self)
        marked = self._over if self._over != NOBODY else self.current
        for row, name in enumerate(table.map.rows):
            lit = row == marked[0]
            painter.setPen(ink.text if lit else ink.quiet)
            room = QRectF(0, HEAD + row * ROW, LABEL - GAP, ROW)
            caption(painter, room, name, Qt.AlignmentFlag.AlignRight)
        for column, name in enumerate(table.map.columns):
            self._paint_name(painter, ink, name, column, column == marked[1])
        for row, leaks in enumerate(table.cells):
            if event.rect().intersects(self.cell(row, 0).toRect().adjusted(0, 0, self.width(), 0)):
                for column in range(len(leaks)):
                    self._paint_cell(painter, ink, table, row, column)
        if self._over != NOBODY or self.hasFocus():
            painter.setPen(QPen(ink.text, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.cell(*marked).adjusted(1, 1, -1, -1), RADIUS, RADIUS)

    def _paint_name(self, painter: QPainter, ink: Ink, name: str, column: int, lit: bool) -> None:
        painter.save()
        painter.translate(self.cell(0, column).center().x() - STEP, HEAD - STEP)
        painter.rotate(-SLANT)
        painter.setPen(ink.text if lit else ink.quiet)
        long = (HEAD - GAP) / math.sin(math.radians(SLANT))
        height = QFontMetricsF(painter.font()).height()
        caption(painter, QRectF(0, -height / 2, long, height), name)
        painter.restore()

    def _paint_cell(
        self, painter: QPainter, ink: Ink, table: LeakageTable, row: int, column: int
    ) -> None:
        leak, place = table.cells[row][column], self.cell(row, column).adjusted(1, 1, -1, -1)
        sure = leak is not None and leak.low * leak.high > 0
        colour = self.colour(leak.mean if leak is not None else math.nan, sure)
        own = table.own(row, column)
        painter.setPen(QPen(ink.text, 1, Qt.PenStyle.DotLine) if own else Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        if leak is None:
            return
        light = colour.lightnessF()
        apart = [abs(light - pen.lightnessF()) for pen in (ink.well, ink.text)]
        pen = ink.well if apart[0] > apart[1] else ink.text
        painter.setPen(pen if sure or pen is ink.well else ink.quiet)
        text = signed(leak.mean, 1 if place.width() < WIDE * 0.6 else 2)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        if table.held(row, column):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(pen)
            painter.drawEllipse(place.topRight() + QPointF(-4, 4), 1.8, 1.8)
