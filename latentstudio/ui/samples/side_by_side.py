"""The picture and one of its neighbours, large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from latentstudio.ui.samples.picture import PictureButton
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, MARGIN

if TYPE_CHECKING:
    from latentstudio.ui.samples.lookup import Found

SIDE = 400
HELP = "← → other neighbours · Esc closes"


class SideBySide(QDialog):
    """Arrow keys go from neighbour to neighbour; a click on a picture does, too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("neighbours.large")
        self.setWindowTitle("Nearest training pictures")
        self._found: Found | None = None
        self.place = 0
        self.left, self.right = PictureButton(SIDE), PictureButton(SIDE)
        self.words = Hint(HELP)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        pair = QHBoxLayout()
        pair.setSpacing(MARGIN)
        for button in (self.left, self.right):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setFixedSize(button.sizeHint())
            button.clicked.connect(self.forth)
            pair.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addLayout(pair)
        column.addWidget(self.words)

    def show_found(self, found: Found, place: int) -> None:
        """Put the neighbour of that place (0 the nearest) beside the picture."""
        self._found, self.place = found, place % len(found.neighbours)
        neighbour = found.neighbours[self.place]
        self.left.show_picture(found.pixels, "On the screen")
        words = f"{self.place + 1} of {len(found.neighbours)} · picture {neighbour.number}"
        self.right.show_picture(neighbour.pixels, f"{words} · distance {neighbour.distance:.2f}")

    def forth(self) -> None:
        """The next neighbour; after the last, the nearest."""
        self._step(1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Space: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._step(step)

    def _step(self, step: int) -> None:
        if self._found is not None:
            self.show_found(self._found, self.place + step)
