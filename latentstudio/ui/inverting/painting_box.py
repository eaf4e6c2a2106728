"""The brush of a repair, with what takes paint off and strokes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from latentstudio.ui.inverting.faces import in_colour
from latentstudio.ui.inverting.mask import unpacked
from latentstudio.ui.inverting.mask_brush import MaskBrush
from latentstudio.ui.inverting.mask_hand import HOW, RADIUS, THICKEST, THINNEST
from latentstudio.ui.inverting.step_keys import StepButtons, StepKeys
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.ui.inverting.picture_source import PictureSource
    from latentstudio.ui.inverting.steps import Steps

SIZE_TIP = "How wide the brush is, as a share of the picture: [ and ] or the wheel on it, too"


class PaintingBox(QWidget):
    """A brush over what is cut from the photograph; each stroke is a step.

    Attributes
    ----------
    brush
        Holds the mask.
    """

    def __init__(self, source: PictureSource, steps: Steps, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source, self._steps = source, steps
        self.brush = MaskBrush()
        self.brush.setObjectName("picture.brush")
        self.brush_size = SliderRow(
            2 * THINNEST, 2 * THICKEST, default=2 * RADIUS, origin=2 * THINNEST
        )
        self.brush_size.setObjectName("picture.size")
        self.brush_size.setToolTip(SIZE_TIP)
        self.brush_size.name("Size of the brush")
        self.clear = QPushButton("Take all paint off")
        self.clear.setObjectName("picture.clear")
        self.clear.setToolTip("All of the photograph is sound (Delete, with the focus on it)")
        self.again = StepButtons(steps, "picture.brush")
        below = QHBoxLayout()
        below.setSpacing(GAP)
        below.addWidget(self.clear, 1)
        below.addWidget(self.again)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(Hint(HOW))
        column.addWidget(self.brush)
        column.addLayout(labelled("Brush", self.brush_size))
        column.addLayout(below)
        StepKeys(steps, self)
        self.clear.clicked.connect(self.brush.clear)
        self.brush.painted.connect(self._on_painted)
        self.brush.sized.connect(self._show_size)
        self.brush_size.edited.connect(self._on_size)
        steps.gone.connect(self._show_mask)
        source.cut.connect(self._on_cut)

    def _on_painted(self) -> None:
        brush = self.brush
        if brush.kept is not None:
            self._steps.paint(brush.deed, brush.kept, brush.gesture.merge("mask"))

    def _on_size(self, wide: float) -> None:
        self.brush.set_radius(wide / 2)

    def _show_size(self) -> None:
        self.brush_size.set_value(2 * self.brush.radius)

    def _on_cut(self) -> None:
        pixels = self._source.pixels
        if pixels is not None:
            self.brush.show_picture(in_colour(pixels))
            self._show_mask()

    def _show_mask(self) -> None:
        if self.brush.kept is not None:
            self.brush.show_mask(unpacked(self._steps.cut.paint, len(self.brush.kept)))
