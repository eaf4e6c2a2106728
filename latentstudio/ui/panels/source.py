"""The source panel: the points A to D, where they start, move and blend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from latentstudio.document.recipe import POINT_NAMES, Point, Seed
from latentstudio.ui.describe import base_words, fit_recipe
from latentstudio.ui.panels.base import NO_GENERATOR, Panel
from latentstudio.ui.panels.point_pictures import PointPictures
from latentstudio.ui.panels.source_blend import BlendBox
from latentstudio.ui.panels.source_move import MoveBox
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.metrics import STEP
from latentstudio.ui.widgets.point_button import PointButton
from latentstudio.ui.widgets.recipe_mime import loudest
from latentstudio.ui.widgets.rows import labelled
from latentstudio.ui.widgets.seed_row import SeedRow

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

SEED_TIP = """Seed: the number from which the active point's z is drawn; the same number,
the same picture, on every machine. A new seed starts without moves.
On the picture: ← → step, R throws the dice"""


class SourcePanel(Panel):
    """Choose a point, its seed and class, move it, blend it with the others."""

    title = "Source"
    name = "source"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.points: dict[str, PointButton] = {}
        self._group = QButtonGroup(self)
        faces = QHBoxLayout()
        faces.setSpacing(STEP)
        for number, name in enumerate(POINT_NAMES):
            button = PointButton(name)
            button.setObjectName(f"source.point.{name}")
            button.setToolTip(
                f"Point {name}: click to show it and to move it ({number + 1}).\n"
                "Drop a kept point here to take it over. The bar is its share in the blend"
            )
            button.dropped.connect(self._on_dropped)
            self._group.addButton(button, number)
            self.points[name] = button
            faces.addWidget(button, 1)
        self.seed = SeedRow()
        self.seed.setObjectName("source.seed")
        self.seed.field.setToolTip(SEED_TIP)
        self.seed.field.setAccessibleName("Seed")
        self.label = Combo()
        self.label.setObjectName("source.label")
        self.label.setToolTip("Class: what the picture shall show, as the checkpoint was trained")
        self.label.setAccessibleName("Class")
        self._label_row = QWidget()
        labels = QVBoxLayout(self._label_row)
        labels.setContentsMargins(0, 0, 0, 0)
        labels.addLayout(labelled("Class", self.label))
        self.move_box = MoveBox(studio)
        self.blend_box = BlendBox(studio)

        self.column.addLayout(faces)
        self.column.addLayout(labelled("Seed", self.seed))
        self.column.addWidget(self._label_row)
        self.column.addWidget(self.move_box)
        self.column.addWidget(self.blend_box)
        self.column.addStretch(1)

        self._group.idClicked.connect(self._on_point)
        self.seed.edited.connect(self._on_seed)
        self.label.activated.connect(self._on_label)
        self.pictures = PointPictures(studio, self)
        self.pictures.changed.connect(self._on_picture)
        self.refresh()
        self.pictures.fetch()

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Classes and axes are the generator's; without one there is nothing to move."""
        for widget in (*self.points.values(), self.seed, self.move_box, self.blend_box):
            widget.setEnabled(info is not None)
        count = info.num_classes if info is not None else 0
        names = info.labels if info is not None and len(info.labels) == count else ()
        self.label.fill([(names[i] if names else f"Class {i}", i) for i in range(count)])
        self._label_row.setVisible(count > 0)
        self.move_box.show_info(info)
        self.blend_box.show_info(info)
        self.say(NO_GENERATOR if info is None else "")

    def show_active(self, name: str) -> None:
        """Write which point the hand moves."""
        self.points[name].setChecked(True)
        self.show_recipe(self.document.recipe)

    def show_recipe(self, recipe: Recipe) -> None:
        """Write seed, class, moves and blend."""
        active = self.document.active
        base = recipe.point(active).base
        if isinstance(base, Seed):
            self.seed.set_value(base.value)
        else:
            self.seed.set_value(None, base_words(base))
        self.label.choose(recipe.label or 0)  # none chosen: the first is drawn
        for name, button in self.points.items():
            button.set_share(recipe.blend.share(name))
        self.move_box.show_recipe(recipe, active)
        self.blend_box.show_recipe(recipe)

    def _on_point(self, number: int) -> None:
        name = POINT_NAMES[number]
        recipe = self.document.recipe.showing(name)
        self.document.change(f"Show {name}", recipe=recipe, active=name)

    def _on_seed(self, seed: int) -> None:
        name = self.document.active
        recipe = self.document.recipe.with_point(Point(name, Seed(seed)))
        self.document.change(f"Seed of {name}", recipe=recipe, merge=self.seed.merge())

    def _on_label(self) -> None:
        recipe, label = self.document.recipe, self.label.currentData()
        if label != (recipe.label or 0):
            self.document.change("Class", recipe=msgspec.structs.replace(recipe, label=label))

    def _on_dropped(self, name: str, kept: Recipe) -> None:
        """Take over the point that a kept picture mostly shows."""
        point, info = loudest(kept), self.document.info
        moved = msgspec.structs.replace(point, name=name)
        recipe = self.document.recipe.with_point(moved)
        if info is not None and fit_recipe(recipe, info)[0].points != recipe.points:
            self.studio.tell(
                "The dropped point was kept with another generator and does not exist in this one:"
                " open its checkpoint first."
            )
            return
        self.document.change(f"Drop on {name}", recipe=recipe)

    def _on_picture(self, name: str, image: QImage | None) -> None:
        self.points[name].set_image(image)
