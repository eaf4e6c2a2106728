"""Constant speed from key to key: measured in the background, one stretch after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from latentstudio.engine.morphing.values import steps_for
from latentstudio.ui.link import Link
from latentstudio.ui.morphing.words import gain
from latentstudio.ui.timeline.courses import as_morph, stretches, with_courses
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.document.course import Course
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.morphing.values import Pace
    from latentstudio.ui.timeline.courses import Stretch
    from latentstudio.ui.timeline.model import TimelineModel

GONE = "The keys have changed while their way was measured: press Constant speed again."
EASED = "The easing comes on top of that; Linear adds nothing."


class Pacing(Link):
    """Asks the engine's morpher, as the morph panel does; the result is one undo step.

    Signals
    -------
    changed()
        It measures now, or does so no more.
    progressed(str, float)
        What is being done, and the share of it.
    said(str)
        One sentence: what came of it.
    """

    USELESS = "No way can be measured"

    changed = Signal()
    progressed = Signal(str, float)
    said = Signal(str)

    def __init__(
        self,
        model: TimelineModel,
        engine: Any,
        locate: Callable[[str], Path | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(model.document, engine, parent)
        self._model, self._locate = model, locate
        self._left: list[Stretch] = []  # the first is being measured
        self._asked: Recipe | None = None
        self._found: dict[Stretch, Course] = {}
        self._paces: list[Pace] = []
        model.document.timeline_changed.connect(self._on_timeline)

    @property
    def busy(self) -> bool:
        """Whether it measures."""
        return bool(self._left)

    def find(self, wanted: Iterable[Stretch]) -> None:
        """Measure these stretches, and pace them so that the picture changes evenly."""
        self.cancel()
        self._left = list(wanted)
        self._found, self._paces = {}, []
        self._measure()
        self.changed.emit()

    def cancel(self) -> None:
        """Let go of it: nothing changes."""
        if self.busy:
            self._left, self._asked = [], None
            self._let_go()
            self.changed.emit()

    def load(self) -> Any:
        """See the base; tests put theirs here."""
        from latentstudio.engine.morphing.morpher import Morpher

        return Morpher

    def _make(self, loaded: Any) -> Any:
        return loaded(
            self._engine,
            self._locate,
            on_pace=self._hear(self._on_pace),
            on_progress=self._hear(self._on_progress),
            on_error=self._hear(self._on_error),
        )

    def _measure(self) -> None:
        """Ask about the next stretch."""
        if self._left:
            timeline, stretch = self._model.timeline, self._left[0]
            self._asked = as_morph(timeline, stretch)
            self._ask("pace", self._asked, steps_for(stretch.frames(timeline)))

    # -- news, in the GUI thread ---------------------------------------------------------

    def _on_pace(self, pace: Pace) -> None:
        if pace.recipe != self._asked:
            return
        self._found[self._left.pop(0)] = pace.course
        self._paces.append(pace)
        if self._left:
            self._measure()
            return
        self._asked = None
        self._model.change("Constant speed", lambda t: with_courses(t, self._found))
        self.said.emit(self._summary())
        self.changed.emit()

    def _summary(self) -> str:
        words = gain(max(self._paces, key=lambda pace: pace.after))
        linear = all(stretch.start.ease.kind == "linear" for stretch in self._found)
        return words if linear else f"{words} {EASED}"

    def _on_progress(self, what: str, share: float, _left: float) -> None:
        if self.busy:
            self.progressed.emit(what, share)

    def _on_error(self, words: str) -> None:
        if self.busy:
            self.cancel()
            self.said.emit(sentence(words))

    def _on_timeline(self) -> None:
        """What is measured must still be there when it is found."""
        if self.busy and not _places([*self._found, *self._left]) <= _places(
            stretches(self._model.timeline)
        ):
            self.cancel()
            self.said.emit(GONE)


def _places(of: Iterable[Stretch]) -> set[tuple[object, ...]]:
    return {(stretch.row, stretch.start.time, *stretch.measured) for stretch in of}
