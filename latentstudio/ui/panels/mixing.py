"""The style mixing panel: which layer listens to which point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from latentstudio.document.recipe import POINT_NAMES, Mixing
from latentstudio.ui.panels.base import NO_GENERATOR, Panel
from latentstudio.ui.panels.point_pictures import PointPictures
from latentstudio.ui.widgets.mixing_grid import MixingGrid
from latentstudio.ui.widgets.mixing_head import MixingHead
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.segmented import Segment, Segmented
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.generators.info import GeneratorInfo, LayerInfo
    from latentstudio.ui.panels.context import PanelContext

GROUPS = ("coarse", "middle", "fine")
GRID_TIP = """Style mixing: a layer with strength listens to that point instead of the blend.
Click: on or off · drag sideways: strength · drag up or down: paint
Keys: arrows go, 1 to 9 tenths, 0 whole, + − a little, Space on or off, Del clears"""
BRUSH_TIPS = {
    "coarse": "Layers of 4 to 8 px: pose, face shape, hair style, glasses",
    "middle": "Layers of 16 to 32 px: features, hair, eyes",
    "fine": "Layers from 64 px: colours and texture",
}
THIRD_TIPS = {
    "coarse": "The first third of the layers: pose and shape",
    "middle": "The second third of the layers: features",
    "fine": "The last third of the layers: colours and texture",
}
ONE_LAYER = (
    "This generator has one row of ws: its point enters at one place only, so there are no layers"
    " to mix."
)


class MixingPanel(Panel):
    """A grid of layers and points, with brushes, solo and mute."""

    title = "Style mixing"
    name = "mixing"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.head = MixingHead()
        self.grid = MixingGrid()
        self.grid.setObjectName("mixing.cells")
        self.grid.setToolTip(GRID_TIP)
        self.grid.setAccessibleName("Style mixing, layers by points")
        self.strength = SliderRow(0.0, 1.0, default=1.0, marks=(0.5,))
        self.strength.setObjectName("mixing.brush")
        self.strength.setToolTip("Strength that a click, a painted cell or a brush sets")
        self.strength.name("Brush strength")
        self.point = Segmented([(name, name, f"The brushes paint {name}") for name in POINT_NAMES])
        self.point.setObjectName("mixing.brush.point")
        self.point.choose("B")
        self.brushes: dict[str, Segment] = {}
        for group in GROUPS:
            button = Segment(group.capitalize(), "")
            button.setCheckable(False)
            button.setObjectName(f"mixing.brush.{group}")
            button.clicked.connect(self._on_brush)
            self.brushes[group] = button

        self.column.addLayout(labelled("Brush", self.point))
        self.column.addLayout(labelled("Strength", self.strength))
        self.column.addLayout(labelled("Paint", *self.brushes.values(), shared=True))
        self.column.addWidget(self.head)
        self.column.addWidget(self.grid)
        self.column.addStretch(1)

        self.head.clear.clicked.connect(self._on_clear)
        self.head.soloed.connect(self._on_solo)
        self.head.muted.connect(self._on_mute)
        self.grid.edited.connect(self._on_cells)
        self.strength.edited.connect(self._on_strength)
        self.pictures = PointPictures(studio, self)
        self.pictures.changed.connect(self._on_picture)
        self.refresh()
        self.pictures.fetch()

    def show_info(self, info: GeneratorInfo | None) -> None:
        """One row for each layer that can be fed separately."""
        able = info is not None and info.has_mapping and info.num_layers > 1
        layers = info.layers if info is not None and able else ()
        self._groups = groups_of(info) if info is not None and able else ()
        rows = (_row(*row) for row in zip(range(len(layers)), layers, self._groups, strict=True))
        self.grid.set_rows(tuple(rows))
        for widget in (self.head, self.grid, self.strength, self.point):
            widget.setEnabled(able)
        tips = THIRD_TIPS if info is not None and info.has_transform else BRUSH_TIPS
        for group, button in self.brushes.items():
            button.setEnabled(group in self._groups)
            button.setToolTip(
                f"{tips[group]}.\nPaint them for the brush's point; again to clear them"
            )
        self.say(NO_GENERATOR if info is None else "" if able else ONE_LAYER)

    def show_recipe(self, recipe: Recipe) -> None:
        """Write cells, solo and mute."""
        mixing = recipe.mixing
        self.grid.set_cells({(c.layer, c.point): c.strength for c in mixing.cells})
        silent = frozenset(name for name in POINT_NAMES if not mixing.sounds(name))
        self.grid.set_silent(silent)
        self.head.set_switches(mixing.solo, mixing.mute, silent)

    def _change(self, label: str, mixing: Mixing, merge: str | None = None) -> None:
        recipe = msgspec.structs.replace(self.document.recipe, mixing=mixing)
        self.document.change(label, recipe=recipe, merge=merge)

    def _on_cells(self, changes: dict[tuple[int, str], float]) -> None:
        mixing = self.document.recipe.mixing.with_cells(changes)
        self._change("Style mixing", mixing, self.grid.gesture.merge("mixing.cells"))

    def _on_brush(self) -> None:
        group = next(name for name, button in self.brushes.items() if button is self.sender())
        point, mixing = self.point.choice(), self.document.recipe.mixing
        rows = [i for i, other in enumerate(self._groups) if other == group]
        painted = all(mixing.strength(row, point) == self.grid.brush for row in rows)
        value = 0.0 if painted else self.grid.brush
        changes = {(row, point): value for row in rows}
        self._change(f"Mix {group} layers", mixing.with_cells(changes))

    def _on_strength(self, strength: float) -> None:
        # A tool, not a value of the picture: undo does not go through it.
        self.grid.brush = round(strength, 2)

    def _on_clear(self) -> None:
        self._change("Clear style mixing", Mixing())

    def _on_solo(self, name: str, on: bool) -> None:
        mixing = self.document.recipe.mixing
        names = _switched(mixing.solo, name, on)
        self._change(f"Solo {name}", msgspec.structs.replace(mixing, solo=names))

    def _on_mute(self, name: str, on: bool) -> None:
        mixing = self.document.recipe.mixing
        names = _switched(mixing.mute, name, on)
        self._change(f"Mute {name}", msgspec.structs.replace(mixing, mute=names))

    def _on_picture(self, name: str, image: QImage | None) -> None:
        self.head.set_image(name, image)


def groups_of(info: GeneratorInfo) -> tuple[str, ...]:
    """The group of each layer (Karras et al. 2019, section 3.1): to 8 px, to 32 px, beyond.

    StyleGAN3's layers begin at 16 px with a margin around them: thirds of them take their place.
    """
    if info.has_transform:
        return tuple(GROUPS[3 * i // len(info.layers)] for i in range(len(info.layers)))
    sizes = (layer.resolution for layer in info.layers)
    return tuple(GROUPS[0] if s <= 8 else GROUPS[1] if s <= 32 else GROUPS[2] for s in sizes)


def _row(number: int, layer: LayerInfo, group: str) -> tuple[str, str, str]:
    label = "rgb" if "rgb" in layer.name else f"{layer.resolution}"
    return label, group, f"Layer {number + 1}, {layer.name}, {layer.resolution} px"


def _switched(names: tuple[str, ...], name: str, on: bool) -> tuple[str, ...]:
    return tuple(sorted(set(names) | {name} if on else set(names) - {name}))
