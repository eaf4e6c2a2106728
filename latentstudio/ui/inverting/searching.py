"""One search or fine tuning at a time, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from latentstudio.engine.inverting.values import REFINE, TUNE
from latentstudio.ui.inverting.link import InverterLink
from latentstudio.ui.inverting.points import with_vector
from latentstudio.ui.inverting.wanted import wanted

if TYPE_CHECKING:
    from latentstudio.checkpoints.differences import Differences
    from latentstudio.document.document import Document
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.inverting.values import (
        Answer,
        Ended,
        Order,
        Pixels,
        Progress,
        Tuned,
        Tuning,
    )

ELSEWHERE = "These were found in another generator: open it again, or search in this one."


class Searching(InverterLink):
    """Gives orders, and keeps their answers.

    Signals
    -------
    going_changed()
        A search or a tuning has begun, or is over.
    progressed(Progress), tuning(Tuning)
        It has come further.
    ended(Ended), tuned(Answer, Answer)
        It is over; of a tuning the answer as it was and as it is now.
    answers_changed()
        :attr:`answers` are others.

    Attributes
    ----------
    order, progress, end
        Of the last search; None before the first on this photograph and generator.
    going
        "search", "tune", or empty while nothing is under way.
    answers
        What was found, best first; one that was tuned has its difference.
    """

    going_changed = Signal()
    progressed = Signal(object)
    tuning = Signal(object)
    ended = Signal(object)
    tuned = Signal(object, object)
    answers_changed = Signal()

    def __init__(
        self,
        document: Document,
        engine: Any,
        locate: Callable[[str], Path | None],
        parent: QObject | None = None,
        differences: Differences | None = None,
    ) -> None:
        super().__init__(document, engine, locate, parent, differences)
        self.order: Order | None = None
        self.progress: Progress | None = None
        self.end: Ended | None = None
        self.answers: tuple[Answer, ...] = ()
        self.going = ""
        self._tuning: Answer | None = None
        self._tuned_picture: Pixels | None = None

    # -- what the person does ------------------------------------------------------------

    def search(self, order: Order) -> None:
        """Begin a search in place of what is going on."""
        self.order = order
        self._begin("search")
        self._set_answers(())
        self._ask("invert", order)

    def refine(self, steps: int = REFINE) -> None:
        """Go on from the best so far, in small steps."""
        if self.end is not None:
            self._begin("search")
            self._ask("refine", steps)

    def stop_run(self) -> None:
        """End the search or the tuning; the best so far stays."""
        if self.going:
            self._ask("stop")

    def tune(self, answer: Answer, steps: int = TUNE) -> None:
        """Fit the generator itself around an answer, as a small difference beside it."""
        if self.order is not None and self.at_home():
            self._tuning, self._tuned_picture = answer, None
            self._begin("tune")
            self._ask("tune", self.recipe(answer), self.filled(answer), steps)

    def forget(self) -> None:
        """What was found is of another photograph or generator."""
        self.stop_run()
        self._round += 1
        self.order = self.progress = self.end = None
        self._set_answers(())
        self._over()

    def recipe(self, answer: Answer, point: str = "A") -> Recipe:
        """The present recipe with an answer as a point, and nothing that would change it."""
        return with_vector(self.document.recipe, answer.vector, point, answer.difference)

    def filled(self, answer: Answer) -> Pixels:
        """The photograph, with what was found where it is not known: uint8 [r, r, c]."""
        assert self.order is not None
        return wanted(self.order, answer.picture)

    def at_home(self) -> bool:
        """Whether the answers are of the generator that is open; says so if not."""
        home = self.order is not None and self.order.checkpoint == self.document.recipe.checkpoint
        if not home:
            self.failed.emit(ELSEWHERE)
        return home

    def _begin(self, what: str) -> None:
        self._round += 1
        self.going, self.progress = what, None
        if what == "search":
            self.end = None
        self.going_changed.emit()

    def _over(self) -> None:
        self.going = ""
        self.going_changed.emit()

    def _set_answers(self, answers: tuple[Answer, ...]) -> None:
        if answers or self.answers:
            self.answers = answers
            self.answers_changed.emit()

    # -- news, in the GUI thread ---------------------------------------------------------

    def _on_progress(self, progress: Progress) -> None:
        if self.going:
            self.progress = progress
            self.progressed.emit(progress)

    def _on_ended(self, ended: Ended) -> None:
        if ended.order is not self.order:
            return
        self.end = ended
        self._set_answers(ended.answers)
        self._over()
        self.ended.emit(ended)

    def _on_tuning(self, tuning: Tuning) -> None:
        if self.going:
            self.tuning.emit(tuning)
            self._tuned_picture = tuning.picture

    def _on_tuned(self, tuned: Tuned) -> None:
        answer, self._tuning = self._tuning, None
        if answer is None or answer not in self.answers:
            return
        # Of what is known alone, as it was found: tuning measures whole pictures.
        gain = tuned.after / max(tuned.before, 1e-6)
        distance, misfit = answer.distance * gain, answer.misfit * gain
        made = replace(answer, difference=tuned.difference, distance=distance, misfit=misfit)
        if self._tuned_picture is not None:
            made = replace(made, picture=self._tuned_picture)
        recipe, name = self.document.recipe, self.document.active
        on_screen = recipe == self.recipe(answer, name)
        self._set_answers(tuple(made if a is answer else a for a in self.answers))
        if on_screen:
            self.document.change("Fine-tune", recipe=self.recipe(made, name))
        self._over()
        self.tuned.emit(answer, made)

    def _on_error(self, words: str) -> None:
        if self.going == "tune" or self._agent is None:  # a search tells its own in its end
            self._over()
        super()._on_error(words)
