"""The transform panel: where the picture lies, for generators that can move it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from latentstudio.document.recipe import MAX_ANGLE, MAX_SHIFT, Transform
from latentstudio.ui.panels.base import NO_GENERATOR, Panel
from latentstudio.ui.widgets.glyph import GlyphButton
from latentstudio.ui.widgets.metrics import GAP, ROW, STEP
from latentstudio.ui.widgets.rows import RowLabel
from latentstudio.ui.widgets.slider_row import SliderRow
from latentstudio.ui.widgets.transform_pad import TransformPad

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

NO_TRANSFORM = "Only StyleGAN3 can move its picture before it is drawn; this generator cannot."
PAD_TIP = """Moves the picture before it is drawn (Karras et al. 2021): what comes in at the
edges is drawn, not repeated. Drag (Shift: finer), arrow keys; Home or double-click: the middle"""
X_TIP = """Move to the right, in picture widths; typing goes further than the slider.
Double-click for 0"""
Y_TIP = """Move down, in picture heights; typing goes further than the slider.
Double-click for 0"""
ANGLE_TIP = """Turn counter-clockwise about the middle, in degrees; typing goes further.
Double-click for 0"""


class TransformPanel(Panel):
    """Move and turn."""

    title = "Transform"
    name = "transform"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.pad = TransformPad()
        self.pad.setObjectName("transform.pad")
        self.pad.setToolTip(PAD_TIP)
        self.pad.setAccessibleName("Move the picture")
        self.right = _row("x", "Move right", X_TIP, 1.0, MAX_SHIFT)
        self.down = _row("y", "Move down", Y_TIP, 1.0, MAX_SHIFT)
        self.turn = _row("angle", "Turn", ANGLE_TIP, 180.0, MAX_ANGLE)
        self.reset = GlyphButton("reset", "Reset transform. The picture lies as it was trained")
        self.reset.setObjectName("transform.reset")

        sliders = QVBoxLayout()
        sliders.setSpacing(STEP)
        for sign, row in (("→", self.right), ("↓", self.down), ("↺", self.turn)):
            sliders.addLayout(_signed(sign, row))
        sliders.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignRight)
        sliders.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(GAP)
        both.addWidget(self.pad, 0, Qt.AlignmentFlag.AlignTop)
        both.addLayout(sliders, 1)
        self.column.addLayout(both)
        self.column.addStretch(1)

        self.pad.moved.connect(self._on_pad)
        self.right.edited.connect(self._on_x)
        self.down.edited.connect(self._on_y)
        self.turn.edited.connect(self._on_angle)
        self.reset.clicked.connect(self._on_reset)
        self.refresh()

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Few generators can."""
        able = info is not None and info.has_transform
        for widget in (self.pad, self.right, self.down, self.turn):
            widget.setEnabled(able)
        self.say(NO_GENERATOR if info is None else "" if able else NO_TRANSFORM)

    def show_recipe(self, recipe: Recipe) -> None:
        """Write where the picture lies."""
        transform = recipe.transform
        self.pad.set_position(transform.x, 0.0 - transform.y)  # a pad's y points up
        self.pad.set_angle(transform.angle)
        self.right.set_value(transform.x)
        self.down.set_value(transform.y)
        self.turn.set_value(transform.angle)
        # Also where the generator cannot: a transform from elsewhere stands in its way.
        self.reset.setEnabled(transform != Transform())

    def _change(self, label: str, merge: str | None, **values: float) -> None:
        recipe = self.document.recipe
        transform = msgspec.structs.replace(recipe.transform, **values)
        changed = msgspec.structs.replace(recipe, transform=transform)
        self.document.change(label, recipe=changed, merge=merge)

    def _on_pad(self, x: float, y: float) -> None:
        merge = self.pad.gesture.merge("transform.pad")
        self._change("Move picture", merge, x=round(x, 4), y=round(-y, 4))

    def _on_x(self, x: float) -> None:
        self._change("Move picture", self.right.merge(), x=round(x, 4))

    def _on_y(self, y: float) -> None:
        self._change("Move picture", self.down.merge(), y=round(y, 4))

    def _on_angle(self, angle: float) -> None:
        self._change("Turn picture", self.turn.merge(), angle=round(angle, 4))

    def _on_reset(self) -> None:
        self._change("Reset transform", None, x=0.0, y=0.0, angle=0.0)


def _row(name: str, words: str, tip: str, reach: float, furthest: float) -> SliderRow:
    """A slider from ``-reach`` to ``reach`` whose number may be typed up to ``furthest``."""
    turn = name == "angle"
    row = SliderRow(
        -reach,
        reach,
        step=1.0 if turn else 0.01,
        decimals=1 if turn else 2,
        origin=0.0,
        marks=(-90.0, 0.0, 90.0) if turn else (0.0,),
        suffix="°" if turn else "",
    )
    row.field.set_limits(-furthest, furthest)
    row.setObjectName(f"transform.{name}")
    row.setToolTip(tip)
    row.name(words)
    return row


def _signed(sign: str, row: SliderRow) -> QHBoxLayout:
    label = RowLabel(sign, row)
    label.setFixedSize(ROW // 2, ROW)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    line = QHBoxLayout()
    line.setSpacing(STEP)
    line.addWidget(label)
    line.addWidget(row)
    return line
