"""The photograph with the square that is cut from it, and how it is turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from latentstudio.ui.inverting.crop_hand import STEEPEST
from latentstudio.ui.inverting.crop_view import CropView
from latentstudio.ui.inverting.step_keys import StepButtons, StepKeys
from latentstudio.ui.numbers.section import Section
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, ROW
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.data.intake import Crop
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.inverting.picture_source import PictureSource
    from latentstudio.ui.inverting.steps import Steps

TURN_TIP = "Turn: make the eyes level. Double-click for upright"
OTHER_TIP = "Choose another photograph; it can also be dropped or pasted anywhere on this panel"


class PictureBox(Section):
    """Over :class:`~latentstudio.ui.inverting.picture_source.PictureSource`.

    Signals
    -------
    other_wanted()
        The hand wants to choose another photograph.
    """

    other_wanted = Signal()

    def __init__(self, source: PictureSource, steps: Steps, parent: QWidget | None = None) -> None:
        super().__init__("Photograph", "picture.photograph", parent)
        self._source, self._steps = source, steps
        self.view = CropView()
        self.view.setObjectName("picture.crop")
        self.turn = SliderRow(-STEEPEST, STEEPEST, step=0.5, decimals=1, origin=0.0, marks=(0.0,))
        self.turn.setObjectName("picture.turn")
        self.turn.setToolTip(TURN_TIP)
        self.turn.name("Turn the photograph")
        self.other = QPushButton("Another …")
        self.other.setObjectName("picture.other")
        self.other.setToolTip(OTHER_TIP)
        self.other.setFixedHeight(ROW)
        self.again = StepButtons(steps, "picture.crop")
        self.words = Hint()
        self.words.setObjectName("picture.words")
        below = QHBoxLayout()
        below.setSpacing(GAP)
        below.addWidget(self.words, 1)
        below.addWidget(self.other, 0, Qt.AlignmentFlag.AlignTop)
        self.column.addWidget(self.view)
        self.column.addLayout(labelled("Turn", self.turn, self.again))
        self.column.addLayout(below)
        self._resolution = 0
        StepKeys(steps, self, self.turn.field)
        self.view.framed.connect(self._on_framed)
        self.turn.edited.connect(self._on_turn)
        self.other.clicked.connect(self.other_wanted)
        source.picture_changed.connect(self.show_picture)
        source.crop_changed.connect(self.show_crop)

    def show_picture(self) -> None:
        """Show another photograph."""
        intake = self._source.intake
        if intake is not None:
            self.view.show_picture(self._source.image, min(intake.pixels.shape[:2]))
            self.set_open(True)
            self.show_crop()

    def show_crop(self) -> None:
        """Show where it is cut."""
        crop = self._source.crop
        self.view.show_crop(crop)
        self.turn.set_value(0.0 if crop is None else crop.angle)
        self._say(crop)

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Know how fine the generator's pictures are."""
        self._resolution = 0 if info is None else info.resolution
        self._say(self._source.crop)

    def _say(self, crop: Crop | None) -> None:
        intake = self._source.intake
        if intake is None or crop is None:
            return
        side = round(crop.size * min(intake.pixels.shape[:2]))
        parts = [intake.name, f"{side} × {side} px"]
        if intake.note:
            parts.append(intake.note)
        if side < self._resolution:
            parts.append("less than the generator draws: More has Enlarge")
        self.words.say(" · ".join(parts))

    def _on_framed(self, crop: Crop) -> None:
        self._steps.frame(crop, self.view.gesture.merge("crop"))

    def _on_turn(self, angle: float) -> None:
        if self.view.crop is not None:
            crop = self.view.changed(self.view.crop, angle=angle)
            self._steps.frame(crop, self.turn.merge())
