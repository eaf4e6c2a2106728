"""A search on its way: what it does, the time left, and Stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from latentstudio.ui.numbers.status import Status
from latentstudio.ui.widgets.metrics import GAP, ROW

if TYPE_CHECKING:
    from latentstudio.engine.inverting.values import Progress, Tuning

STOP_TIP = "Stop here and keep the best so far; Refine goes on from it"


class RunRow(QWidget):
    """One line, a thread of progress below it, and a button beside."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.status = Status()
        self.status.setObjectName("picture.status")
        self.stop = QPushButton("Stop")
        self.stop.setObjectName("picture.stop")
        self.stop.setToolTip(STOP_TIP)
        self.stop.setFixedHeight(ROW + GAP)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.status, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.stop)

    def begin(self, words: str) -> None:
        """Nothing is known yet."""
        self.status.show_status("", words, 0.0)

    def show_step(self, news: Progress | Tuning) -> None:
        """How far it is."""
        words = f"Step {news.step} of {news.steps} · {left(news.seconds_left)}".rstrip(" ·")
        self.status.show_status("", words, news.step / max(1, news.steps))

    def show_waiting(self, what: str, share: float, seconds: float) -> None:
        """What must be there before it can begin."""
        self.status.show_status("", f"{what} · {left(seconds)}".rstrip(" ·"), share)


def left(seconds: float) -> str:
    """Time left, for people; empty when it is not known."""
    if not 0 <= seconds < 360_000:
        return ""
    whole = round(seconds)
    return f"{whole} s left" if whole < 90 else f"{round(whole / 60)} min left"
