"""What the bar has said, to be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

if TYPE_CHECKING:
    from latentstudio.ui.errorbar import ErrorBar

LONGEST = 80  # letters of a message


class MessageMenu(QMenu):
    """The last dozen messages with their times, newest first; choosing one shows it again."""

    def __init__(self, bar: ErrorBar, parent: QWidget) -> None:
        super().__init__("&Messages", parent)
        self._bar = bar
        self.aboutToShow.connect(self._fill)
        self.triggered.connect(self._on_chosen)

    def _fill(self) -> None:
        self.clear()
        for message in reversed(self._bar.said):
            words = message.sentence.replace("&", "&&")
            words = words if len(words) <= LONGEST else f"{words[:LONGEST]}…"
            action = self.addAction(f"{message.when:%H:%M}   {words}")
            action.setData(message)
        if not self._bar.said:
            self.addAction("Nothing yet").setEnabled(False)

    def _on_chosen(self, action: QAction) -> None:
        self._bar.again(action.data())
