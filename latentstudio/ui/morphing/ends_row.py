"""From which point to which."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from latentstudio.document.recipe import POINT_NAMES
from latentstudio.ui.widgets.metrics import STEP
from latentstudio.ui.widgets.segmented import Segmented


class EndsRow(QWidget):
    """Two points, never the same one twice.

    Signals
    -------
    chosen(str, str)
        The hand wants to go from one to the other.
    """

    chosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = POINT_NAMES[0], POINT_NAMES[1]
        self.start, self.end = _points("The way begins at {}"), _points("The way leads to {}")
        self.start.setObjectName("morph.start")
        self.end.setObjectName("morph.end")
        to = QLabel("to")
        to.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        row.addWidget(self.start, 1)
        row.addWidget(to)
        row.addWidget(self.end, 1)
        self.setFocusProxy(self.start)
        self.setToolTip("From this point to that one; choosing the same one turns the way round")
        self.start.chosen.connect(partial(self._on_chosen, 0))
        self.end.chosen.connect(partial(self._on_chosen, 1))
        self.show_ends(*self._shown)

    def ends(self) -> tuple[str, str]:
        """The points that are shown."""
        return self._shown

    def show_ends(self, start: str, end: str) -> None:
        """Show a way without reporting it."""
        self._shown = start, end
        self.start.choose(start)
        self.end.choose(end)

    def _on_chosen(self, which: int, name: str) -> None:
        """Another end; where it is the other one, they change places."""
        ends = [*self._shown]
        if ends[1 - which] == name:
            ends.reverse()
        ends[which] = name
        self.show_ends(*ends)
        self.chosen.emit(*ends)


def _points(tip: str) -> Segmented:
    return Segmented([(name, name, tip.format(name)) for name in POINT_NAMES])
