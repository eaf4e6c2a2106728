"""z against w as a table: each number in large, with a bar and its interval."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentstudio.ui.bench.scores import (
    NOT_ASKED,
    NOT_YET,
    ROWS,
    SPACES,
    Cell,
    Row,
    apart,
    digits,
    sentence_of,
)
from latentstudio.ui.widgets.metrics import GAP, RADIUS, STEP
from latentstudio.ui.widgets.paint import Ink, caption, mixed, small

NAME, HEAD = 156, 22
LOWEST, HIGHEST = 42, 76  # of a row
LARGE = 0.34  # of a row: the number
NOBODY = (-1, -1)


class ScoreTable(QWidget):
    """Rows are numbers, columns spaces.

    Signals
    -------
    pointed(int, int)
        The hand or the keyboard is on that row and column; -1, -1 for none.
    """

    pointed = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cells: tuple[tuple[Cell, Cell], ...] = ((Cell(lack=NOT_YET),) * 2,) * len(ROWS)
        self._dims: dict[str, int] = {}
        self._plain = {NOT_YET}  # lacks that a dash stands for
        self._source = ""
        self._over = NOBODY
        self.current = (0, 0)
        self.setObjectName("bench.scores")
        self.setAccessibleName("z against w")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_cells(
        self, cells: tuple[tuple[Cell, Cell], ...], dims: dict[str, int], source: str
    ) -> None:
        """Show a pair of cells for each of the rows; ``dims`` are the codes of each space."""
        self._cells, self._dims, self._source = cells, dims, source
        lacks = [{cell.lack for cell in column} for column in zip(*cells, strict=True)]
        # What a whole column lacks is said elsewhere.
        self._plain = {NOT_ASKED, NOT_YET}.union(*(each for each in lacks if len(each) == 1))
        self._describe()
        self.update()

    def cells(self) -> tuple[tuple[Cell, Cell], ...]:
        """What is shown."""
        return self._cells

    def words(self, row: int, column: int) -> str:
        """A cell as a sentence."""
        return sentence_of(ROWS[row], SPACES[column], self._cells[row][column], self._source)

    # -- geometry ------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(NAME + 2 * 120, HEAD + len(ROWS) * HIGHEST)

    def minimumSizeHint(self) -> QSize:
        """All rows, narrow."""
        return QSize(NAME + 2 * 100, HEAD + len(ROWS) * LOWEST)

    def place(self, row: int, column: int) -> QRectF:
        """Where a cell stands."""
        wide, high = (self.width() - NAME) / len(SPACES), self._high()
        return QRectF(NAME + column * wide, HEAD + row * high, wide, high)

    def _high(self) -> float:
        return max(LOWEST, min(HIGHEST, (self.height() - HEAD) / len(ROWS)))

    def _at(self, pos: QPointF) -> tuple[int, int]:
        row = int((pos.y() - HEAD) // self._high())
        column = int(max(0.0, pos.x() - NAME) // ((self.width() - NAME) / len(SPACES)))
        there = 0 <= row < len(ROWS) and 0 <= column < len(SPACES)
        return (row, column) if there else NOBODY

    # -- the hand ------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at a cell."""
        self._point(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Point at none."""
        self._point(NOBODY)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the keyboard there."""
        at = self._at(event.position())
        if at != NOBODY:
            self._go(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End."""
        row, column = self.current
        ways = {
            Qt.Key.Key_Left: (row, 0),
            Qt.Key.Key_Right: (row, len(SPACES) - 1),
            Qt.Key.Key_Up: (max(0, row - 1), column),
            Qt.Key.Key_Down: (min(len(ROWS) - 1, row + 1), column),
            Qt.Key.Key_Home: (0, column),
            Qt.Key.Key_End: (len(ROWS) - 1, column),
        }
        key = Qt.Key(event.key())
        if key in ways:
            self._go(ways[key])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """What the number is, and how it was found."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = self._at(QPointF(event.pos()))
            if at != NOBODY:
                words = f"{ROWS[at[0]].tip}\n{self.words(*at)}"
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
        self.setAccessibleDescription(self.words(*self.current))

    # -- drawing -------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Heads, then row by row."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(self)
        painter.setPen(ink.quiet)
        painter.setFont(small(self.font()))
        for column, space in enumerate(SPACES):
            codes = f" · {self._dims[space]} codes" if space in self._dims else ""
            left = self.place(0, column).left()
            caption(painter, QRectF(left, 0, 140, HEAD - STEP), f"{space}{codes}")
        for number, row in enumerate(ROWS):
            self._paint_row(painter, ink, number, row)

    def _paint_row(self, painter: QPainter, ink: Ink, number: int, row: Row) -> None:
        cells = self._cells[number]
        line = self.place(number, 0)
        top, middle = line.top(), line.center().y()
        painter.setPen(QPen(ink.line, 1))
        painter.drawLine(QPointF(0, top + 0.5), QPointF(self.width(), top + 0.5))
        painter.setFont(self.font())
        known = any(cell.value is not None for cell in cells)
        painter.setPen(ink.text if known else ink.quiet)
        caption(painter, QRectF(0, middle - 18, NAME - GAP, 18), row.title)
        painter.setFont(small(self.font()))
        painter.setPen(ink.quiet)
        caption(painter, QRectF(0, middle, NAME - GAP, 16), f"{row.better} is better")
        best = apart(row, cells)
        top_value = row.top or max((cell.value or 0.0 for cell in cells), default=1.0) or 1.0
        for column, cell in enumerate(cells):
            place = self.place(number, column)
            marked = self._over if self._over != NOBODY else self.current
            if (number, column) == marked and (self._over != NOBODY or self.hasFocus()):
                painter.setPen(QPen(ink.accent if self.hasFocus() else ink.line, 1))
                painter.setBrush(ink.well)
                painter.drawRoundedRect(place.adjusted(-4.5, 2.5, -6.5, -1.5), RADIUS, RADIUS)
            self._paint_cell(painter, ink, place, cell, top_value, column == best)

    def _paint_cell(
        self, painter: QPainter, ink: Ink, place: QRectF, cell: Cell, top: float, best: bool
    ) -> None:
        number = place.height() * LARGE
        room = QRectF(
            place.left(), place.center().y() - number + 2, place.width() - 2 * GAP, number
        )
        if cell.value is None:
            painter.setFont(small(self.font()))
            painter.setPen(ink.quiet)
            caption(painter, room, "–" if cell.lack in self._plain else cell.lack)
            return
        font = QFont(self.font())
        font.setPixelSize(round(number))
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(ink.accent if best else ink.text)
        caption(painter, room, digits(cell.value))
        if cell.interval is not None:
            used = painter.fontMetrics().horizontalAdvance(digits(cell.value)) + GAP
            painter.setFont(small(self.font()))
            painter.setPen(ink.quiet)
            words = " – ".join(map(digits, cell.interval))
            if painter.fontMetrics().horizontalAdvance(words) <= room.width() - used:
                caption(painter, room.adjusted(used, 1, 0, 1), words)
        self._paint_bar(painter, ink, room, cell, top, best)

    def _paint_bar(
        self, painter: QPainter, ink: Ink, room: QRectF, cell: Cell, top: float, best: bool
    ) -> None:
        """The number on its scale from 0, and its interval as a whisker."""
        y, width = room.bottom() + 6.5, room.width()
        most = max(top, cell.interval[1]) if cell.interval else top
        flat = Qt.PenCapStyle.FlatCap

        def at(value: float) -> QPointF:
            return QPointF(room.left() + width * min(1.0, max(0.0, value / most)), y)

        painter.setPen(QPen(mixed(ink.ground, ink.text, 0.12), 4, Qt.PenStyle.SolidLine, flat))
        painter.drawLine(at(0.0), at(most))
        painter.setPen(QPen(ink.accent if best else ink.quiet, 4, Qt.PenStyle.SolidLine, flat))
        painter.drawLine(at(0.0), at(cell.value or 0.0))
        if cell.interval is not None:
            painter.setPen(QPen(ink.text, 1.5))
            painter.drawLine(at(cell.interval[0]), at(cell.interval[1]))
