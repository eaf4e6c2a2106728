"""The samples wall: everything that is being measured, as pictures in a window of its own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from latentstudio.document.document import Kept
from latentstudio.ui.describe import DOT
from latentstudio.ui.directions.maker import Workshop
from latentstudio.ui.directions.questions import GroupsQuestion
from latentstudio.ui.samples.groups import SIDES, Example, Groups
from latentstudio.ui.samples.order import Arrangement, Order, arrange
from latentstudio.ui.samples.order_bar import OrderBar
from latentstudio.ui.samples.sample_menu import SampleMenu
from latentstudio.ui.samples.source import attributes_of, sampling_words
from latentstudio.ui.samples.tiles import scaled
from latentstudio.ui.samples.tray import TrayBar
from latentstudio.ui.samples.wall_view import LARGEST, SMALLEST, WallView
from latentstudio.ui.samples.worker import Worker
from latentstudio.ui.scaling import to_png
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, MARGIN
from latentstudio.ui.widgets.rows import Heading
from latentstudio.ui.widgets.slider import Slider
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext
    from latentstudio.ui.samples.source import Numbers

WAITING = "Samples appear here as soon as the first are measured."
NONE_SO = "None of the samples measured so far is like that."
SORTS = {"more": "more", "less": "less", "out": ""}  # deeds of the menu
FOREIGN = "These samples are of another generator; the wall shows this one's in a moment."


class SamplesWall(QWidget):
    """A scrolling grid of the current sampling, sorted by what a person wants to see.

    Shown, it has samples measured (:meth:`Numbers.follow_visibility`); hidden, it does nothing.
    """

    def __init__(self, context: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("samples")
        self.setWindowTitle("Samples wall")
        self.context, self.document = context, context.document
        self.numbers: Numbers = context.numbers
        self._worker = Worker(self)
        self._newest: Arrangement | None = None
        self.heading = Heading("Samples")
        self.heading.setContentsMargins(0, 0, 0, 0)
        self.facts = Hint()
        self.facts.setObjectName("samples.facts")
        self.facts.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.order = OrderBar()
        self.tile_size = Slider(SMALLEST, LARGEST, step=8, default=96)
        self.tile_size.setObjectName("samples.size")
        self.tile_size.setToolTip("Size of the tiles (Ctrl + wheel on the wall)")
        self.tile_size.setAccessibleName("Size of the tiles")
        self.tile_size.setFixedWidth(160)
        self.view = WallView()
        self.view.setObjectName("samples.wall")
        self.view.hide()
        self.groups = Groups(self)
        self.view.tiles.groups = self.groups
        self.tray = TrayBar(self.groups, self.document)
        self.workshop = Workshop(context, self)
        self.empty = Hint(WAITING)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.menu = SampleMenu(self)
        self._arrange_widgets()
        self._connect()
        self.resize(1080, 760)
        self.show_info(self.document.info)
        self.numbers.follow_visibility(self)

    def _arrange_widgets(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(MARGIN)
        top.addWidget(self.heading)
        top.addWidget(self.facts, 1)
        top.addWidget(self.tile_size)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, GAP, MARGIN, 0)
        column.setSpacing(GAP)
        column.addLayout(top)
        column.addWidget(self.order)
        column.addWidget(self.empty, 1)
        column.addWidget(self.view, 1)
        column.addWidget(self.tray)

    def _connect(self) -> None:
        self.numbers.samples_changed.connect(self._on_samples)
        self.document.info_changed.connect(self.show_info)
        self.order.changed.connect(self._on_order)
        self.tile_size.edited.connect(self._on_size)
        self.view.zoomed.connect(self.tile_size.set_amount)
        self.view.zoomed.connect(self.view.set_side)
        self.view.taken.connect(self.send)
        self.view.asked.connect(self._on_asked)
        self.menu.wanted.connect(self._on_wanted)
        self.view.left.connect(self._on_left)
        self.view.sorted_to.connect(self.sort)
        self.groups.changed.connect(self._on_groups)
        self.tray.make.connect(self.make_slider)
        for key, slot in (
            (QKeySequence.StandardKey.Undo, self.document.undo),
            (QKeySequence.StandardKey.Redo, self.document.redo),
            (Qt.Key.Key_Escape, self.close),
        ):
            QShortcut(QKeySequence(key), self, slot)

    # -- what hangs there ----------------------------------------------------------------

    def refresh(self, soon: bool = False) -> None:
        """Arrange the newest samples, away from the window."""
        samples = self.numbers.samples()
        self.order.set_attributes(attributes_of(self.numbers))
        if self.isVisible() and samples is not None:
            work = partial(arrange, samples, self.order.order)
            self._worker.ask(work, self._on_arranged, soon=soon)

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Learn how many layers a sample's recipe may speak of."""
        self.view.wall.num_layers = info.num_layers if info is not None else 1
        self.tray.refresh()

    def chosen(self) -> list[int]:
        """Numbers of the chosen samples: examples of "more" or "less" of something."""
        return self.view.chosen()

    def stop(self) -> None:
        """Wait for what is being arranged (the window is going)."""
        self._worker.stop()
        self.workshop.stop()

    def _on_arranged(self, result: Arrangement | Exception) -> None:
        if isinstance(result, Exception):
            self.facts.say(sentence(result))
            return
        if result.order != self.order.order:
            return  # the one that is wanted is on its way
        self._newest = result
        shown = self.view.wall.arrangement
        if shown is not None and shown.order == result.order and self.view.under_hand():
            result = result.after(shown.rows)
        self._hang(result)

    def _hang(self, arrangement: Arrangement) -> None:
        self.view.show_arrangement(arrangement)
        samples, few = arrangement.samples, len(arrangement.rows)
        self.view.setVisible(few > 0)
        self.empty.say("" if few else NONE_SO)
        some = f"{few:,} of " if few < samples.n else ""
        parts = [
            sampling_words(samples.sampling, self.document.info),
            f"{some}{samples.n:,} samples",
        ]
        if self.numbers.features is not None:
            parts.append(f"{self.numbers.features.name} features")
        self.facts.say(DOT.join(parts))

    def _on_samples(self) -> None:
        self.refresh()

    def _on_groups(self) -> None:
        self.view.viewport().update()

    def _on_left(self) -> None:
        if self._newest is not None and self._newest.order == self.order.order:
            self._hang(self._newest)

    # -- what the person does ------------------------------------------------------------

    def send(self, number: int) -> None:
        """Show a sample in the studio (undoable)."""
        recipe = self._recipe(number)
        if recipe is not None:
            self.document.change(f"Sample {number}", recipe=recipe)

    def keep(self, numbers: list[int]) -> None:
        """Put samples into the gallery, in one undoable step."""
        arrangement = self.view.wall.arrangement
        kept = []
        for number in numbers:
            recipe = self._recipe(number)
            if recipe is None or arrangement is None:
                return
            pixels = arrangement.samples.thumbs[number]
            kept.append(Kept(recipe, to_png(scaled(pixels, len(pixels))), f"Sample {number}"))
        gallery = (*self.document.gallery, *kept)
        self.document.change("Keep samples" if len(kept) > 1 else "Keep", gallery=gallery)

    def set_point(self, name: str, number: int) -> None:
        """Make a sample's point the document's point ``name`` (undoable)."""
        recipe = self._recipe(number)
        if recipe is not None:
            point = msgspec.structs.replace(recipe.point("A"), name=name)
            changed = self.document.recipe.with_point(point)
            self.document.change(f"Sample {number} as {name}", recipe=changed)

    def sort(self, side: str, numbers: list[int]) -> None:
        """Put samples to those with ``more`` or ``less`` of something; "" takes them out."""
        arrangement = self.view.wall.arrangement
        if arrangement is None:
            return
        samples, examples = arrangement.samples, []
        for known in SIDES:
            for number in numbers if known == side else ():
                recipe = self._recipe(number)
                if recipe is None:
                    return
                pixels = samples.thumbs[number]
                examples.append(Example(samples.sampling, number, known, recipe, pixels))
        if side:
            self.groups.put(examples)
        else:
            self.groups.take(samples.sampling, numbers)

    def make_slider(self) -> None:
        """Fit a direction from what was sorted."""
        checkpoint = self.document.recipe.checkpoint
        more, less = ([e.recipe for e in self.groups.of(checkpoint, side)] for side in SIDES)
        self.workshop.begin(GroupsQuestion(tuple(more), tuple(less)), "Make a slider")

    def _recipe(self, number: int) -> Recipe | None:
        recipe = self.view.wall.recipe(number)
        if recipe.checkpoint == self.document.recipe.checkpoint:
            return recipe
        self.context.tell(FOREIGN)
        return None

    def _on_wanted(self, deed: str) -> None:
        chosen = self.chosen()
        if deed == "keep":
            self.keep(chosen)
        elif deed == "copy":
            arrangement = self.view.wall.arrangement
            assert arrangement is not None
            seeds = arrangement.samples.draws.seeds[chosen]
            QGuiApplication.clipboard().setText(" ".join(str(seed) for seed in seeds))
        elif deed in SORTS:
            self.sort(SORTS[deed], chosen)
        elif chosen:
            self.send(chosen[0]) if deed == "show" else self.set_point(deed, chosen[0])

    def _on_asked(self, where: QPoint) -> None:
        self.menu.set_count(len(self.chosen()))
        self.menu.popup(where)

    def _on_order(self, _order: Order) -> None:
        self.refresh(soon=True)

    def _on_size(self, side: float) -> None:
        self.view.set_side(round(side))

    # -- on the screen or not ------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody waits any more."""
        self._worker.forget()
        super().hideEvent(event)
