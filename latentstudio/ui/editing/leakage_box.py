"""Under the edit: what else moved, and one click that holds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from latentstudio.document.sampling import Sampling
from latentstudio.ui.editing.leakage_bars import LeakageBars
from latentstudio.ui.editing.leakage_legend import LeakageLegend
from latentstudio.ui.editing.leaks import Bar, bars, verdict, worst
from latentstudio.ui.editing.way import attribute_of, key_of
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.metrics import GAP, STEP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from latentstudio.document.edit import Bend, Edit
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.values import Leakage
    from latentstudio.ui.editing.model import EditModel
    from latentstudio.ui.editing.traits import Trait
    from latentstudio.ui.numbers.visibility import Attention

REST = 300  # ms without news of the recipe after which samples are asked for
FEW = 8
NONE = "Nothing is edited yet. What an edit moves beside its goal will stand here."
REDO_TIP = """Hold the attribute that moved most along, and run again from the start.
Or click any bar to hold that one"""
NO_RUN = "The way of this edit is not known any more: drag its slider first."


@dataclass(frozen=True)
class Looked:
    """An edit, or the bends of one slider, and what people call it."""

    key: str
    name: str
    parts: tuple[Edit | Bend, ...]


def looked_at(recipe: Recipe) -> dict[str, Looked]:
    """All that a recipe does to its picture, by key."""
    found: dict[str, Looked] = {}
    parts: list[Edit | Bend] = [*recipe.edits, *recipe.bends]
    for part in parts:
        before = found[part.key].parts if part.key in found else ()
        found[part.key] = Looked(part.key, part.name or "Bends", (*before, part))
    return found


class LeakageBox(QWidget):
    """Which edit, its bars, a sentence, and the button."""

    def __init__(
        self, model: EditModel, attention: Attention, parent: QWidget | None = None
    ) -> None:
        """Samples are drawn while ``attention`` is given."""
        super().__init__(parent)
        self._model, self.document, self._attention = model, model.document, attention
        self._traits: Mapping[str, Trait] = {}
        self._all: tuple[Bar, ...] = ()
        self._leakage: Leakage | None = None
        self._sampling: Sampling | None = None  # whose samples are behind it
        self._asked: tuple[Looked, Recipe] | None = None
        self.which = Combo()
        self.which.setObjectName("edit.leakage.which")
        self.which.setAccessibleName("The edit that is looked at")
        self.which.setToolTip("The edit of which it is shown what else it moves")
        self.note = Hint(NONE)
        self.legend = LeakageLegend()
        self.bars = LeakageBars()
        self.bars.setObjectName("edit.leakage")
        self.bars.setAccessibleName("What else moved, in standard deviations")
        self.sentence = Hint()
        self.sentence.setObjectName("edit.leakage.worst")
        self.redo = QPushButton("Hold the worst and redo")
        self.redo.setObjectName("edit.redo")
        self.more = QPushButton("All")
        self.more.setObjectName("edit.leakage.all")
        self.more.setToolTip("Show all attributes, not only those that moved most")
        self.more.setAccessibleName("Show all attributes")
        self.more.setCheckable(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(STEP)
        buttons.addWidget(self.redo, 1)
        buttons.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP - STEP)
        for widget in (self.note, self.which, self.sentence, self.legend, self.bars):
            column.addWidget(widget)
        column.addLayout(buttons)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._ask)
        self.which.activated.connect(self._on_which)
        self.bars.picked.connect(self.hold_and_redo)
        self.redo.clicked.connect(self._on_redo)
        self.more.toggled.connect(self.refresh)
        model.leaked.connect(self._on_leaked)
        model.reading_changed.connect(self.refresh)
        model.kept_changed.connect(self.refresh)
        model.run_changed.connect(self._on_run)
        self._attention.changed.connect(self._on_run)

    def set_traits(self, traits: Mapping[str, Trait]) -> None:
        """The attributes by name."""
        self._traits, self._leakage, self._asked = traits, None, None
        self._on_run()

    def stop(self) -> None:
        """Ask for nothing more (the window is going)."""
        self._rest.stop()

    @property
    def edit(self) -> Looked | None:
        """The one that is looked at."""
        return looked_at(self.document.recipe).get(self.which.currentData())

    def refresh(self, _news: object = None) -> None:
        """Write the bars and what follows from them."""
        edit = self.edit if self._traits else None
        for widget in (self.legend, self.bars, self.redo, self.more):
            widget.setVisible(edit is not None)
        self.which.setVisible(edit is not None and self.which.count() > 1)
        self.note.say("" if edit is not None else NONE)
        if edit is None:
            self.sentence.say("")
            return
        leakage = self._leakage
        leaks = leakage.leaks if leakage is not None else None
        n, wanted = (leakage.n, leakage.wanted) if leakage is not None else (0, 0)
        self._all = bars(
            self._traits, attribute_of(edit.key), self._held(edit), self._changes(edit), leaks
        )
        known = any(bar.change is not None or bar.mean is not None for bar in self._all)
        self.legend.show_samples(n, wanted)
        self.bars.show_bars(self._all if self.more.isChecked() else self._all[:FEW])
        self.sentence.say(verdict(self._all, n) if known else "Measuring what else moves …")
        ours = self._model.goal is not None and key_of(self._model.goal) == edit.key
        self.redo.setEnabled(ours and known and worst(self._all) is not None)
        self.redo.setToolTip(REDO_TIP if ours else NO_RUN)
        self.bars.set_able(self.redo.isEnabled())

    def hold_and_redo(self, attribute: str) -> None:
        """Leave an attribute alone from now on, and run again."""
        self._model.hold(attribute)
        self._model.redo()

    # -- inside --------------------------------------------------------------------------

    def _held(self, edit: Looked) -> tuple[str, ...]:
        """What this edit was told to leave alone."""
        goal = self._model.goal
        return goal.kept if goal is not None and key_of(goal) == edit.key else self._model.kept

    def _changes(self, edit: Looked) -> list[float] | None:
        """Of this picture, in standard deviations over the generator's."""
        from latentstudio.metrics.columns import difference

        model, leakage = self._model, self._leakage
        known, reading, before = model.known, model.reading, model.before
        if known is None:
            return None
        ours = model.place is not None and model.goal is not None and key_of(model.goal) == edit.key
        if ours and before is not None and reading is not None:
            pair = before.readings, reading.readings
        elif leakage is not None and leakage.before is not None and leakage.after is not None:
            pair = leakage.before, leakage.after
        else:
            return None
        moved = difference(known.columns, pair[0][None], pair[1][None])[0] / known.population.unit
        return [float(value) for value in moved]

    def _on_run(self) -> None:
        """Another recipe, or a run that has come further: ask anew for what is not true now."""
        edits, goal = looked_at(self.document.recipe), self._model.goal
        self.which.fill([(edit.name, edit.key) for edit in edits.values()])
        keys = list(edits)
        if self._model.going and goal is not None and key_of(goal) in keys:
            self.which.choose(key_of(goal))
        elif self.which.currentData() not in keys and keys:
            self.which.choose(keys[-1])
        edit = self.edit
        if self._leakage is not None and (self._asked is None or self._asked[0] != edit):
            self._leakage = None
        wanted = edit is not None and not self._model.going and self._attention.seen
        if wanted and self._traits and self._question() != self._asked:
            self._rest.start()
        elif not wanted:
            self._rest.stop()
        self.refresh()

    def _question(self) -> tuple[Looked, Recipe] | None:
        """What samples would be asked for: the edit, on this picture."""
        edit = self.edit
        return None if edit is None else (edit, self.document.recipe)

    def _ask(self) -> None:
        question = self._question()
        if question is not None:
            self._asked = question
            self._model.leakage(question[1], question[0].key)

    def _on_leaked(self, leakage: Leakage) -> None:
        edit = self.edit
        if edit is None or self._asked is None or self._asked[0] != edit:
            return  # late
        if (leakage.key, leakage.amount) == (edit.key, edit.parts[0].amount):
            known, sampling = self._leakage, Sampling.of(self._asked[1])
            if known is not None and known.n > leakage.n and sampling == self._sampling:
                # Of another picture under the same edit: its samples are the same.
                leakage = replace(leakage, n=known.n, leaks=known.leaks)
            self._leakage, self._sampling = leakage, sampling
            self.refresh()

    def _on_which(self) -> None:
        self._leakage = self._asked = None
        self._on_run()

    def _on_redo(self) -> None:
        most = worst(self._all)
        if most is not None:
            self.hold_and_redo(most.attribute)
