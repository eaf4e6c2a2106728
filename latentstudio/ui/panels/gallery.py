"""The gallery panel: kept points as a filmstrip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from latentstudio.ui.panels.base import Panel
from latentstudio.ui.widgets.filmstrip import Filmstrip
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, MARGIN, ROW, STEP

if TYPE_CHECKING:
    from latentstudio.document.document import Kept
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

EMPTY = "Nothing is kept yet. Press K to keep the picture on the screen; a click brings it back."


class GalleryPanel(Panel):
    """Keep, return, arrange, remove, and drag onto A to D."""

    title = "Gallery"
    name = "gallery"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.keep = QPushButton("Keep")
        self.keep.setObjectName("gallery.keep")
        self.keep.setToolTip("Keep the picture on the screen, with its recipe, as a point (K)")
        self.remove = QPushButton("Remove")
        self.remove.setObjectName("gallery.remove")
        self.remove.setToolTip(
            "Remove the chosen point from the gallery; undo brings it back (Del)"
        )
        self.strip = Filmstrip()
        self.strip.setObjectName("gallery.strip")
        self.strip.setAccessibleName("Kept points")
        self.empty = Hint(EMPTY)
        self.empty.setMinimumHeight(ROW)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        buttons = QVBoxLayout()
        buttons.setSpacing(STEP)
        buttons.addWidget(self.keep)
        buttons.addWidget(self.remove)
        buttons.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addLayout(buttons)
        row.addWidget(self.empty, 1, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.strip, 1)
        self.column.setContentsMargins(MARGIN, STEP, MARGIN, STEP)
        self.column.addLayout(row, 1)

        self.keep.clicked.connect(self._on_keep)
        self.remove.clicked.connect(self._on_remove)
        self.strip.taken.connect(self._on_taken)
        self.strip.removed.connect(self._on_removed)
        self.strip.moved.connect(self._on_moved)
        selection = self.strip.selectionModel()
        selection.currentChanged.connect(self._on_current)
        self.document.gallery_changed.connect(self._on_gallery)
        self.refresh()
        self._on_gallery(self.document.gallery)

    def show_info(self, info: GeneratorInfo | None) -> None:
        """There must be a picture to keep."""
        self.keep.setEnabled(info is not None)

    def _on_gallery(self, gallery: tuple[Kept, ...]) -> None:
        self.strip.set_kept(gallery)
        self.strip.setVisible(bool(gallery))
        self.empty.setVisible(not gallery)
        self._on_current()

    def _on_current(self) -> None:
        self.remove.setEnabled(self.strip.currentIndex().isValid())

    def _on_keep(self) -> None:
        self.studio.keep_current()

    def _on_remove(self) -> None:
        self._on_removed(self.strip.currentIndex().row())

    def _on_taken(self, row: int) -> None:
        self.studio.restore(self.document.gallery[row])

    def _on_removed(self, row: int) -> None:
        gallery = self.document.gallery
        if 0 <= row < len(gallery):
            self.document.change("Remove kept point", gallery=gallery[:row] + gallery[row + 1 :])

    def _on_moved(self, start: int, before: int) -> None:
        gallery = list(self.document.gallery)
        item = gallery.pop(start)
        gallery.insert(before - (before > start), item)
        self.document.change("Arrange gallery", gallery=tuple(gallery))
