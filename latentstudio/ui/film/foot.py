"""The one button; while a film is on its way how far it is, and then where it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from latentstudio.ui.film.words import progress_words, saved_words
from latentstudio.ui.inverting.big_button import BIG, TALL
from latentstudio.ui.numbers.status import Status
from latentstudio.ui.widgets.metrics import GAP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from latentstudio.export.film.write import Progress

WIDE = 280
READY = "Getting ready …"
CANCELLED = "Cancelled: nothing was saved."


class Foot(QWidget):
    """Export …; or a thread of progress and Cancel; or what was saved, and Show in folder.

    Signals
    -------
    wanted(), cancelled()
        The hand wants a film, or does not want it any more.
    left()
        The hand wants the window away.
    """

    wanted = Signal()
    cancelled = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._saved: Path | None = None
        # Tests look here in place of another program's window.
        self.open_url: Callable[[QUrl], object] = QDesktopServices.openUrl
        self.words, self.status = QLabel(), Status()
        self.folder = QPushButton("Show in folder")
        self.close_window = QPushButton("Close")
        self.cancel = QPushButton("Cancel")
        self.export = QPushButton("Export …")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.status, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.words, 1)
        for button, name, tip, look in (
            (self.folder, "folder", "Open the folder that the film is in", TALL),
            (self.close_window, "close", "Close (Esc); a film on its way goes on", TALL),
            (self.cancel, "cancel", "Give the film up; nothing is left of it", TALL),
            (self.export, "export", "Choose where the film goes, and make it (Ctrl+Enter)", BIG),
        ):
            button.setObjectName(f"film.{name}")
            button.setToolTip(tip)
            button.setStyleSheet(look)
            row.addWidget(button)
            for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                enter = QShortcut(QKeySequence(key), button, button.click)
                enter.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.export.setMinimumWidth(WIDE)
        self.cancel.setMinimumWidth(WIDE // 2)
        self.status.setObjectName("film.status")
        self.words.setObjectName("film.words")
        self.export.clicked.connect(self.wanted)
        self.cancel.clicked.connect(self.cancelled)
        self.close_window.clicked.connect(self.left)
        self.folder.clicked.connect(self._on_folder)
        self.rest()

    def rest(self, words: str = "") -> None:
        """No film is on its way; say something about the last one."""
        self._show(going=False)
        self.words.setText(words)

    def show_saved(self, path: Path) -> None:
        """The film is there."""
        self.rest(saved_words(path))
        self._saved = path
        self.folder.setVisible(True)

    def begin(self) -> None:
        """A film is on its way."""
        self._show(going=True)
        self.status.show_status("", READY, 0.0)
        self.cancel.setFocus()

    def show_progress(self, news: Progress) -> None:
        """How far it is."""
        self.status.show_status("", progress_words(news), news.done / news.total)

    def _show(self, *, going: bool) -> None:
        had_focus = self.cancel.hasFocus()
        self.folder.setVisible(False)
        self.status.setVisible(going)
        self.words.setVisible(not going)
        self.cancel.setVisible(going)
        self.export.setVisible(not going)
        if had_focus:
            self.export.setFocus()

    def _on_folder(self) -> None:
        if self._saved is not None:
            folder = self._saved.parent
            if not self.open_url(QUrl.fromLocalFile(str(folder))):
                self.words.setText(f"No program here opens folders: it is in {folder}")
