"""The model behind the picture panel: a photograph, searches for its point, and their answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from latentstudio.document.document import Kept
from latentstudio.document.recipe import Point, Recipe
from latentstudio.engine.inverting.values import REFINE, TUNE, Order
from latentstudio.ui.inverting.link import InverterLink
from latentstudio.ui.inverting.picture_source import PictureSource
from latentstudio.ui.samples.tiles import scaled
from latentstudio.ui.scaling import to_png

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QImage

    from latentstudio.checkpoints.differences import Differences
    from latentstudio.document.document import Document
    from latentstudio.document.vector import Vector
    from latentstudio.engine.inverting.values import Answer, Ended, Guess, Progress, Tuned, Tuning
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.inverting.wishes import Wishes

REST = 120  # ms of rest after which the encoder looks at the cut again
THUMBNAIL = 128
ELSEWHERE = "These were found in another generator: open it again, or search in this one."
# Parts of the recipe that change the picture of a point, by their names for people.
AROUND = {
    "truncation": "truncation", "mixing": "style mixing", "noise": "noise", "edits": "edits",
    "transform": "the transform", "bends": "bends", "difference": "fine tuning",
}  # fmt: skip


class InvertModel(InverterLink):
    """Takes photographs in and points out.

    Signals
    -------
    guessed(Vector)
        The encoder's answer to the present cut.
    going_changed()
        A search or a tuning has begun, or is over.
    progressed(Progress), tuning(Tuning)
        It has come further.
    ended(Ended), tuned(Tuned)
        It is over.
    answers_changed()
        :attr:`answers` are others.

    Attributes
    ----------
    source
        The photograph and what is cut from it.
    order, progress, end
        Of the last search; None before the first on this photograph and generator.
    going
        "search", "tune", or empty while nothing is under way.
    answers
        What was found, best first; one that was tuned has its difference.
    """

    guessed = Signal(object)
    going_changed = Signal()
    progressed = Signal(object)
    tuning = Signal(object)
    ended = Signal(object)
    tuned = Signal(object)
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
        self.source = PictureSource(self)
        self.order: Order | None = None
        self.progress: Progress | None = None
        self.end: Ended | None = None
        self.answers: tuple[Answer, ...] = ()
        self.going = ""
        self._checkpoint = document.recipe.checkpoint
        self._guessed = False
        self._tuning: Answer | None = None
        self._next: list[Path] = []
        self._tuned_picture: NDArray[np.uint8] | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._ask_guess)
        self.source.failed.connect(self.failed)
        self.source.picture_changed.connect(self._on_picture)
        self.source.cut.connect(self._on_cut)
        document.info_changed.connect(self._on_info)
        document.recipe_changed.connect(self._on_recipe)
        self._on_info(document.info)

    def stop(self) -> None:
        """End all work; nothing arrives after this."""
        if not self._closed:
            self._rest.stop()
            self.document.info_changed.disconnect(self._on_info)
            self.document.recipe_changed.disconnect(self._on_recipe)
            self.source.stop()
            super().stop()

    # -- what the person does ------------------------------------------------------------

    def take(self, source: Path | bytes | QImage, name: str = "") -> None:
        """Search for another photograph, whether dropped, pasted or opened."""
        self._next.clear()
        self.source.take(source, name)

    def take_in_turn(self, paths: list[Path]) -> None:
        """Search for several photographs: the next is taken once one's answer is used."""
        self.take(paths[0], paths[0].name)
        self._next.extend(paths[1:])

    def find(self, wishes: Wishes, mask: NDArray[np.uint8] | None = None) -> None:
        """Begin a search for the present cut in place of what is going on.

        Parameters
        ----------
        wishes
            What is searched for, and how.
        mask
            For a repair: uint8 [r, r], 255 where the photograph is sound, 0 where it is not.
        """
        source, recipe = self.source, self.document.recipe
        if source.intake is None or source.pixels is None:
            return
        one = wishes.kind == "find"
        self.order = Order(
            checkpoint=recipe.checkpoint,
            picture=source.pixels,
            name=source.intake.name,
            space=wishes.space,
            starts=max(wishes.starts, 1 if one else wishes.answers),
            steps=wishes.steps,
            noise=wishes.noise,
            label=recipe.label,
            mask=mask if wishes.kind == "repair" else None,
            small=wishes.small if wishes.kind == "enlarge" else None,
            answers=1 if one else wishes.answers,
        )
        self._begin("search")
        self._set_answers(())
        self._ask("invert", self.order)

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
        if self.order is not None and self._at_home():
            self._tuning, self._tuned_picture = answer, None
            self._begin("tune")
            self._ask("tune", self.recipe(answer), self.order.picture, steps)

    def use(self, answer: Answer, point: str = "A") -> str:
        """Put an answer into the document as a point, and show it (undoable).

        Returns
        -------
        str
            A sentence about what had to be reset so that its picture is seen; may be empty.
        """
        if not self._at_home():
            return ""
        before, recipe = self.document.recipe, self.recipe(answer, point)
        self.document.change(f"Picture as {point}", recipe=recipe, active=point)
        if self._next:
            path = self._next.pop(0)
            self.source.take(path, path.name)
        changed = [n for key, n in AROUND.items() if getattr(before, key) != getattr(recipe, key)]
        return (
            f"{point} shows the picture as it was found; reset: {', '.join(changed)}."
            if changed
            else ""
        )

    def keep(self, answer: Answer) -> None:
        """Put an answer into the gallery (undoable)."""
        if self._at_home() and self.order is not None:
            png = to_png(scaled(answer.picture, min(THUMBNAIL, len(answer.picture))))
            kept = Kept(self.recipe(answer), png, Path(self.order.name).stem)
            self.document.change("Keep", gallery=(*self.document.gallery, kept))

    def recipe(self, answer: Answer, point: str = "A") -> Recipe:
        """The present recipe with an answer as a point, and nothing that would change it."""
        return self.recipe_of(answer.vector, point, answer.difference)

    def recipe_of(self, vector: Vector, point: str = "A", difference: str = "") -> Recipe:
        """As :meth:`recipe`, of a vector."""
        now = self.document.recipe
        plain = Recipe(now.checkpoint, now.points, label=now.label, difference=difference)
        return plain.with_point(Point(point, vector)).showing(point)

    def _at_home(self) -> bool:
        """Whether the answers are of the generator that is open; says so if not."""
        home = self.order is not None and self.order.checkpoint == self.document.recipe.checkpoint
        if not home:
            self.failed.emit(ELSEWHERE)
        return home

    # -- what follows --------------------------------------------------------------------

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

    def _forget(self) -> None:
        """What was found is of another photograph or generator."""
        self.stop_run()
        self._round += 1
        self.order = self.progress = self.end = None
        self._guessed = False
        self._set_answers(())
        self._over()

    def _on_picture(self) -> None:
        self._forget()

    def _on_info(self, info: GeneratorInfo | None) -> None:
        size = None if info is None else (info.resolution, 1 if info.channels == 1 else 3)
        self.source.set_size(size)

    def _on_recipe(self, recipe: Recipe) -> None:
        if recipe.checkpoint != self._checkpoint:
            self._checkpoint = recipe.checkpoint
            self._forget()
            if self.source.pixels is not None:
                self._rest.start(REST)

    def _on_cut(self) -> None:
        self._rest.start(REST if self._guessed else 0)
        self._guessed = True

    def _ask_guess(self) -> None:
        if self.source.pixels is not None and self.document.recipe.checkpoint:
            self._ask("first_guess", self.document.recipe.checkpoint, self.source.pixels)

    # -- news, in the GUI thread ---------------------------------------------------------

    def _on_guess(self, guess: Guess) -> None:
        self.guessed.emit(guess.vector)

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
        made = replace(answer, difference=tuned.difference, distance=tuned.after)
        if self._tuned_picture is not None:
            made = replace(made, picture=self._tuned_picture)
        recipe, name = self.document.recipe, self.document.active
        on_screen = recipe == self.recipe(answer, name)
        self._set_answers(tuple(made if a is answer else a for a in self.answers))
        if on_screen:
            self.document.change("Fine-tune", recipe=self.recipe(made, name))
        self._over()
        self.tuned.emit(tuned)

    def _on_error(self, words: str) -> None:
        if self.going == "tune" or self._inverter is None:  # a search tells its own in its end
            self._over()
        super()._on_error(words)
