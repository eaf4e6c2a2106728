"""How mouse and keys edit the mixing grid."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from latentstudio.document.recipe import POINT_NAMES
from latentstudio.ui.widgets.gesture import Gesture

Cells = dict[tuple[int, str], float]
START = 3  # pixels before a click becomes a drag
STEP = 0.05
MINE = (
    set(range(Qt.Key.Key_0.value, Qt.Key.Key_9.value + 1))
    | {k.value for k in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Space)}
    | {k.value for k in (Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Equal)}
    | {k.value for k in (Qt.Key.Key_Home, Qt.Key.Key_End)}
    | {k.value for k in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)}
)


class MixingHand(QWidget):
    """Events of the grid; :class:`~latentstudio.ui.widgets.mixing_grid.MixingGrid` paints it.

    Mouse: a click switches a cell between nothing and the brush; dragging sideways sets its
    strength; dragging up or down paints the cells on the way. Wheel (with the focus): finer.
    Keys: arrows go, Home and End to the first and last layer, 1 to 9 set tenths, 0 sets the
    whole, + and - a twentieth, Space switches, Delete clears.

    Signals
    -------
    edited(object)
        The hand set cells: ``{(layer, point): strength}`` of those that changed.
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.gesture = Gesture()
        self.brush = 1.0
        self._cells: Cells = {}
        self._cursor = (0, 0)
        self._hover: tuple[int, int] | None = None
        self._pressed: tuple[int, int] | None = None
        self._origin = QPoint()
        self._painting: float | None = None
        self._sliding = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    def rows(self) -> int:
        """How many layers."""
        raise NotImplementedError

    def cell_at(self, position: QPoint) -> tuple[int, int] | None:
        """Row and column under a place, or None."""
        raise NotImplementedError

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell lies."""
        raise NotImplementedError

    def words(self, row: int, column: int) -> str:
        """What the tooltip says over a cell."""
        raise NotImplementedError

    def strength(self, row: int, column: int) -> float:
        """What a cell shows."""
        return self._cells.get((row, POINT_NAMES[column]), 0.0)

    def cursor_cell(self) -> tuple[int, int]:
        """Row and column of the keyboard's cell."""
        return self._cursor

    def event(self, event: QEvent) -> bool:
        """Claim the keys that edit: with the focus they are not the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers() & ~(
                Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
            )
            if plain and event.key() in MINE:
                event.accept()
                return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            cell = self.cell_at(event.pos())
            if cell is not None:
                words = f"{self.words(*cell)}\n{self.toolTip()}"
                QToolTip.showText(event.globalPos(), words, self)
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember the cell: what the press means shows in the movement."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.gesture.begin()
        self._pressed = self.cell_at(event.position().toPoint())
        self._origin = event.position().toPoint()
        self._painting, self._sliding = None, False
        if self._pressed is not None:
            self._cursor = self._pressed
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Slide the cell's strength, or paint."""
        here = event.position().toPoint()
        self._point_at(self.cell_at(here))
        if self._pressed is None:
            return
        way = here - self._origin
        if self._painting is None and not self._sliding:
            if max(abs(way.x()), abs(way.y())) < START:
                return
            self._sliding = abs(way.x()) >= abs(way.y())
            if not self._sliding:
                self._painting = self._switched(*self._pressed)
                self._set({self._pressed: self._painting})
        if self._sliding:
            rect = self.cell_rect(*self._pressed)
            share = (event.position().x() - rect.left()) / rect.width()
            self._set({self._pressed: round(min(1.0, max(0.0, share)), 2)})
        elif self._painting is not None:
            crossed = self._between(self._origin, here)
            self._origin = here
            self._set(dict.fromkeys(crossed, self._painting))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A press that did not move was a click."""
        if self._pressed is not None and self._painting is None and not self._sliding:
            self._set({self._pressed: self._switched(*self._pressed)})
        self._pressed = None

    def leaveEvent(self, event: QEvent) -> None:
        """No cell is under the mouse."""
        self._point_at(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With the focus: the cell under the mouse, a twentieth a click."""
        cell = self.cell_at(event.position().toPoint())
        if not self.hasFocus() or cell is None:
            event.ignore()
            return
        self.gesture.wheel()
        self._cursor = cell
        self._nudge(cell, STEP if event.angleDelta().y() > 0 else -STEP)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See the class."""
        self.gesture.key(event)
        key, text = Qt.Key(event.key()), event.text()
        row, column = self._cursor
        last = self.rows() - 1
        goals = {
            Qt.Key.Key_Left: (row, max(0, column - 1)),
            Qt.Key.Key_Right: (row, min(len(POINT_NAMES) - 1, column + 1)),
            Qt.Key.Key_Up: (max(0, row - 1), column),
            Qt.Key.Key_Down: (min(last, row + 1), column),
            Qt.Key.Key_Home: (0, column),
            Qt.Key.Key_End: (last, column),
        }
        if last < 0:
            event.ignore()
        elif key in goals:
            self._cursor = goals[key]
            self.update()
        elif text and text in "0123456789":
            self._set({self._cursor: (int(text) or 10) / 10})
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._set({self._cursor: 0.0})
        elif key == Qt.Key.Key_Space:
            self._set({self._cursor: self._switched(row, column)})
        elif text and text in "+=-":
            self._nudge(self._cursor, -STEP if text == "-" else STEP)
        else:
            super().keyPressEvent(event)

    def _switched(self, row: int, column: int) -> float:
        return 0.0 if self.strength(row, column) > 0 else self.brush

    def _nudge(self, cell: tuple[int, int], by: float) -> None:
        self._set({cell: round(min(1.0, max(0.0, self.strength(*cell) + by)), 2)})

    def _point_at(self, cell: tuple[int, int] | None) -> None:
        if cell != self._hover:
            self._hover = cell
            self.update()

    def _between(self, start: QPoint, end: QPoint) -> list[tuple[int, int]]:
        # A quick hand skips rows between two events: walk the way in small steps.
        way = end - start
        steps = max(1, max(abs(way.x()), abs(way.y())) // 4)
        cells = (self.cell_at(start + way * i / steps) for i in range(steps + 1))
        return [cell for cell in cells if cell is not None]

    def _set(self, wanted: dict[tuple[int, int], float]) -> None:
        changes = {
            (row, POINT_NAMES[column]): value
            for (row, column), value in wanted.items()
            if self.strength(row, column) != value
        }
        if changes:
            merged = {**self._cells, **changes}
            self._cells = {key: value for key, value in merged.items() if value > 0}
            self.update()
            self.edited.emit(changes)
