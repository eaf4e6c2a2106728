"""The measurements that were kept, as a list of two-line items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from latentstudio.ui.numbers.words import psi_words, short, summary
from latentstudio.ui.samples.source import sampling_words
from latentstudio.ui.widgets.metrics import RADIUS, STEP
from latentstudio.ui.widgets.paint import Ink, caption, small

if TYPE_CHECKING:
    from latentstudio.ui.numbers.history import Entry

Index = QModelIndex | QPersistentModelIndex
EntryRole = Qt.ItemDataRole.UserRole
LINES = 2
SHOWN = 4  # items without scrolling


@dataclass(frozen=True)
class Item:
    """An entry as the list shows it.

    Attributes
    ----------
    entry
        What was measured.
    colour
        Of its curve in the plots; empty where it has none.
    apart
        Why it cannot stand on the axes of the present curve; empty when it can.
    """

    entry: Entry
    colour: str = ""
    apart: str = ""


def item_words(item: Item) -> tuple[str, str]:
    """Both lines of an item."""
    entry = item.entry
    first = f"{psi_words(entry.quality)}   {summary(entry.quality)}".strip()
    when = entry.when.astimezone().strftime("%d %b %H:%M")
    parts = (entry.note, item.apart, entry.name, f"N {entry.quality.n:,}", when)
    return first, " · ".join(part for part in parts if part)


def item_tip(item: Item) -> str:
    """Everything that the numbers were measured with."""
    quality = item.entry.quality
    lines = [item.entry.note] if item.entry.note else []
    lines += [
        f"{item.entry.name} {short(quality.sampling.checkpoint) if quality.sampling else ''}",
        sampling_words(quality.sampling) if quality.sampling else "pictures from elsewhere",
        f"features {quality.features} {short(quality.features_hash)}",
        f"data {quality.data or 'unknown'} {short(quality.data_hash)}, {quality.n_real:,} pictures",
    ]
    if item.apart:
        lines.append(f"Not in the plots: {item.apart}")
    return "\n".join([*lines, "Double click or Enter: return to this setting · Del: remove"])


class HistoryModel(QAbstractListModel):
    """Items, newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: tuple[Item, ...] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        """What is shown."""
        return self._items

    def set_items(self, items: Sequence[Item]) -> None:
        """Show these."""
        if tuple(items) != self._items:
            self.beginResetModel()
            self._items = tuple(items)
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many there are."""
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Words, tooltip, and the item itself."""
        if not index.isValid():
            return None
        item = self._items[index.row()]
        if role == EntryRole:
            return item
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return "\n".join(item_words(item))
        return item_tip(item) if role == Qt.ItemDataRole.ToolTipRole else None


class HistoryDelegate(QStyledItemDelegate):
    """Two lines; a pinned item has a dot in the colour of its curve."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        """All the same."""
        return QSize(160, LINES * option.fontMetrics.height() + 3 * STEP)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Ground, dot, numbers, and what they belong to."""
        view, item = self.parent(), index.data(EntryRole)
        assert isinstance(view, QWidget)
        ink, rect = Ink(view), QRectF(option.rect).adjusted(1, 1, -1, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(ink.accent if view.hasFocus() else ink.line, 1))
            painter.setBrush(ink.tint)
            painter.drawRoundedRect(rect, RADIUS, RADIUS)
        if item.entry.pinned:
            painter.setPen(QPen(QColor(item.colour) if item.colour else ink.quiet, 2))
            painter.setBrush(QColor(item.colour) if item.colour else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QRectF(rect.left() + STEP, rect.top() + 2 * STEP, 7, 7))
        line = option.fontMetrics.height()
        room = QRectF(rect.left() + 4.5 * STEP, rect.top() + STEP, rect.width() - 5 * STEP, line)
        first, second = item_words(item)
        painter.setPen(ink.quiet if item.apart else ink.text)
        caption(painter, room, first)
        painter.setFont(small(option.font))
        painter.setPen(ink.quiet)
        caption(painter, room.translated(0, line), second)
        painter.restore()


class HistoryList(QListView):
    """Double click or Enter returns; Del removes.

    Signals
    -------
    taken(Entry), removed(Entry)
        The hand wants to return to this setting, or to forget the entry.
    chosen()
        Another entry, or none, is current.
    """

    taken = Signal(object)
    removed = Signal(object)
    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = HistoryModel(self)
        self.setModel(self._model)
        self.setItemDelegate(HistoryDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.doubleClicked.connect(self._on_taken)
        self.selectionModel().currentChanged.connect(self.chosen)

    @property
    def items(self) -> tuple[Item, ...]:
        """What is listed."""
        return self._model.items

    def current(self) -> Entry | None:
        """The chosen entry."""
        row = self.currentIndex().row()
        return self._model.items[row].entry if row >= 0 else None

    def set_items(self, items: Sequence[Item]) -> None:
        """List these; the choice stays on its measurement."""
        before = self.current()
        self._model.set_items(items)
        item = LINES * self.fontMetrics().height() + 3 * STEP
        self.setFixedHeight(min(SHOWN, len(items)) * item + 2)
        quality = before.quality if before is not None else None
        same = (i for i, item in enumerate(items) if item.entry.quality is quality)
        row = next(same, -1)
        if row != self.currentIndex().row():
            self.setCurrentIndex(self._model.index(row))
        self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keyboard's share."""
        entry = self.current()
        if entry is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.taken.emit(entry)
        elif entry is not None and event.key() == Qt.Key.Key_Delete:
            self.removed.emit(entry)
        else:
            super().keyPressEvent(event)

    def _on_taken(self, index: QModelIndex) -> None:
        self.taken.emit(self._model.items[index.row()].entry)
