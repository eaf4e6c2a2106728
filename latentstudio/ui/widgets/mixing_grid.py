"""A grid of layers and points: how strongly each layer listens to each point."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentstudio.document.recipe import POINT_NAMES
from latentstudio.ui.widgets.metrics import LABEL_COLUMN, STEP
from latentstudio.ui.widgets.mixing_hand import Cells, MixingHand
from latentstudio.ui.widgets.paint import Ink, mixed, small

ROW_HEIGHT = 20
COLUMNS = len(POINT_NAMES)


class MixingGrid(MixingHand):
    """Rows from coarse to fine, columns A to D; see :class:`MixingHand` for mouse and keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[tuple[str, str, str], ...] = ()
        self._silent: frozenset[str] = frozenset()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(240, max(1, len(self._rows)) * ROW_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """All rows, narrow."""
        return QSize(LABEL_COLUMN + COLUMNS * 24, self.sizeHint().height())

    def set_rows(self, rows: tuple[tuple[str, str, str], ...]) -> None:
        """Name the layers, coarse to fine: (label, group, words of the tooltip) each."""
        if rows != self._rows:
            self._rows = rows
            self._cursor = (min(self._cursor[0], max(0, len(rows) - 1)), self._cursor[1])
            self.updateGeometry()
            self.update()

    def set_cells(self, cells: Cells) -> None:
        """Show strengths; cells not named are 0."""
        cells = {key: value for key, value in cells.items() if value > 0}
        if cells != self._cells:
            self._cells = cells
            self.update()

    def set_silent(self, points: frozenset[str]) -> None:
        """Grey the columns of points that do not sound (muted, or another is soloed)."""
        if points != self._silent:
            self._silent = points
            self.update()

    def words(self, row: int, column: int) -> str:
        """What the tooltip says over a cell."""
        name, value = POINT_NAMES[column], self.strength(row, column)
        return f"{self._rows[row][2]} · {name}: {value:.2f}"

    def rows(self) -> int:
        """How many layers."""
        return len(self._rows)

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell lies, without the gaps between."""
        left, right = column_edges(self.width(), column)
        return QRectF(left, row * ROW_HEIGHT + 1, right - left, ROW_HEIGHT - 2)

    def cell_at(self, position: QPoint) -> tuple[int, int] | None:
        """Row and column under a place, or None."""
        row = position.y() // ROW_HEIGHT
        if not (0 <= row < len(self._rows) and position.x() >= LABEL_COLUMN):
            return None
        for column in range(COLUMNS):
            if position.x() < column_edges(self.width(), column)[1] + STEP:
                return row, column
        return row, COLUMNS - 1

    def paintEvent(self, event: QPaintEvent) -> None:
        """Labels, and each cell as a bar filled to its strength."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Ink(self)
        painter.setFont(small(self.font()))
        group = ""
        for row, (label, its_group, _) in enumerate(self._rows):
            top = row * ROW_HEIGHT
            if group and its_group != group:
                painter.setPen(QPen(ink.line, 1))
                painter.drawLine(0, top, self.width(), top)
            if its_group != group:
                painter.setPen(ink.quiet)
                room = QRectF(0, top, LABEL_COLUMN, ROW_HEIGHT)
                painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, its_group)
            group = its_group
            here = self.hasFocus() and row == self._cursor[0]
            painter.setPen(ink.text if here else ink.quiet)
            room = QRectF(0, top, LABEL_COLUMN - STEP - 2, ROW_HEIGHT)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(room, right, label)
            for column in range(COLUMNS):
                self._paint_cell(painter, ink, row, column)

    def _paint_cell(self, painter: QPainter, ink: Ink, row: int, column: int) -> None:
        rect, strength = self.cell_rect(row, column), self.strength(row, column)
        sounding = POINT_NAMES[column] not in self._silent
        hover = self._hover == (row, column) and self.isEnabled()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mixed(ink.well, ink.text, 0.13 if hover else 0.06))
        painter.drawRoundedRect(rect, 2, 2)
        if strength > 0:
            fill = QColor(ink.accent if sounding else ink.groove)
            fill.setAlphaF(0.85 if strength == 1 else 0.3 + 0.35 * strength)
            painter.setBrush(fill)
            bar = QRectF(rect)
            bar.setWidth(max(2.0, rect.width() * strength))
            painter.drawRoundedRect(bar, 2, 2)
        if 0 < strength < 1:
            painter.setPen(ink.text)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, f"{100 * strength:.0f}")
        if self.hasFocus() and (row, column) == self._cursor:
            painter.setPen(QPen(ink.accent, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)


def column_edges(width: int, column: int) -> tuple[int, int]:
    """Left and right of a column: the same for the grid and for the heads above it."""
    room = max(COLUMNS, width - LABEL_COLUMN + STEP)
    left = LABEL_COLUMN + column * room // COLUMNS
    return left, LABEL_COLUMN + (column + 1) * room // COLUMNS - STEP
