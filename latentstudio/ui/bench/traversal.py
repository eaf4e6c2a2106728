"""The traversal page: an axis, and what happens to some pictures along it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from latentstudio.document.recipe import RecipeError
from latentstudio.ui.bench.axes import amounts_of, open_axis, save_sheet, starts, way_of
from latentstudio.ui.bench.run import lane_of
from latentstudio.ui.bench.traversal_grid import TraversalGrid
from latentstudio.ui.news import News
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.field import NumberField
from latentstudio.ui.widgets.glyph import GlyphButton
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import FIELD, GAP, ROW, STEP
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.export.traversal_ways import Way
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

SEEDS = 5  # rows beside the present picture
KINDS = {
    "z": ("Coordinate of z", "One number of z alone"),
    "pca": ("Principal component", "Of w, the strongest first (GANSpace)"),
    "sefa": ("SeFa", "What the weights themselves amplify most (closed-form factorisation)"),
    "slider": ("Slider", "A direction of the library"),
}
NO_SLIDERS = "There are no sliders for this generator yet: make one in the Sliders panel."


class TraversalPage(QWidget):
    """Rows are the present picture and some seeds.

    Signals
    -------
    told(str)
        How it went with a file, in a sentence.
    """

    told = Signal(str)

    def __init__(self, context: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context, self.document, self.library = context, context.document, context.library
        self._news = News(self)
        self._tell = self._news.hear(self._on_news)
        self._lane = lane_of("bench axis", context.study, self._tell)
        self._files = lane_of("bench sheet", context.study, self._tell)
        self._way: Way | None = None
        self._asked = ("", "")  # checkpoint and axis that the way is, or will be, of
        self._seeking = False  # the way of another axis: the last pictures stay until then
        self._first = 1  # of the seeds: 0 is mostly the present picture
        # Tests answer here instead of in a modal dialog.
        self.ask: Callable[[str, str, str], str] = self._ask
        self.kind, self.slider = Combo(), Combo()
        self.number = NumberField(0, 0, step=1, decimals=0)
        self.seeds = GlyphButton("next", "Other seeds")
        self.sheet = QPushButton("Sheet…")
        self.sheet.setToolTip("These pictures as one PNG that carries their recipes")
        self.grid = TraversalGrid(context.thumbnails)
        self.words = Hint()
        self._arrange()
        self.kind.activated.connect(self._on_kind)
        self.slider.activated.connect(self.refresh)
        self.number.edited.connect(self.refresh)
        self.seeds.clicked.connect(self._on_seeds)
        self.sheet.clicked.connect(self._on_sheet)
        self.grid.taken.connect(self._on_taken)
        self.document.recipe_changed.connect(self._on_recipe)
        self.document.info_changed.connect(self._on_info)
        self.library.changed.connect(self.refresh)
        self._on_info(self.document.info)

    def _arrange(self) -> None:
        for widget, name, words in (
            (self.kind, "kind", "Kind of axis"),
            (self.slider, "slider", "Slider"),
            (self.number, "number", "Number of the axis"),
            (self.seeds, "seeds", "Other seeds"),
            (self.sheet, "sheet", "Export sheet"),
            (self.words, "words", "Axis"),
        ):
            widget.setObjectName(f"bench.traversal.{name}")
            widget.setAccessibleName(words)
        self.kind.setMinimumContentsLength(17)
        self.slider.setMinimumContentsLength(14)
        self.number.setFixedWidth(FIELD)
        self.sheet.setFixedHeight(ROW)
        self.words.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout()
        row.setSpacing(STEP)
        row.addWidget(self.kind)
        row.addWidget(self.number)
        row.addWidget(self.slider)
        row.addSpacing(GAP)
        row.addWidget(self.words, 1)
        row.addWidget(self.seeds)
        row.addWidget(self.sheet)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(row)
        column.addWidget(self.grid, 1)

    # -- what it shows -------------------------------------------------------------------

    def axis(self) -> str:
        """The chosen axis: ``z:5``, ``pca:0``, ``sefa:0``, or a slider's key; "" for none."""
        if self.kind.currentData() == "slider":
            return str(self.slider.currentData() or "")
        return f"{self.kind.currentData()}:{round(self.number.value())}"

    def refresh(self) -> None:
        """Open the axis that is chosen now, unless it is open, and show it to whoever looks."""
        if not self.isVisible():
            return
        checkpoint = self.document.recipe.checkpoint
        sliders = self.library.of(checkpoint) if checkpoint else ()
        self.slider.fill([(direction.name, direction.key) for direction in sliders])
        wanted = checkpoint, self.axis()
        if wanted != self._asked:
            same = checkpoint == self._asked[0]
            self._asked, self._way, self._seeking = wanted, None, False
            self._lane.cancel()
            direction = self.library.get(wanted[1])
            if direction is not None:
                self._way = way_of(direction)
            elif checkpoint and ":" in wanted[1]:
                self._seeking = same
                self.words.say("Looking for the axis…")
                self._lane.order(partial(open_axis, checkpoint=checkpoint, words=wanted[1]))
            else:
                self.words.say(NO_SLIDERS if checkpoint else "")
        self._show()

    def stop(self) -> None:
        """End the threads (the window is going)."""
        self._news.close()
        self.document.recipe_changed.disconnect(self._on_recipe)
        self.document.info_changed.disconnect(self._on_info)
        self.grid.stop()
        self._lane.stop()
        self._files.stop()

    def _show(self) -> None:
        way = self._way
        self.grid.setEnabled(way is not None)
        if self._seeking:
            return
        recipes: tuple[Recipe, ...] = ()
        seeds = range(self._first, self._first + SEEDS)
        amounts = amounts_of(way) if way is not None else ()
        if way is not None:
            try:
                rows = starts(self.document.recipe, seeds)
                recipes = tuple(way.at(row, amount) for row in rows for amount in amounts)
                self.words.say(f"In {way.unit}.")
            except RecipeError as error:  # a slider that has no room in this recipe
                self.words.say(sentence(error))
        names = ("Present", *(f"Seed {seed}" for seed in seeds)) if recipes else ()
        self.grid.show_pictures(names, amounts, recipes)
        self.sheet.setEnabled(bool(recipes))

    # -- news ----------------------------------------------------------------------------

    def _on_news(self, kind: str, *values: Any) -> None:
        if kind == "way" and values[0] == self._asked[1]:
            self._way, self._seeking = values[1], False
            self._show()
        elif kind == "saved":
            self.told.emit(f"{values[0].name} is written.")
        elif kind == "error":
            self._seeking = False
            self._show()
            self.words.say(sentence(str(values[0])))

    def _on_info(self, info: GeneratorInfo | None) -> None:
        """Offer the axes that the generator has."""
        has_w = info is None or info.has_mapping
        self.kind.fill([(words, k) for k, (words, _) in KINDS.items() if k != "pca" or has_w])
        self._on_kind()

    def _on_kind(self) -> None:
        kind, info = self.kind.currentData(), self.document.info
        self.kind.setToolTip(KINDS[kind][1])
        self.number.setVisible(kind != "slider")
        self.slider.setVisible(kind == "slider")
        if info is not None:
            last = (info.z_dim if kind == "z" or not info.has_mapping else info.w_dim) - 1
            self.number.set_limits(0, last)
            self.number.set_amount(min(self.number.value(), last))
        self.refresh()

    def _on_recipe(self, recipe: Recipe) -> None:
        if recipe.checkpoint != self._asked[0]:
            self.refresh()
        elif self.isVisible():
            self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        super().showEvent(event)
        self.refresh()

    # -- the hand ------------------------------------------------------------------------

    def _on_seeds(self) -> None:
        self._first += SEEDS
        self._show()

    def _on_taken(self, recipe: Recipe) -> None:
        self.document.change("Traversal", recipe=recipe)

    def _on_sheet(self) -> None:
        proposal = f"traversal-{self.axis().replace(':', '-')}.png"
        name = self.ask("Export sheet", proposal, "Picture (*.png)")
        if name and self._way is not None:
            path = Path(name)
            path = path if path.suffix else path.with_suffix(".png")
            columns = len(amounts_of(self._way))
            self._files.order(save_sheet(path, self.grid.recipes(), columns))

    def _ask(self, words: str, proposal: str, what: str) -> str:
        return QFileDialog.getSaveFileName(self.window(), words, proposal, what)[0]
