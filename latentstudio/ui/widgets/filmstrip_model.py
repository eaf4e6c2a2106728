"""The kept points as a Qt model."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QImage

from latentstudio.document.document import Kept
from latentstudio.ui.describe import describe
from latentstudio.ui.widgets.recipe_mime import RECIPE_MIME, write_recipe

ROW_MIME = "application/x-latentstudio-kept-row"
Index = QModelIndex | QPersistentModelIndex


class FilmstripModel(QAbstractListModel):
    """Shows the document's gallery; a drop only reports where it fell.

    Signals
    -------
    dropped(int, int)
        The kept point of the first number was dropped before the one of the second.
    """

    dropped = Signal(int, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: tuple[Kept, ...] = ()
        self._images: dict[bytes, QImage] = {}

    def kept(self, row: int) -> Kept:
        """The kept point of that row."""
        return self._kept[row]

    def set_kept(self, kept: tuple[Kept, ...]) -> None:
        """Show these kept points."""
        if kept == self._kept:
            return
        self.beginResetModel()
        self._kept = kept
        # Decode each picture once; forget those that left.
        self._images = {
            item.thumbnail: self._images.get(item.thumbnail) or QImage.fromData(item.thumbnail)
            for item in kept
        }
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many are kept."""
        return 0 if parent.isValid() else len(self._kept)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Title, picture and tooltip."""
        if not index.isValid():
            return None
        item = self._kept[index.row()]
        title = item.title or f"Kept {index.row() + 1}"
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return title
        if role == Qt.ItemDataRole.DecorationRole:
            return self._images[item.thumbnail]
        if role == Qt.ItemDataRole.ToolTipRole:
            words = "Click: return · drag: onto A to D, or to another place · Del: remove"
            return f"{title}\n{describe(item.recipe)}\n{words}"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Items are dragged; drops fall between them."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flag = Qt.ItemFlag
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsDragEnabled

    def supportedDragActions(self) -> Qt.DropAction:
        """Copies only: after a move the view would take the row out behind our back."""
        return Qt.DropAction.CopyAction

    def supportedDropActions(self) -> Qt.DropAction:
        """As for drags."""
        return Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:
        """What a drag carries."""
        return [ROW_MIME, RECIPE_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The recipe for anyone, and the row for a new order."""
        mime = QMimeData()
        if indexes:
            row = indexes[0].row()
            write_recipe(mime, self._kept[row].recipe)
            mime.setData(ROW_MIME, QByteArray(str(row).encode()))
        return mime

    def canDropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Only our own rows find a new place here."""
        return data.hasFormat(ROW_MIME)

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Report the drop; the document puts the new order into effect."""
        digits = bytes(data.data(ROW_MIME).data()).decode("ascii", "replace")
        if not digits.isdigit() or int(digits) >= len(self._kept):
            return False
        if parent.isValid():
            row = parent.row()
        self.dropped.emit(int(digits), row if row >= 0 else len(self._kept))
        return False
