"""The model behind the edit panel: runs of the editor, and the way that they have gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from latentstudio.document.checks import RecipeError
from latentstudio.engine.editing.values import Reading
from latentstudio.ui.editing.link import EditorLink
from latentstudio.ui.editing.way import Way, key_of
from latentstudio.ui.widgets.gesture import Gesture

if TYPE_CHECKING:
    from latentstudio.document.document import Document
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.values import Ended, Goal, Known, Step

PACE = 120  # ms between two goals of one drag: a step of the last one must be seen


class EditModel(EditorLink):
    """The editor for all who edit by attribute, and its runs.

    The steps of a run go into the document, one undo step for a run; whoever else changes the
    recipe meanwhile ends the run.

    Signals
    -------
    stepped(Step), ended(Ended), run_changed()
        A step is in the document; the run is over; whether it goes, rests or is over, or the way.

    Attributes
    ----------
    goal
        Of the last run; None before the first one of this generator.
    going, paused
        Whether the run goes on, and whether it rests within.
    end
        How the last run ended; None while it goes.
    """

    stepped = Signal(object)
    ended = Signal(object)
    run_changed = Signal()

    def __init__(self, document: Document, engine: Any, parent: QObject | None = None) -> None:
        super().__init__(document, engine, parent)
        self.goal: Goal | None = None
        self.end: Ended | None = None
        self.going = self.paused = False
        self._way: Way | None = None
        self._merge = ""
        self._wanted: tuple[Recipe, Goal, str] | None = None
        self._own = False  # the change of the document that is told is one of ours
        self._pace = QTimer(self)
        self._pace.setSingleShot(True)
        self._pace.setInterval(PACE)
        self._pace.timeout.connect(self._begin)

    def stop(self) -> None:
        """End all work; nothing arrives after this."""
        self._pace.stop()
        super().stop()

    def choose(self, classifier: Path | None) -> None:
        """Read attributes with another classifier; None for the bundled one."""
        self.stop_run()
        super().choose(classifier)

    # -- the way -------------------------------------------------------------------------

    @property
    def path(self) -> list[Step]:
        """The steps of the last run, as long as the document stands on its way."""
        return [] if self._way is None or self.place is None else self._way.steps

    @property
    def place(self) -> int | None:
        """After how many steps of the way the document stands; None when it is elsewhere."""
        return None if self._way is None else self._way.place(self.document.recipe)

    @property
    def before(self) -> Reading | None:
        """What the picture showed at the start of the way."""
        return None if self._way is None else self._way.before

    @property
    def seconds(self) -> float:
        """That the steps of the way took."""
        return 0.0 if self._way is None else self._way.seconds

    # -- runs ----------------------------------------------------------------------------

    def drive(self, recipe: Recipe, goal: Goal, merge: str = "") -> None:
        """Move towards a goal, now or in a moment: of a quick succession the last one counts.

        Parameters
        ----------
        recipe
            Where to begin.
        goal
            Where to go. An attribute that is to move cannot be among the kept.
        merge
            Key of the hand's stroke: the steps of all its runs are one undo step. "" for a
            stroke of its own.
        """
        if self._closed:
            return
        kept = tuple(name for name in goal.kept if name != goal.attribute)
        self._wanted = recipe, replace(goal, kept=kept), merge or Gesture().merge("edit.run")
        if not self._pace.isActive():
            self._begin()

    def pause(self) -> None:
        """Rest within the run."""
        if self.going and not self.paused:
            self.paused = True
            self._ask("pause")
            self.run_changed.emit()

    def go_on(self) -> None:
        """Go on to the goal: within the run, or after its end from where the document stands."""
        if self.going and self.paused:
            self.paused = False
            self._ask("go_on")
            self.run_changed.emit()
        elif self.goal is not None and not self.going:
            self.drive(self.document.recipe, self.goal)

    def reverse(self) -> None:
        """Go the other way: to the goal mirrored at the start."""
        if self.goal is None or self.known is None:
            return
        before, at = self.before, self.column(self.goal.attribute, self.goal.value)
        start = float(before.standing[at]) if before is not None else 0.0
        self.drive(self.document.recipe, replace(self.goal, target=2 * start - self.goal.target))

    def redo(self) -> None:
        """Run again from the start, without the last edit and with what is held now."""
        if self.goal is not None:
            start = without(self.document.recipe, key_of(self.goal))
            self.drive(start, replace(self.goal, kept=self.kept))

    def stop_run(self) -> None:
        """End the run where it stands."""
        self._pace.stop()
        self._wanted = None
        if self.going:
            self.going = self.paused = False
            self._ask("stop_run")
            self.run_changed.emit()

    def scrub(self, place: int, merge: str) -> None:
        """Stand where the run was after ``place`` steps; 0 is before the first."""
        way = self._way
        if way is None or not 0 <= place <= len(way.steps) or self.place is None:
            return
        self.stop_run()
        self._put(way.recipe(place), merge)
        reading = way.reading(place)
        if reading is not None:
            self._on_reading(reading)
        self.run_changed.emit()

    def title(self, goal: Goal) -> str:
        """What a goal moves, for people."""
        columns = self.known.columns if self.known is not None else ()
        return columns[self.column(goal.attribute, goal.value)].title if columns else ""

    def _begin(self) -> None:
        if self._wanted is None:
            return
        (recipe, goal, merge), self._wanted = self._wanted, None
        if self.going and merge == self._merge:
            recipe = self.document.recipe  # it went on since the hand was here
        way = self._way
        place = way.place(recipe) if way is not None and way.key == key_of(goal) else None
        if way is not None and place is not None:
            way.cut(place)
        else:
            self._way = way = Way(key_of(goal), recipe)
            if self.reading is not None and self.reading.recipe == recipe:
                way.before = self.reading
        self.goal, self._merge, self.end = goal, merge, None
        self.going, self.paused = True, False
        self._pace.start()
        self._ask("drive", recipe, goal)
        self._round += 1
        self.run_changed.emit()

    def _put(self, recipe: Recipe, merge: str) -> None:
        """Into the document, as a change of ours."""
        self._own = True
        try:
            label = self.title(self.goal) if self.goal is not None else ""
            self.document.change(label, recipe=recipe, merge=merge)
        finally:
            self._own = False

    # -- news, in the GUI thread ---------------------------------------------------------

    def _forget(self) -> None:
        super()._forget()
        self.goal = self._way = self.end = None
        self.run_changed.emit()

    def _on_recipe(self, recipe: Recipe) -> None:
        if not self._own:
            self.stop_run()
            super()._on_recipe(recipe)
            self.run_changed.emit()

    def _on_known(self, known: Known) -> None:
        super()._on_known(known)
        if not self.going:
            self._read()

    def _on_reading(self, reading: Reading) -> None:
        if self._way is not None and reading.recipe == self._way.start:
            self._way.before = reading
        super()._on_reading(reading)

    def _on_step(self, step: Step) -> None:
        way = self._way
        if not self.going or way is None:
            return  # it was stopped meanwhile
        try:
            recipe = self.document.recipe.with_edit(step.edit)
        except RecipeError as error:
            self._on_error(str(error))
            return
        way.append(step, recipe)
        self._put(recipe, self._merge)
        self._on_reading(Reading(recipe, step.readings, step.standing))
        self.stepped.emit(step)

    def _on_ended(self, end: Ended) -> None:
        self.going = self.paused = False
        self.end = end
        self.ended.emit(end)
        self.run_changed.emit()

    def _on_error(self, words: str) -> None:
        self.stop_run()
        super()._on_error(words)


def without(recipe: Recipe, *keys: str) -> Recipe:
    """The recipe less the edits of these keys."""
    kept = tuple(edit for edit in recipe.edits if edit.key not in keys)
    return msgspec.structs.replace(recipe, edits=kept)
