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
PSI_TIP_Z = """Truncation ψ: a factor on z, which this generator takes as it is.
0 is the centre of the prior, 1 the generator's own, below 0 the opposite point.
Drag (Shift: finer, Alt: past the marks), type, or double-click for 1. On the picture: ↑ ↓"""
CUTOFF_TIP = """Layer cutoff: truncate only the first layers, coarse to fine.
The fine layers keep their full variety of colour and texture."""
NO_MAPPING = "No mapping network: ψ scales z itself, and there are no layers to cut off."
# Where a scaled z is not just a smaller one.
SCALED = {
    "progan": "No mapping network: ψ scales z, which pixelwise normalisation evens out except near"
    " 0 and below. No layers to cut off."
}


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
        self.psi.name("Truncation psi")
        self.cutoff = Combo()
        self.cutoff.setObjectName("truncation.cutoff")
        self.cutoff.setToolTip(CUTOFF_TIP)
        self.cutoff.setAccessibleName("Layer cutoff")
        self._cutoff_row = QWidget()
        self._cutoff_row.setLayout(labelled("Cutoff", self.cutoff))
        self.column.addLayout(labelled("ψ", self.psi))
        # The reason stands where the cutoff would: the panel is low.
        self.column.addWidget(self.reason)
        self.column.addWidget(self._cutoff_row)
        self.column.addStretch(1)
        self.psi.edited.connect(self._on_psi)
        self.cutoff.activated.connect(self._on_cutoff)
        self.refresh()

    def show_info(self, info: GeneratorInfo | None) -> None:
        """The cutoff needs layers that can be fed separately."""
        layered = info is not None and info.has_mapping and info.num_layers > 1
        self._layered = layered
        self.psi.setEnabled(info is not None)
        self.psi.setToolTip(PSI_TIP if info is None or info.has_mapping else PSI_TIP_Z)
        self.cutoff.fill(_cutoffs(info))
        if info is None or layered:
            self.say(NO_GENERATOR if info is None else "")
        else:
            self.say(SCALED.get(info.family, NO_MAPPING))

    def show_recipe(self, recipe: Recipe) -> None:
        """Write ψ and cutoff."""
        self.psi.set_value(recipe.truncation.psi)
        cutoff, info = recipe.truncation.cutoff, self.document.info
        whole = info is None or (cutoff is not None and cutoff >= info.num_layers)
        self.cutoff.choose(None if whole else cutoff)
        # A recipe from elsewhere may cut off the only row, which leaves ψ without effect.
        able = self._layered or (info is not None and cutoff == 0)
        self.cutoff.setEnabled(able)
        self._cutoff_row.setVisible(able or info is None)

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
    if info is None:
        return items
    if info.has_mapping:
        for count in range(info.num_layers - 1, 0, -1):
            layer = info.layers[count - 1]
            # StyleGAN3's sizes, with their margins, neither grow steadily nor name a layer.
            last = layer.name if info.has_transform else f"{layer.resolution} px"
            items.append((f"First {count}, up to {last}", count))
    return [*items, ("No layer", 0)]
