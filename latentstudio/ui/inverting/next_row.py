"""Photographs that wait for their turn, and a button for those who do not want them to."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, ROW

WAITING = "{} {} next, once you use what is found."
NOW_TIP = "Go on to it now: the photograph there is, its search and what was found are left"


class NextRow(QWidget):
    """Hidden while none waits.

    Signals
    -------
    wanted()
        The hand wants the next one at once.
    """

    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = Hint()
        self.words.setObjectName("picture.next")
        self.now = QPushButton("Now")
        self.now.setObjectName("picture.now")
        self.now.setToolTip(NOW_TIP)
        self.now.setFixedHeight(ROW)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.words, 1)
        row.addWidget(self.now, 0, Qt.AlignmentFlag.AlignTop)
        self.now.clicked.connect(self.wanted)
        self.hide()

    def show_names(self, names: Sequence[str]) -> None:
        """Say who waits."""
        self.words.say(WAITING.format(", ".join(names), "come" if len(names) > 1 else "comes"))
        self.setVisible(bool(names))
