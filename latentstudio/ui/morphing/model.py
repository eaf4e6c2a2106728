"""The model behind the morph panel: pictures on the way, how fast they change, and an even pace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from latentstudio.document.course import Course, Way
from latentstudio.document.morph import Morph
from latentstudio.ui.link import Link
from latentstudio.ui.scaling import to_image
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.document.document import Document
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.morphing.values import Curve, Pace, Strip

REST = 350  # ms without a change of the way before its pictures are drawn anew
COUNT, SIZE = 7, 96  # pictures of the strip, and their side in px
_replace = msgspec.structs.replace


class MorphModel(Link):
    """Asks about the way of the document's morph while somebody looks.

    Signals
    -------
    strip_changed(), curve_changed()
        :attr:`pictures` or :attr:`curve` are others.
    paced(Pace)
        The course at constant speed was found, and is in the document.
    progressed(str, float, float)
        What is being done, the share of it, and the seconds left (below 0: not known).
    failed(str)
        One sentence.

    Attributes
    ----------
    pictures
        By number, of :data:`COUNT`.
    curve
        How fast the picture changes along the way; None until it is measured.
    stale
        Whether the pace in the recipe was found for another way than the one it has now.
    """

    strip_changed = Signal()
    curve_changed = Signal()
    paced = Signal(object)
    progressed = Signal(str, float, float)
    failed = Signal(str)

    USELESS = "No way can be drawn or measured"

    def __init__(
        self,
        document: Document,
        engine: Any,
        locate: Callable[[str], Path | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(document, engine, parent)
        self.pictures: dict[int, QImage] = {}
        self.curve: Curve | None = None
        self._locate = locate
        self._seen = False
        self._way: Recipe | None = None  # that the pictures belong to
        self._paced: Recipe | None = None  # that the pace was found for
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._look)
        document.recipe_changed.connect(self._on_recipe)

    def stop(self) -> None:
        """End all work; nothing arrives after this."""
        self._rest.stop()
        self._seen = False
        super().stop()

    @property
    def morph(self) -> Morph | None:
        """The document's."""
        return self.document.recipe.morph

    @property
    def stale(self) -> bool:
        """See the class."""
        morph = self.morph
        known = self._paced is not None and morph is not None and morph.course.pace
        return bool(known) and self._paced != _bare(self.document.recipe)

    # -- what the person does ------------------------------------------------------------

    def watch(self, seen: bool) -> None:
        """Somebody looks, or nobody does any more."""
        self._seen = seen
        if seen:
            self._on_recipe(self.document.recipe)
        else:
            self._rest.stop()
            self._way = None
            self._let_go()

    def change(self, label: str, merge: str | None = None, **fields: Any) -> None:
        """Change the morph (undoable)."""
        morph = _replace(self.morph or Morph(), **fields)
        self.document.change(label, recipe=_replace(self.document.recipe, morph=morph), merge=merge)

    def end(self) -> None:
        """Back to the blend (undoable)."""
        self.document.change("End morph", recipe=_replace(self.document.recipe, morph=None))

    def set_way(self, way: Way) -> None:
        """Go another way, at even steps: a pace belongs to its way."""
        self.change("Way of the morph", course=Course(way))

    def find_pace(self) -> None:
        """Measure the way, and pace it so that the picture changes at a constant speed."""
        if self.morph is not None:
            self._ask("pace", self.document.recipe)

    def even_steps(self) -> None:
        """Drop the pace."""
        if self.morph is not None:
            self.change("Even steps", course=Course(self.morph.course.way))

    # -- asking --------------------------------------------------------------------------

    def load(self) -> Any:
        """See the base; tests put theirs here."""
        from latentstudio.engine.morphing.morpher import Morpher

        return Morpher

    def _make(self, loaded: Any) -> Any:
        return loaded(
            self._engine,
            self._locate,
            on_strip=self._hear(self._on_strip),
            on_curve=self._hear(self._on_curve),
            on_pace=self._hear(self._on_pace),
            on_progress=self._hear(self.progressed.emit),
            on_error=self._hear(self._on_error),
        )

    def _on_recipe(self, recipe: Recipe) -> None:
        if recipe.morph is None:
            self._forget()
        elif self._seen and _at(recipe, 0.0) != self._way:
            self._rest.start()

    def _look(self) -> None:
        recipe = self.document.recipe
        if not self._seen or recipe.morph is None or not recipe.checkpoint:
            return
        if self._way is None or self._way.checkpoint != recipe.checkpoint:
            self._forget()  # otherwise what there is stays in sight until the new has come
        self._way = _at(recipe, 0.0)
        self._ask("strip", recipe, COUNT, SIZE)
        self._ask("curve", recipe)

    def _forget(self) -> None:
        self._rest.stop()
        self._way = None
        if self.pictures or self.curve is not None:
            self.pictures, self.curve = {}, None
            self.strip_changed.emit()
            self.curve_changed.emit()

    # -- news, in the GUI thread ---------------------------------------------------------

    def _on_strip(self, strip: Strip) -> None:
        if _at(strip.recipe, 0.0) == self._way:
            self.pictures[strip.index] = to_image(strip.pixels)
            self.strip_changed.emit()

    def _on_curve(self, curve: Curve) -> None:
        if _at(curve.recipe, 0.0) == self._way:
            self.curve = curve
            self.curve_changed.emit()

    def _on_pace(self, pace: Pace) -> None:
        now = self.document.recipe
        if now.morph is None or _bare(now) != _bare(pace.recipe):
            return  # it has another way by now
        self._paced = _bare(now)
        self.change("Constant speed", course=pace.course)
        self.paced.emit(pace)

    def _on_error(self, words: str) -> None:
        self.failed.emit(sentence(words))


def _at(recipe: Recipe, t: float) -> Recipe:
    """The recipe elsewhere on its way."""
    morph = recipe.morph
    return recipe if morph is None else _replace(recipe, morph=_replace(morph, t=t))


def _bare(recipe: Recipe) -> Recipe:
    """What a pace depends on: the way without it, wherever on it one stands."""
    morph = recipe.morph
    if morph is None:
        return recipe
    bare = _replace(morph, t=0.0, layers=(), course=Course(morph.course.way))
    return _replace(recipe, morph=bare)
