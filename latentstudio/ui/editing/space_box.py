"""How an edit by gradient moves: in which space, on which layers, and how likely it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentstudio.ui.editing.layer_range import LayerRange, stretches
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.metrics import GAP
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.segmented import Segmented
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.engine.editing.values import Space
    from latentstudio.generators.info import GeneratorInfo

SPACES = [
    ("z", "z", "Before the mapping: stays where the generator was trained, but moves more along"),
    ("w", "w", "After the mapping, the same on all chosen layers: attributes lie apart there"),
    ("w+", "w of layers", "Each of the chosen layers for itself: the freest, and the least tied"),
]
NO_MAPPING = "This generator has no mapping network: z is all there is to move."
LAYERS_TIP = """Layers that the edit reaches, coarse to fine: shapes live in the coarse ones,
colours in the fine ones. Drag over the cells, ← → move the stretch, Shift + ← → its end"""
LIKELY_TIP = """Stay likely: how strongly the point is drawn to where the generator is good (by its
norm in z, by its Mahalanobis distance in w). 0 goes anywhere; more keeps the picture plausible,
and may keep it from the goal. Double-click for 1"""


class SpaceBox(QWidget):
    """Choosers for what is no part of the recipe; the next run takes them up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spaces = Segmented(SPACES)
        self.spaces.setObjectName("edit.space")
        self.spaces.choose("w+")
        self.stretch = Combo()
        self.stretch.setObjectName("edit.layers")
        self.stretch.setAccessibleName("Layers that the edit reaches")
        self.stretch.setToolTip(LAYERS_TIP)
        self.cells = LayerRange()
        self.cells.setObjectName("edit.cells")
        self.cells.setAccessibleName("Layers that the edit reaches")
        self.cells.setToolTip(LAYERS_TIP)
        self.prior = SliderRow(0.0, 4.0, step=0.05, default=1.0, origin=0.0, marks=(0.0, 1.0, 2.0))
        self.prior.setObjectName("edit.likely")
        self.prior.setToolTip(LIKELY_TIP)
        self.prior.name("Stay likely")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(labelled("Moves", self.spaces))
        column.addLayout(labelled("Layers", self.stretch))
        column.addLayout(labelled("", self.cells))
        column.addLayout(labelled("Likely", self.prior))
        self.spaces.chosen.connect(self._on_space)
        self.stretch.activated.connect(self._on_stretch)
        self.cells.edited.connect(self._on_cells)

    @property
    def space(self) -> Space:
        """What is displaced."""
        return cast("Space", self.spaces.choice())

    @property
    def layers(self) -> tuple[int, int | None]:
        """First layer and stop; None for all from there on."""
        first, stop = self.cells.chosen()
        count = len(self._layers)
        return (0, None) if self.space == "z" else (first, None if stop == count else stop)

    @property
    def likely(self) -> float:
        """Weight of the prior."""
        return self.prior.value()

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Offer what the generator has."""
        mapping = info is not None and info.has_mapping
        for (key, _, tip), button in zip(SPACES, self.spaces.buttons.values(), strict=True):
            able = info is not None and (mapping or key == "z")
            button.setEnabled(able)
            button.setToolTip(tip if able or info is None else NO_MAPPING)
        self.spaces.choose("w+" if mapping else "z")  # where edits leak least
        self._layers = info.layers if info is not None and mapping else ()
        self.cells.set_layers(self._layers)
        self._stretches = stretches(info if mapping else None)
        self.stretch.fill([(words, i) for i, (words, _) in enumerate(self._stretches)])
        self.stretch.choose(0)
        self.prior.setEnabled(info is not None)
        self._on_space()

    def _on_space(self, _space: str = "") -> None:
        able = bool(self._layers) and self.space != "z"
        self.cells.setEnabled(able)
        self.stretch.setEnabled(able)

    def _on_stretch(self) -> None:
        self.cells.show_range(*self._stretches[self.stretch.currentIndex()][1])

    def _on_cells(self, first: int, stop: int) -> None:
        usual = [layers for _, layers in self._stretches]
        self.stretch.choose(usual.index((first, stop)) if (first, stop) in usual else None)
