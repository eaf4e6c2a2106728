"""The part of the source panel that blends the points A to D."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from latentstudio.document.recipe import POINT_NAMES, Blend, Weight
from latentstudio.ui.widgets.blend_pad import BlendPad
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, ROW, STEP
from latentstudio.ui.widgets.rows import Heading, labelled
from latentstudio.ui.widgets.segmented import Segmented
from latentstudio.ui.widgets.shares import Shares, with_share
from latentstudio.ui.widgets.slider_row import SliderRow

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

MORPHING = "A morph takes the place of the blend; moving a share here ends it."
ON_THE_SPHERE = "Without a mapping network w is z: points are blended on its sphere."
PAD_TIP = """Blend: the nearer a corner, the larger that point's share.
Drag, arrow keys, or A to D and double-click for one point alone.
A hollow handle: shares set by the sliders that no place in the square has."""
SPACES = [
    ("z", "Sphere z", "z: blend on the sphere of the prior, then map (slerp, White 2016)"),
    ("w", "Linear w", "w: blend the mapped points in a straight line (Karras et al. 2019)"),
]


class BlendBox(QWidget):
    """The blend pad, four shares, and the space they are blended in."""

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = studio.document
        self._stroke = ""
        self._shown: Blend | None = None
        self._mapped = True
        self._start: Shares = (1.0, 0.0, 0.0, 0.0)
        self.pad = BlendPad()
        self.pad.setObjectName("source.blend")
        self.pad.setToolTip(PAD_TIP)
        self.pad.setAccessibleName("Blend of A to D")
        self.rows: list[SliderRow] = []
        shares = QVBoxLayout()
        shares.setSpacing(STEP)
        shares.addStretch(1)
        for name in POINT_NAMES:
            row = SliderRow(0, 100, step=1, decimals=0, suffix=" %")
            row.setObjectName(f"blend.{name}")
            row.setToolTip(f"Share of {name}; the others keep their proportions in what is left")
            row.name(f"Share of {name}")
            row.edited.connect(self._on_share)
            label = QLabel(name)
            label.setFixedSize(ROW // 2, ROW)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            line = QHBoxLayout()
            line.setSpacing(STEP)
            line.addWidget(label)
            line.addWidget(row)
            shares.addLayout(line)
            self.rows.append(row)
        shares.addStretch(1)
        self.space = Segmented(SPACES)
        self.space.setObjectName("blend.space")
        self.hint = Hint()
        self.hint.setObjectName("blend.reason")
        both = QHBoxLayout()
        both.setSpacing(GAP)
        both.addWidget(self.pad)
        both.addLayout(shares, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(Heading("Blend"))
        column.addLayout(both)
        column.addLayout(labelled("Space", self.space))
        column.addWidget(self.hint)
        self.pad.blended.connect(self._on_blended)
        self.space.chosen.connect(self._on_space)

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Without a mapping network there is no w to blend in."""
        self._mapped = info is None or info.has_mapping
        self._shown = None
        self.space.setEnabled(self._mapped)
        self.hint.say("" if self._mapped else ON_THE_SPHERE)

    def show_recipe(self, recipe: Recipe) -> None:
        """Write shares and space."""
        if self._mapped:
            self.hint.say("" if recipe.morph is None else MORPHING)
        if recipe.blend is self._shown:
            return
        self._shown = recipe.blend
        shares = shares_of(recipe)
        self.pad.set_shares(shares)
        for row, share in zip(self.rows, shares, strict=True):
            row.set_value(100 * share)
        self.space.choose(recipe.blend.space if self._mapped else "z")

    def _change(self, blend: Blend, merge: str | None = None) -> None:
        recipe = msgspec.structs.replace(self.document.recipe, blend=blend, morph=None)
        self.document.change("Blend", recipe=recipe, merge=merge)

    def _on_blended(self, shares: Shares) -> None:
        merge = self.pad.gesture.merge("source.blend")
        self._change(blend_of(shares, self.document.recipe.blend.space), merge)

    def _on_share(self, percent: float) -> None:
        row = cast("SliderRow", self.sender())
        merge = row.merge()
        if merge != self._stroke:
            # Proportions as they were when the stroke began: a share that goes to 100 % and
            # back in one stroke gives the others back what they had.
            self._stroke = merge
            self._start = shares_of(self.document.recipe)
        shares = with_share(self._start, self.rows.index(row), percent / 100)
        self._change(blend_of(shares, self.document.recipe.blend.space), merge)

    def _on_space(self, space: str) -> None:
        blend = self.document.recipe.blend
        self._change(msgspec.structs.replace(blend, space=space))


def shares_of(recipe: Recipe) -> Shares:
    """The normalised shares of A to D."""
    a, b, c, d = (recipe.blend.share(name) for name in POINT_NAMES)
    return a, b, c, d


def blend_of(shares: Shares, space: str) -> Blend:
    """The blend with these shares; points without a share are not named."""
    rounded = [round(share, 6) for share in shares]
    weights = tuple(
        Weight(name, share) for name, share in zip(POINT_NAMES, rounded, strict=True) if share > 0
    )
    return Blend(weights, "z" if space == "z" else "w")
