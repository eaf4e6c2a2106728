"""A panel that takes photographs: chosen, dropped or pasted anywhere on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import QFileDialog, QWidget

from latentstudio.ui.inverting.drop_area import DropArea
from latentstudio.ui.inverting.mime import all_held_by, held_by
from latentstudio.ui.panels.base import Panel

if TYPE_CHECKING:
    from latentstudio.ui.panels.context import PanelContext

FILTER = "Pictures (*.png *.jpg *.jpeg *.webp *.tif *.tiff *.bmp *.gif *.avif);;All files (*)"


class PictureIntake(Panel):
    """Hands photographs on to :class:`~latentstudio.ui.inverting.model.InvertModel`."""

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.model = studio.inverting
        # Tests answer here instead of in a modal dialog: title and filter.
        self.ask: Callable[[str, str], str] = self._ask
        self.ask_where: Callable[[str, str], str] = self._ask_where  # title and a name
        self.drop = DropArea()
        self.drop.setObjectName("picture.drop")
        self.drop.clicked.connect(self.choose)
        self.drop.dropped.connect(self.model.take_each)
        self.setAcceptDrops(True)

    def choose(self) -> None:
        """Ask for a photograph."""
        path = self.ask("Choose a photograph", FILTER)
        if path:
            self.model.take(Path(path))

    def paste(self) -> bool:
        """Take the clipboard's picture; whether it holds one."""
        found = held_by(QGuiApplication.clipboard().mimeData())
        if found is not None:
            self.model.take(*found)
        return found is not None

    def event(self, event: QEvent) -> bool:
        """Claim the key that pastes while there is a picture to be pasted."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and _pastes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Paste."""
        if not (event.matches(QKeySequence.StandardKey.Paste) and self.paste()):
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Another photograph may be dropped anywhere."""
        if held_by(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take it, or several in turn."""
        found = all_held_by(event.mimeData())
        if found:
            event.acceptProposedAction()
            self.model.take_each(found)

    def _ask(self, title: str, what: str) -> str:
        return QFileDialog.getOpenFileName(self, title, self.model.memory.folder, what)[0]

    def _ask_where(self, title: str, name: str) -> str:
        path = str(Path(self.model.memory.folder) / name)
        return QFileDialog.getSaveFileName(self, title, path, "PNG (*.png)")[0]


def _pastes(event: QKeyEvent) -> bool:
    """Whether a key pastes, and there is a picture for it."""
    asked = event.matches(QKeySequence.StandardKey.Paste)
    return asked and held_by(QGuiApplication.clipboard().mimeData()) is not None
