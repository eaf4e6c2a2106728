"""One line while the picture on the screen is none of the film's, and a click back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from latentstudio.ui.timeline.words import clock
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, STEP

if TYPE_CHECKING:
    from latentstudio.ui.timeline.model import TimelineModel

ASTRAY = "The picture is not the film's at {}: Key makes it so."
LEFT = "The picture that you left at {} was no key."
BACK, BRING = "Back to the film", "Bring it back"
BACK_TIP = "Show the film's picture at this time; the other one can be brought back"
BRING_TIP = "Go to where it was, and show it again: then Key keeps it"


class Astray(QWidget):
    """Of the picture that Key would set, or of one that was left without a key."""

    def __init__(self, model: TimelineModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.words = Hint()
        self.words.setObjectName("timeline.astray")
        self.back = QPushButton(BACK)
        self.back.setObjectName("timeline.return")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, STEP, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.words, 1)
        row.addWidget(self.back)
        self.back.clicked.connect(self._on_back)
        model.changed.connect(self.refresh)
        model.playing_changed.connect(self.refresh)
        self.hide()

    def refresh(self) -> None:
        """Say what there is to say."""
        model = self._model
        if model.playing or model.foreign:  # the panel says the latter
            self.hide()
            return
        words = ASTRAY.format(clock(model.time)) if model.astray else ""
        if not words and model.left is not None:
            words = LEFT.format(clock(model.left.time))
        self.back.setText(BACK if model.astray else BRING)
        self.back.setToolTip(BACK_TIP if model.astray else BRING_TIP)
        self.words.say(words)
        self.setVisible(bool(words))

    def _on_back(self) -> None:
        model = self._model
        if model.astray:
            model.seek(model.time)
        else:
            model.bring_back()
