"""The part of the source panel that moves the active point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from latentstudio.latents.fit import has_z
from latentstudio.ui.axes import axis_words
from latentstudio.ui.widgets.axis_chooser import AxisChooser
from latentstudio.ui.widgets.glyph import GlyphButton
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.pad import Pad
from latentstudio.ui.widgets.rows import Heading, labelled
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.document.recipe import Axis, Between, Recipe, Seed
    from latentstudio.document.vector import Vector
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

PAD_TIP = """Moves the active point around its start along the two axes below.
Drag (Shift: finer), arrow keys, Home or double-click: back to the start.
Dragging the picture moves along the same axes."""
GAIN_TIP = """Range: how far the edge of the pad, or half the picture, reaches:
radians on the sphere of z, or standard deviations of a component."""


class MoveBox(QWidget):
    """The pad, its axes and its range."""

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document, self.axes = studio.document, studio.axes
        self._shown: tuple[str, Seed | Vector | Between] | None = None
        self._info: GeneratorInfo | None = None
        self._in_w = False
        self.heading = Heading("Move")
        self.pad = Pad()
        self.pad.setObjectName("source.pad")
        self.pad.setToolTip(PAD_TIP)
        self.pad.setAccessibleName("Move the active point")
        self.hint = Hint()
        self.x_axis, self.y_axis = AxisChooser(), AxisChooser()
        self.x_axis.setObjectName("source.x")
        self.y_axis.setObjectName("source.y")
        self.gain = SliderRow(0.1, 4.0, default=1.5, step=0.01)
        self.gain.setObjectName("source.gain")
        self.gain.setToolTip(GAIN_TIP)
        self.gain.name("Range")
        self.reset = GlyphButton("reset", "Reset moves. The active point returns to its start")
        self.reset.setObjectName("source.reset")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        top = QHBoxLayout()
        top.addWidget(self.heading, 1)
        top.addWidget(self.reset)
        column.addLayout(top)
        column.addWidget(self.pad)
        column.addWidget(self.hint)
        column.addLayout(labelled("Axis →", self.x_axis))
        column.addLayout(labelled("Axis ↑", self.y_axis))
        column.addLayout(labelled("Range", self.gain))

        self.pad.moved.connect(self._on_pad)
        self.x_axis.edited.connect(self._on_x)
        self.y_axis.edited.connect(self._on_y)
        self.gain.edited.connect(self._on_gain)
        self.reset.clicked.connect(self._on_reset)
        self.axes.changed.connect(self._on_axes)
        self._on_axes()

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Offer the axes that the generator has."""
        self._info = info
        self._offer(self._in_w)

    def show_recipe(self, recipe: Recipe, active: str) -> None:
        """Write where the active point stands."""
        point = recipe.point(active)
        in_w = self._info is not None and not has_z(self._info, point)
        if in_w != self._in_w:
            self._offer(in_w)
        if self._shown != (active, point.base):
            self._shown = active, point.base
            self.heading.setText(f"Move {active}")
            self.pad.set_position(*self.axes.position(point))
            self.pad.forget()
        self.pad.set_position(*self.axes.position(point))
        self.reset.setEnabled(bool(point.moves))
        heard = recipe.blend.share(active) > 0 or any(
            cell.point == active and recipe.mixing.sounds(active) for cell in recipe.mixing.cells
        )
        self.hint.say("" if heard else f"{active} has no share in the picture: choose it above.")

    def _offer(self, in_w: bool) -> None:
        self._in_w = in_w
        self.x_axis.set_info(self._info, in_w)
        self.y_axis.set_info(self._info, in_w)

    def _on_axes(self) -> None:
        axes = self.axes
        self.x_axis.set_axis(axes.x)
        self.y_axis.set_axis(axes.y)
        self.gain.set_value(axes.gain)
        self.pad.set_frame(axes.gain, axis_words(axes.x), axis_words(axes.y))
        words = (axes.x, axes.y)
        self.show_recipe(self.document.recipe, self.document.active)
        if words != getattr(self, "_words", None):
            self._words = words
            self.pad.forget()

    def _on_pad(self, x: float, y: float) -> None:
        merge = self.pad.gesture.merge("source.pad")
        self.axes.place(self.document, round(x, 4), round(y, 4), merge)

    def _on_x(self, axis: Axis) -> None:
        self.axes.x = axis

    def _on_y(self, axis: Axis) -> None:
        self.axes.y = axis

    def _on_gain(self, gain: float) -> None:
        self.axes.gain = gain

    def _on_reset(self) -> None:
        recipe, name = self.document.recipe, self.document.active
        point = msgspec.structs.replace(recipe.point(name), moves=())
        self.document.change(f"Reset moves of {name}", recipe=recipe.with_point(point))
