"""The sliders panel: directions of one's own, eight in front, the others searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from latentstudio.ui.directions.also import AlsoApplied, applied
from latentstudio.ui.directions.deeds import Deeds
from latentstudio.ui.directions.details import Details
from latentstudio.ui.directions.layers import Layers, ask_range
from latentstudio.ui.directions.maker import Workshop
from latentstudio.ui.directions.menu import DirectionMenu
from latentstudio.ui.directions.new_menu import NewMenu, question_of
from latentstudio.ui.directions.search import SearchField
from latentstudio.ui.directions.slider import DirectionSlider
from latentstudio.ui.directions.words import leak_bars
from latentstudio.ui.editing.leaks import worst
from latentstudio.ui.editing.model import without
from latentstudio.ui.panels.base import NO_GENERATOR, Panel
from latentstudio.ui.widgets.metrics import ROW, STEP

if TYPE_CHECKING:
    from latentstudio.document.direction import Direction
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.values import Leakage
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

MEASURING = "Measuring over the generator's pictures…"
EMPTY = (
    "No sliders yet for this generator. Make one of what you see: sort a few dozen pictures of the"
    " samples wall into more and less. New has other ways."
)


class SlidersPanel(Panel):
    """Sliders over directions.

    Signals
    -------
    wall_wanted()
        The hand wants to make a slider from examples: the window shows the samples wall.
    """

    title = "Sliders"
    name = "sliders"
    wall_wanted = Signal()

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.library = studio.library
        self.deeds = Deeds(studio, self)
        self.workshop = Workshop(studio, self)
        self.sliders: dict[str, DirectionSlider] = {}
        self.ways = NewMenu(self)
        self.new = QPushButton("New")
        self.new.setObjectName("sliders.new")
        self.new.setToolTip("Make another slider")
        self.new.setFixedHeight(ROW)
        self.new.setMenu(self.ways)
        self.search = SearchField(self.new)
        self.back = QPushButton()
        self.back.setObjectName("sliders.undelete")
        self.back.hide()
        self.also = AlsoApplied()
        self.details = Details(studio.thumbnails)
        self.menu = DirectionMenu(self)
        self._checkpoint: str | None = None  # of the sliders that hang here
        self._used = ""  # key of the slider used last
        self._asked = ""  # key of the slider whose menu is open
        self._removed: Direction | None = None
        self._arrange()
        self._connect()
        self.refresh()

    def _arrange(self) -> None:
        self._front = QVBoxLayout()
        self._front.setSpacing(STEP)
        self.column.insertWidget(0, self.search)
        self.column.addLayout(self._front)
        for widget in (self.back, self.also, self.details):
            self.column.addWidget(widget)
        self.column.addStretch(1)

    def _connect(self) -> None:
        self.library.changed.connect(self._on_library)
        self.search.wanted.connect(self._on_wanted)
        self.ways.wanted.connect(self.begin)
        self.back.clicked.connect(self._on_back)
        self.also.removed.connect(self._on_also_removed)
        self.also.wanted.connect(self._on_wanted)
        self.details.taken.connect(self._on_taken)
        self.details.measure.connect(self._on_measure)
        self.details.hold.connect(self._on_hold)
        self.menu.wanted.connect(self._on_deed)
        self.menu.layers_wanted.connect(self._on_layers)
        self.deeds.removed.connect(self._on_removed)
        self.deeds.imported.connect(self._on_new)
        self.deeds.refitted.connect(self._on_refitted)
        self.workshop.saved.connect(self._on_new)
        self.studio.editing.leaked.connect(self._on_leaked)

    # -- what it shows -------------------------------------------------------------------

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Other generators have other sliders, and other ways to them."""
        self.ways.show_info(info)
        self._hang()

    def show_recipe(self, recipe: Recipe) -> None:
        """Write the amounts, and what else the recipe holds."""
        if recipe.checkpoint != self._checkpoint:
            self._hang()
        held, info = applied(recipe), self.document.info
        for key, slider in self.sliders.items():
            amount = slider.direction.amount(recipe) if key in held else 0.0
            slider.show_recipe(recipe, info, amount)
        self.also.show_recipe(recipe, self.sliders)
        spoken = self.sliders.get(self._used)
        self.details.show_direction(spoken.direction if spoken is not None else None, recipe)

    def begin(self, way: str) -> None:
        """Make a slider, in one of the ways of the New menu."""
        if way == "wall":
            self.wall_wanted.emit()
        elif way == "file":
            self.deeds.import_file()
        else:
            words = self.ways.ways[way].text().replace("&", "").rstrip("…")
            self.workshop.begin(question_of(way, self.document), f"New slider: {words}")

    def speak_of(self, key: str) -> None:
        """Show filmstrip and leakage of a slider in front."""
        self._used = key
        self.show_recipe(self.document.recipe)

    def stop(self) -> None:
        """Ask for nothing more (the window is going)."""
        self.details.strip.stop()
        self.workshop.stop()

    def _hang(self) -> None:
        """Hang up the sliders of the open checkpoint; those that stay are left as they are."""
        checkpoint = self._checkpoint = self.document.recipe.checkpoint
        there = self.document.info is not None and bool(checkpoint)
        known = {d.key: d for d in self.library.of(checkpoint)} if there else {}
        front = self.library.front(checkpoint) if there else ()
        for key in set(self.sliders) - set(front):
            gone = self.sliders.pop(key)
            self._front.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for place, key in enumerate(front):
            slider = self.sliders.get(key)
            if slider is None:
                slider = self.sliders[key] = DirectionSlider(known[key], key)
                slider.edited.connect(self._on_edited)
                slider.used.connect(self._on_used)
                slider.asked.connect(self._on_asked)
            elif slider.direction != known[key]:
                slider.show_direction(known[key])
            self._front.insertWidget(place, slider)
        self.search.show_directions([d for k, d in known.items() if k not in front], len(front))
        self.say("" if known else EMPTY if there else NO_GENERATOR)

    def _on_library(self) -> None:
        self._hang()
        self.show_recipe(self.document.recipe)

    # -- the hand on a slider ------------------------------------------------------------

    def _slider(self) -> DirectionSlider:
        """The one that sends the signal."""
        slider = self.sender()
        assert isinstance(slider, DirectionSlider)
        return slider

    def _on_edited(self, amount: float) -> None:
        slider = self._slider()
        self.deeds.set_amount(slider.direction, amount, slider.row.merge())

    def _on_used(self) -> None:
        key = self._slider().key
        if key != self._used:
            self.speak_of(key)

    def _on_asked(self, where: QPoint) -> None:
        slider = self._slider()
        self.show_menu(slider.key)
        self.menu.popup(where)

    def show_menu(self, key: str) -> None:
        """Fit the menu to a slider in front."""
        self._asked = key
        direction = self.sliders[key].direction
        layers = direction.layers_in(self.document.recipe)
        most = worst(leak_bars(direction))
        name = most.attribute if most is not None else ""
        self.menu.show_direction(direction, layers, self.document.info, name)

    def _on_deed(self, deed: str) -> None:
        slider = self.sliders.get(self._asked)
        if slider is None:  # it went while the menu was open
            return
        direction = slider.direction
        deeds = {"rename": self.deeds.rename, "export": self.deeds.export_file,
                 "delete": self.deeds.delete}  # fmt: skip
        if deed in deeds:
            deeds[deed](direction)
        elif deed == "back":
            self.library.send_back(slider.key)
        elif deed == "range":
            now = direction.layers_in(self.document.recipe)
            layers = self.ask_range(now)
            if layers is not None:
                self._on_layers(layers)
        else:
            self.speak_of(slider.key)
            if deed == "look":
                self.details.strip.setFocus()
            else:
                self._on_measure() if deed == "leakage" else self._on_hold(self.details.worst)

    def ask_range(self, now: Layers) -> Layers | None:
        """Ask for first and last layer."""
        info = self.document.info
        return ask_range(now, info, self) if info is not None else None

    def _on_layers(self, layers: Layers) -> None:
        slider = self.sliders.get(self._asked)
        if slider is not None:
            self.deeds.set_layers(slider.direction, layers)

    # -- below the sliders ---------------------------------------------------------------

    def _on_taken(self, amount: float) -> None:
        direction = self.details.direction
        if direction is not None:
            self.deeds.set_amount(direction, amount, None)

    def _on_measure(self) -> None:
        direction = self.details.direction
        if direction is not None:
            self.details.words.say(MEASURING)
            self.studio.editing.matrix(direction.checkpoint, (direction,))

    def _on_hold(self, attribute: str) -> None:
        direction = self.details.direction
        if direction is not None and attribute:
            self.deeds.hold(direction, attribute)

    def _on_leaked(self, leakage: Leakage) -> None:
        if leakage.key == self._used and leakage.amount == 1.0:
            self.details.show_leaks(leakage.leaks, leakage.n)

    def _on_also_removed(self, key: str) -> None:
        recipe = self.document.recipe
        name, _ = applied(recipe)[key]
        without_it = without(recipe, key).with_bends(key, ())
        self.document.change(f"Remove {name}", recipe=without_it)

    # -- comings and goings --------------------------------------------------------------

    def _on_wanted(self, key: str) -> None:
        """Bring a slider to the front, if it is one."""
        if self.library.get(key) is not None:
            self.library.bring(key)
            self.search.clear()
            self.speak_of(key)
            self.sliders[key].setFocus()

    def _on_new(self, direction: Direction) -> None:
        if direction.key in self.sliders:
            self.speak_of(direction.key)
            self.sliders[direction.key].setFocus()

    def _on_refitted(self, _old: Direction, new: Direction) -> None:
        self.speak_of(new.key)

    def _on_removed(self, direction: Direction) -> None:
        self._removed = direction
        self.back.setText(f"Bring {direction.name} back")
        self.back.show()

    def _on_back(self) -> None:
        direction, self._removed = self._removed, None
        self.back.hide()
        if direction is not None:
            self.deeds.bring_back(direction)
