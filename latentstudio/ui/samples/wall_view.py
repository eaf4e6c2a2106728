"""The wall itself: a scrolling grid of samples that keeps its place while more arrive."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QCursor,
    QKeyEvent,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QWidget

from latentstudio.ui.samples.order import Arrangement
from latentstudio.ui.samples.tiles import TileDelegate
from latentstudio.ui.samples.wall_model import WallModel
from latentstudio.ui.widgets.metrics import STEP

SMALLEST, LARGEST = 32, 192
NOTCH = 120  # of a wheel
SIGNS = {
    Qt.Key.Key_Plus: "more",
    Qt.Key.Key_Equal: "more",  # the same key where plus needs Shift
    Qt.Key.Key_Minus: "less",
    Qt.Key.Key_Delete: "",
    Qt.Key.Key_Backspace: "",
}
CORNER = QPoint(2 * STEP, 2 * STEP)


class WallView(QListView):
    """Click or Enter sends a sample; Ctrl and Shift choose several; Ctrl + wheel zooms.

    Signals
    -------
    taken(int)
        The hand wants that sample in the studio.
    asked(QPoint)
        A right click, on the screen: what can be done with the chosen ones?
    zoomed(int)
        The hand changed the size of the tiles.
    left()
        The hand is no longer on the wall.
    sorted_to(str, list)
        The hand puts these samples to ``more`` or ``less``; "" takes them out.
    """

    taken = Signal(int)
    asked = Signal(QPoint)
    zoomed = Signal(int)
    left = Signal()
    sorted_to = Signal(str, list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wall = WallModel(self)
        self.tiles = TileDelegate(self)
        self._side = 0
        self._sends = True
        self._signed = False  # whether the press was on a sign
        self._pointing = False  # whether the mouse moved after the last arrow key
        self._wish: int | None = None  # where the hand had scrolled to, on a wall that grows again
        self.setModel(self.wall)
        self.setItemDelegate(self.tiles)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setAccessibleName("Samples")
        self.verticalScrollBar().actionTriggered.connect(self._on_hand)
        self.clicked.connect(self._on_clicked)
        self.set_side(96)

    # -- what hangs there ----------------------------------------------------------------

    def show_arrangement(self, arrangement: Arrangement | None) -> None:
        """Hang it up; the sample at the top, those chosen and the keyboard stay in place."""
        bar, top = self.verticalScrollBar(), self.indexAt(CORNER)
        wish = bar.value() if self._wish is None else self._wish
        held = self.wall.number(top.row()) if top.isValid() and bar.value() > 0 else -1
        offset = self.visualRect(top).top()
        chosen, current = self.chosen(), self.current()
        self.wall.show(arrangement)
        if chosen != self.chosen() or current != self.current():
            self._choose(chosen, current)
        if not self.currentIndex().isValid():  # else the first key would only do this
            first, flag = self.wall.index(0), QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(first, flag)
        row = self.wall.row_of(held)
        self.executeDelayedItemsLayout()
        if row >= 0 and self._wish is None:
            wish = bar.value() + self.visualRect(self.wall.index(row)).top() - offset
        bar.setValue(wish)
        # While a new setting is measured the wall grows again: back to the place when it is there.
        self._wish = wish if bar.value() < wish else None

    def chosen(self) -> list[int]:
        """Numbers of the chosen samples, in their order on the wall."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self.wall.number(row) for row in rows]

    def current(self) -> int:
        """Number of the sample where the keyboard stands; -1 for none."""
        index = self.currentIndex()
        return self.wall.number(index.row()) if index.isValid() else -1

    def side(self) -> int:
        """Height of a picture, logical pixels."""
        return self._side

    def set_side(self, side: int) -> None:
        """Make the pictures so high; the sample in the middle stays in sight."""
        side = min(LARGEST, max(SMALLEST, side))
        if side == self._side:
            return
        self._side = side
        middle = self.indexAt(self.viewport().rect().center())
        self.tiles.set_side(side)
        self._fit()
        if middle.isValid():
            self.scrollTo(middle, QAbstractItemView.ScrollHint.PositionAtCenter)

    def under_hand(self) -> bool:
        """Whether the mouse is over the samples: then none may move away under it."""
        return self.viewport().underMouse()

    def _fit(self) -> None:
        """Share the width out among as many tiles as it has room for."""
        cell, width = self.tiles.cell, self.viewport().width() - 1
        cell.setWidth(max(cell.width(), width // max(1, width // cell.width())))
        self.setGridSize(cell)

    def _choose(self, chosen: list[int], current: int) -> None:
        selection, flag = self.selectionModel(), QItemSelectionModel.SelectionFlag
        row = self.wall.row_of(current)
        if row >= 0:
            selection.setCurrentIndex(self.wall.index(row), flag.NoUpdate)
        selection.clearSelection()
        for number in chosen:
            row = self.wall.row_of(number)
            if row >= 0:
                selection.select(self.wall.index(row), flag.Select)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """No ragged margin."""
        self._fit()
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """All tiles with the same ink."""
        self.tiles.prepare()
        super().paintEvent(event)

    # -- the hand ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember whether the click that may follow sends, or only chooses."""
        self._signed = self._press_sign(event)
        if self._signed:
            return
        several = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        self._sends = not event.modifiers() & several
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """From now on keys speak of what is under the mouse."""
        self._pointing = True
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The end of a click, unless it was on a sign."""
        if not self._signed:
            super().mouseReleaseEvent(event)
        self._signed = False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """On a sign as good as a click: pictures are sorted quickly."""
        self._signed = self._press_sign(event)
        if not self._signed:
            super().mouseDoubleClickEvent(event)

    def _press_sign(self, event: QMouseEvent) -> bool:
        """Whether the hand is on a tile's sign for more or less; then sort."""
        index = self.indexAt(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid():
            return False
        side = self.tiles.side_at(self.visualRect(index), event.position())
        if side is None:
            return False
        self.sorted_to.emit(side, [self.wall.number(index.row())])
        return True

    def _meant(self) -> list[int]:
        """Samples that a key speaks of: under the mouse, else chosen, else at the keyboard."""
        under = self.indexAt(self.viewport().mapFromGlobal(QCursor.pos()))
        if self._pointing and self.under_hand() and under.isValid():
            number = self.wall.number(under.row())
            return self.chosen() if number in self.chosen() else [number]
        return self.chosen() or [self.current()] * (self.current() >= 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Page, Home and End go along; Enter and Space send; + − and Del sort."""
        self._wish = None
        side = SIGNS.get(Qt.Key(event.key()))
        if side is not None:
            self.sorted_to.emit(side, self._meant())
            return
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if event.key() in keys and self.current() >= 0:
            self.taken.emit(self.current())
        else:
            self._pointing = False
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl, larger and smaller tiles."""
        self._wish = None
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            steps = event.angleDelta().y() / NOTCH
            self.zoomed.emit(round(self._side * 1.15**steps))
            event.accept()
        else:
            super().wheelEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the chosen ones."""
        if self.chosen():
            self.asked.emit(event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        """Samples may find their places again."""
        super().leaveEvent(event)
        self.left.emit()

    def _on_clicked(self, index: QModelIndex) -> None:
        if self._sends:
            self.taken.emit(self.wall.number(index.row()))

    def _on_hand(self, _action: int) -> None:
        self._wish = None
