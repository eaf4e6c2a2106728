"""The truncation panel: how far from the mean the picture may stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtWidgets import QWidget

from latentstudio.document.recipe import Truncation
from latentstudio.ui.panels.base import NO_GENERATOR, Panel
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

PSI_TIP = """Truncation ψ: how far w stands from the mean w (Karras et al. 2019).
0 is the mean picture, 1 the generator's own, 0.7 a usual trade of variety for quality;
below 0 the opposite, above 1 exaggeration.
Drag (Shift: finer, Alt: past the marks), type, or double-click for 1. On the picture: ↑ ↓"""
CUTOFF_TIP = """Layer cutoff: truncate only the first layers, coarse to fine.
The fine layers keep their full variety of colour and texture."""
NO_MAPPING = (
    "This generator has no mapping network: ψ scales z itself, and no layer can be cut off."
)


class TruncationPanel(Panel):
    """ψ and the layer cutoff."""

    title = "Truncation"
    name = "truncation"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.psi = SliderRow(
            -1.0, 2.0, default=1.0, origin=0.0, marks=(0.0, 0.7, 1.0), labelled=True
        )
        self.psi.setObjectName("truncation.psi")
        self.psi.setToolTip(PSI_TIP)
        self.psi.name("Truncation psi")
        self.cutoff = Combo()
        self.cutoff.setObjectName("truncation.cutoff")
        self.cutoff.setToolTip(CUTOFF_TIP)
        self.cutoff.setAccessibleName("Layer cutoff")
        self.column.addLayout(labelled("ψ", self.psi))
        self.column.addLayout(labelled("Cutoff", self.cutoff))
        self.column.addStretch(1)
        self.psi.edited.connect(self._on_psi)
        self.cutoff.activated.connect(self._on_cutoff)
        self.refresh()

    def show_info(self, info: GeneratorInfo | None) -> None:
        """The cutoff needs layers that can be fed separately."""
        layered = info is not None and info.has_mapping and info.num_layers > 1
        self.psi.setEnabled(info is not None)
        self.cutoff.setEnabled(layered)
        self.cutoff.fill(_cutoffs(info))
        self.say(NO_GENERATOR if info is None else "" if layered else NO_MAPPING)

    def show_recipe(self, recipe: Recipe) -> None:
        """Write ψ and cutoff."""
        self.psi.set_value(recipe.truncation.psi)
        cutoff, info = recipe.truncation.cutoff, self.document.info
        whole = info is None or (cutoff is not None and cutoff >= info.num_layers)
        self.cutoff.choose(None if whole else cutoff)

    def _change(self, truncation: Truncation, merge: str | None = None) -> None:
        recipe = msgspec.structs.replace(self.document.recipe, truncation=truncation)
        self.document.change("Truncation", recipe=recipe, merge=merge)

    def _on_psi(self, psi: float) -> None:
        psi = round(psi, 4)
        now = self.document.recipe.truncation
        self._change(msgspec.structs.replace(now, psi=psi), self.psi.merge())

    def _on_cutoff(self) -> None:
        now = self.document.recipe.truncation
        self._change(msgspec.structs.replace(now, cutoff=self.cutoff.currentData()))


def _cutoffs(info: GeneratorInfo | None) -> list[tuple[str, object]]:
    items: list[tuple[str, object]] = [("All layers", None)]
    if info is not None and info.has_mapping:
        for count in range(info.num_layers - 1, 0, -1):
            layer = info.layers[count - 1]
            items.append((f"First {count}, up to {layer.resolution} px", count))
        items.append(("No layer", 0))
    return items
