"""The samples of an arrangement as a Qt model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from latentstudio.document.recipe import Recipe
from latentstudio.ui.samples.order import Arrangement
from latentstudio.ui.widgets.recipe_mime import RECIPE_MIME, write_recipe

Index = QModelIndex | QPersistentModelIndex
TIP = (
    "Click: show it · Ctrl or Shift + click: choose several · right click: more · drag onto A to D"
)


class WallModel(QAbstractListModel):
    """Rows are places on the wall; :meth:`number` says which sample hangs there."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.arrangement: Arrangement | None = None
        self.num_layers = 1

    def show(self, arrangement: Arrangement | None) -> None:
        """Hang up this arrangement; what only grows at its end disturbs nothing."""
        before, count = self.arrangement, self.rowCount()
        if before is not None and arrangement is not None and _continues(before, arrangement):
            if len(arrangement.rows) > count:
                self.beginInsertRows(QModelIndex(), count, len(arrangement.rows) - 1)
                self.arrangement = arrangement
                self.endInsertRows()
            self.arrangement = arrangement
            if count:
                self.dataChanged.emit(self.index(0), self.index(count - 1))
            return
        self.beginResetModel()
        self.arrangement = arrangement
        self.endResetModel()

    def number(self, row: int) -> int:
        """The sample in that place."""
        assert self.arrangement is not None
        return int(self.arrangement.rows[row])

    def row_of(self, number: int) -> int:
        """The place of a sample; -1 where it does not hang."""
        if self.arrangement is None:
            return -1
        places = np.flatnonzero(self.arrangement.rows == number)
        return int(places[0]) if len(places) else -1

    def recipe(self, number: int) -> Recipe:
        """The recipe whose picture a sample is."""
        assert self.arrangement is not None
        samples = self.arrangement.samples
        return samples.sampling.recipe(samples.draws, number, self.num_layers)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many hang there."""
        return 0 if parent.isValid() or self.arrangement is None else len(self.arrangement.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What was sorted by, and words for the tooltip; the picture is the delegate's."""
        if not index.isValid() or self.arrangement is None:
            return None
        number = self.number(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return self.arrangement.words(number)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"Sample {number}, {self.arrangement.words(number)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            seed = int(self.arrangement.samples.draws.seeds[number])
            return f"Sample {number}, seed {seed}\n{TIP}"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """A sample may be dragged onto a point."""
        flag = Qt.ItemFlag
        if not index.isValid():
            return flag.NoItemFlags
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        """What a drag carries."""
        return [RECIPE_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The recipe of the first."""
        mime = QMimeData()
        if indexes:
            write_recipe(mime, self.recipe(self.number(indexes[0].row())))
        return mime


def _continues(before: Arrangement, after: Arrangement) -> bool:
    """Whether the same samples stay where they are."""
    same = before.samples.sampling == after.samples.sampling
    return same and np.array_equal(after.rows[: len(before.rows)], before.rows)
