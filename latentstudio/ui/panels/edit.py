"""The edit panel: attributes as sliders, the run behind them, and what else moved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from latentstudio.engine.editing.values import Goal
from latentstudio.ui.editing.attribute_row import AttributeRow
from latentstudio.ui.editing.finder import Finder
from latentstudio.ui.editing.front import Front, asked_first
from latentstudio.ui.editing.leakage_box import LeakageBox
from latentstudio.ui.editing.model import without
from latentstudio.ui.editing.run_bar import RunBar
from latentstudio.ui.editing.space_box import SpaceBox
from latentstudio.ui.editing.traits import Trait, traits
from latentstudio.ui.editing.way import attribute_of
from latentstudio.ui.numbers.section import Section
from latentstudio.ui.numbers.status import Status
from latentstudio.ui.numbers.visibility import Attention
from latentstudio.ui.panels.base import NO_GENERATOR, Panel
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.metrics import GAP, ROW, STEP
from latentstudio.ui.widgets.rows import labelled

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.values import Reading
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext

LEARNING = "Sliders appear when it is known what this generator shows."
CLASSIFIER_TIP = """The classifier: what reads the attributes, and whose gradient an edit follows.
The bundled one reads the portraits; latentstudio-train classifier makes others"""
FILES = "Classifiers (*.safetensors)"
BUNDLED = "Bundled"


class EditPanel(Panel):
    """Over :class:`~latentstudio.ui.editing.model.EditModel`."""

    title = "Edit"
    name = "edit"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.model = studio.editing
        self.traits: dict[str, Trait] = {}
        self.rows: dict[str, AttributeRow] = {}
        self._fronts: dict[str, Front] = {}
        self._front = Front()
        self._files: list[Path] = []
        # Tests answer here instead of in a modal dialog: title and filter.
        self.ask: Callable[[str, str], str] = self._ask

        self.classifier = Combo()
        self.classifier.setObjectName("edit.classifier")
        self.classifier.setAccessibleName("Attribute classifier")
        self.classifier.setToolTip(CLASSIFIER_TIP)
        self.other = QPushButton("Other…")
        self.other.setObjectName("edit.classifier.other")
        self.other.setFixedHeight(ROW)
        self.other.setToolTip("Choose the file of another classifier")
        self.progress = Status()
        self.progress.setObjectName("edit.progress")
        self.progress.hide()
        self.finder = Finder()
        self._stand = QVBoxLayout()
        self._stand.setSpacing(STEP)
        self.remove = QPushButton("Remove all edits")
        self.remove.setObjectName("edit.remove")
        self.remove.setToolTip("Take away what was done here; sliders of other panels stay")
        self.hold = QPushButton()
        self.hold.setObjectName("edit.hold")
        self.hold.setToolTip("What is held stays while another attribute is edited")
        self.run = RunBar(self.model)
        self.leakage = LeakageBox(self.model, Attention(self))
        self.space = SpaceBox()
        self._lay_out()

        model = self.model
        self.classifier.activated.connect(self._on_classifier)
        self.other.clicked.connect(self._on_other)
        self.finder.found.connect(self.bring)
        self.remove.clicked.connect(self._on_remove_all)
        self.hold.clicked.connect(self._on_hold_all)
        model.known_changed.connect(self._on_known)
        model.reading_changed.connect(self._on_reading)
        model.run_changed.connect(self._on_run)
        model.kept_changed.connect(self._on_kept)
        model.progressed.connect(self._on_progress)
        model.failed.connect(self._on_failed)
        model.follow_visibility(self)
        self._show_classifier()
        self._on_known()
        self.refresh()

    # -- the document --------------------------------------------------------------------

    def show_info(self, info: GeneratorInfo | None) -> None:
        """Offer the spaces that the generator has; say why there are no sliders."""
        self.space.show_info(info)
        self._explain()

    def show_recipe(self, recipe: Recipe) -> None:
        """Mark what is edited."""
        edited = {attribute_of(edit.key) for edit in recipe.edits} - {""}
        self.remove.setVisible(bool(edited))
        for name, row in self.rows.items():
            row.set_edited(name in edited)

    def stop(self) -> None:
        """Ask for nothing more (the window is going)."""
        self.leakage.stop()

    # -- which sliders stand in front ----------------------------------------------------

    def bring(self, name: str) -> None:
        """Put an attribute in front, and the keyboard on its slider."""
        recipe = self.document.recipe
        needed = {attribute_of(edit.key) for edit in recipe.edits}
        self._front.bring(name, needed)
        self._place_rows()
        row = self.rows[name]
        row.slider.setFocus()

    def _send_back(self, name: str) -> None:
        self._front.send_back(name)
        self._place_rows()

    def _place_rows(self) -> None:
        """Make the rows that stand in front, in their order, and drop the others."""
        for name in [name for name in self.rows if name not in self._front.names]:
            row = self.rows.pop(name)
            self._stand.removeWidget(row)
            row.hide()
            row.deleteLater()
        for place, name in enumerate(self._front.names):
            if name not in self.rows:
                row = self.rows[name] = AttributeRow(self.traits[name])
                row.driven.connect(self._on_driven)
                row.held.connect(self._on_held)
                row.removed.connect(self._on_removed)
                row.sent_back.connect(self._send_back)
            self._stand.removeWidget(self.rows[name])
            self._stand.insertWidget(place, self.rows[name])
            self.rows[name].show()  # at once: it may be given the focus
        self._on_kept()
        self._on_reading(self.model.reading)
        self._on_run()
        self.show_recipe(self.document.recipe)

    # -- news of the model ---------------------------------------------------------------

    def _on_known(self) -> None:
        known = self.model.known
        found = {} if known is None else traits(known.columns, known.attributes, known.population)
        now = [(trait.attribute, trait.shown) for trait in self.traits.values()]
        if now != [(trait.attribute, trait.shown) for trait in found.values()]:
            # Not for every population that is a little better founded: a hand may be on a slider.
            self._front = Front()
            self._place_rows()
            self.traits = found
            if known is not None:
                able = asked_first(name for name, trait in found.items() if trait.able)
                self._front = self._fronts.setdefault(known.classifier_hash, Front(able))
            self.finder.set_traits(found)
            self.leakage.set_traits(found)
            self._place_rows()
        if known is None or known.complete:
            self.progress.hide()
        for widget in self._parts:
            widget.setVisible(bool(found))
        self._show_classifier()
        self._explain()

    def _on_reading(self, reading: Reading | None) -> None:
        for row in self.rows.values():
            if reading is None:
                row.show_reading(None, None)
            else:
                row.show_reading(reading.readings, reading.standing)

    def _on_run(self) -> None:
        goal, on_way = self.model.goal, self.model.going or self.model.place is not None
        if self.model.reading is None:
            self._on_reading(None)
        for name, row in self.rows.items():
            aimed = goal is not None and on_way and goal.attribute == name
            row.show_aim((goal.value, goal.target) if aimed and goal is not None else None)

    def _on_kept(self) -> None:
        for name, row in self.rows.items():
            row.set_held(name in self.model.kept)
        self.hold.setText("Hold none" if self.model.kept else "Hold all")

    def _on_progress(self, what: str, share: float, left: float) -> None:
        known = self.model.known
        if known is not None and known.complete:
            return
        words = what if left < 0 else f"{what} · {left:,.0f} s left"
        self.progress.show_status("", words, share)
        self.progress.setVisible(share < 1.0)

    def _on_failed(self, words: str) -> None:
        self._explain()
        if self.model.known is not None:
            self.studio.tell(words)

    def _explain(self) -> None:
        if self.document.info is None:
            self.say(NO_GENERATOR)
        elif self.model.trouble:
            self.say(self.model.trouble)
        else:
            self.say("" if self.model.known is not None else LEARNING)

    # -- the hand ------------------------------------------------------------------------

    def _on_driven(self, name: str, standing: float) -> None:
        self._front.use(name)
        row, (first, stop) = self.rows[name], self.space.layers
        goal = Goal(
            name,
            row.value,
            round(standing, 4),
            self.model.kept,
            self.space.space,
            first,
            stop,
            round(self.space.likely, 4),
        )
        self.model.drive(self.document.recipe, goal, row.merge())

    def _on_held(self, name: str, on: bool) -> None:
        self._front.use(name)
        self.model.hold(name, on)

    def _on_hold_all(self) -> None:
        self.model.hold_all(not self.model.kept)

    def _on_removed(self, name: str) -> None:
        self._remove(f"Remove the edit of {self.traits[name].title}", {name})

    def _on_remove_all(self) -> None:
        self._remove("Remove all edits", set(self.traits))

    def _remove(self, label: str, names: set[str]) -> None:
        recipe = self.document.recipe
        keys = [edit.key for edit in recipe.edits if attribute_of(edit.key) in names]
        self.document.change(label, recipe=without(recipe, *keys))

    # -- the classifier ------------------------------------------------------------------

    def _show_classifier(self) -> None:
        """Name the classifiers: the bundled one, and those that were chosen."""
        chosen, known = self.model.classifier, self.model.known
        if chosen is not None and chosen not in self._files:
            self._files.append(chosen)
        named = known.classifier if known is not None and chosen is None else BUNDLED
        items: list[tuple[str, object]] = [(named, "")]
        self.classifier.fill([*items, *((file.stem, str(file)) for file in self._files)])
        self.classifier.choose("" if chosen is None else str(chosen))

    def _ask(self, title: str, what: str) -> str:
        return QFileDialog.getOpenFileName(self.window(), title, "", what)[0]

    def _on_classifier(self) -> None:
        path = self.classifier.currentData()
        self.model.choose(Path(path) if path else None)

    def _on_other(self) -> None:
        path = self.ask("Choose a classifier", FILES)
        if path:
            self.model.choose(Path(path).absolute())
        self._show_classifier()

    # -- inside --------------------------------------------------------------------------

    def _lay_out(self) -> None:
        leakage = Section("What else moved", "edit.fold.leakage")
        leakage.column.addWidget(self.leakage)
        space = Section("How it moves", "edit.fold.space")
        space.column.addWidget(self.space)
        self.column.addLayout(labelled("Classifier", self.classifier, self.other))
        self.column.addWidget(self.progress)
        self.column.addWidget(self.finder)
        self.column.addLayout(self._stand)
        below = QHBoxLayout()
        below.setSpacing(GAP)
        below.addWidget(self.hold)
        below.addStretch(1)
        below.addWidget(self.remove)
        self.column.addLayout(below)
        for widget in (self.run, leakage, space):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self._parts = (self.finder, self.hold, self.run, leakage, space)
