"""The kept points as a strip of pictures."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPainterPath, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from latentstudio.document.document import Kept
from latentstudio.ui.widgets.filmstrip_model import FilmstripModel
from latentstudio.ui.widgets.metrics import RADIUS, STEP
from latentstudio.ui.widgets.paint import Ink, caption, small

PICTURE = 80
CAPTION = 16
CELL = QSize(PICTURE + 2 * STEP, PICTURE + CAPTION + STEP)


class FilmDelegate(QStyledItemDelegate):
    """Paints one kept point: picture, title, and a frame where the keyboard stands."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """All the same."""
        return CELL

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Picture cut to a square, title below."""
        view = self.parent()
        assert isinstance(view, QWidget)
        ink = Ink(view)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rect = QRectF(option.rect)
        face = QRectF(rect.left() + STEP, rect.top() + 2, PICTURE, PICTURE)
        shape = QPainterPath()
        shape.addRoundedRect(face, RADIUS, RADIUS)
        painter.fillPath(shape, ink.well)
        image = index.data(Qt.ItemDataRole.DecorationRole)
        painter.save()
        painter.setClipPath(shape)
        if image is not None and not image.isNull():
            side = min(image.width(), image.height())
            left, top = (image.width() - side) / 2, (image.height() - side) / 2
            painter.drawImage(face, image, QRectF(left, top, side, side))
        painter.restore()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.setPen(
            QPen(ink.accent if selected else ink.quiet if over else ink.line, 2 if selected else 1)
        )
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(shape)
        painter.setFont(small(option.font))
        painter.setPen(ink.text if selected else ink.quiet)
        room = QRectF(face.left(), face.bottom() + 2, PICTURE, CAPTION)
        text = str(index.data(Qt.ItemDataRole.DisplayRole))
        caption(painter, room, text, Qt.AlignmentFlag.AlignHCenter)
        painter.restore()


class Filmstrip(QListView):
    """Click or Enter returns; Del removes; drag to another place, or onto a point.

    Signals
    -------
    taken(int)
        The hand wants to return to the kept point of that number.
    removed(int)
        The hand wants it away.
    moved(int, int)
        The hand put the first number before the second.
    """

    taken = Signal(int)
    removed = Signal(int)
    moved = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.films = FilmstripModel(self)
        self.setModel(self.films)
        self.setItemDelegate(FilmDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.CopyAction)
        self.setMinimumHeight(CELL.height() + STEP)
        self.setMinimumWidth(CELL.width() + 2 * STEP)
        self.viewport().setAutoFillBackground(False)
        self.clicked.connect(self._on_clicked)
        self.films.dropped.connect(self.moved)

    def sizeHint(self) -> QSize:
        """One row."""
        return QSize(4 * CELL.width(), CELL.height() + 3 * STEP)

    def set_kept(self, kept: tuple[Kept, ...]) -> None:
        """Show kept points; the keyboard stays where it was."""
        row = self.currentIndex().row()
        more = len(kept) > self.films.rowCount()
        self.films.set_kept(kept)
        if kept and row >= 0:
            self.setCurrentIndex(self.films.index(min(row, len(kept) - 1)))
        if kept and more:
            self.scrollTo(self.films.index(len(kept) - 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End choose; Enter and Space return; Del removes."""
        row = self.currentIndex().row()
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and row >= 0:
            self.taken.emit(row)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and row >= 0:
            self.removed.emit(row)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """In a single row, the wheel goes along it."""
        if not self.isWrapping() and not event.angleDelta().x():
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - event.angleDelta().y())
            event.accept()
        else:
            super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A low dock is a strip, a high one a wall."""
        wall = event.size().height() >= 2 * CELL.height()
        if wall != self.isWrapping():
            self.setWrapping(wall)
        super().resizeEvent(event)

    def _on_clicked(self, index: QModelIndex) -> None:
        self.taken.emit(index.row())
