"""The moment of the film that is seen, and its picture in the document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Signal

from latentstudio.ui.timeline.stood import Stood

if TYPE_CHECKING:
    from latentstudio.document.document import Document, State
    from latentstudio.document.recipe import Recipe
    from latentstudio.document.timeline.timeline import Timeline

ROOM = 2.0  # seconds behind the film's end in which a key can be set: it makes the film longer
_GOING = "timeline.scrub"  # goings about fold into one step, wherever they lead


class Left(NamedTuple):
    """A picture that was changed by hand, and gone away from without a key."""

    time: float
    recipe: Recipe


class Moment(QObject):
    """A time of the document's film: view state, while its picture is the document's.

    Parameters
    ----------
    document
        The only holder of state.
    locate
        Content hash of a checkpoint to its file, or None when it is not here.

    Attributes
    ----------
    left
        What the playhead has gone away from last, while nothing else was done; or None.

    Signals
    -------
    moved(float)
        The playhead stands at that time.
    changed()
        The timeline, or whether the picture on the screen is the film's, has changed.
    troubled(str)
        One sentence for the window's bar.
    """

    moved = Signal(float)
    changed = Signal()
    troubled = Signal(str)

    def __init__(
        self,
        document: Document,
        locate: Callable[[str], Path | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.document = document
        self.left: Left | None = None
        self._locate = locate
        self._time = self._home = 0.0  # while it plays, the document's picture stays at home
        self._own = False  # whether the change under way was made here
        self._seen = document.state
        self._stood = Stood()
        self._stood.note(self._seen, 0.0)
        document.history_changed.connect(self._on_history)

    @property
    def timeline(self) -> Timeline:
        """The film."""
        return self.document.timeline

    @property
    def time(self) -> float:
        """Where the playhead stands, in seconds."""
        return self._time

    @property
    def reach(self) -> float:
        """How far the playhead goes, in seconds: beyond the end, where the next key may lie."""
        return max(self.timeline.length, *self.timeline.marks, 0.0) + ROOM

    @property
    def playing(self) -> bool:
        """Whether the playhead passes by, and the document's picture rests."""
        return False

    @property
    def empty(self) -> bool:
        """Whether no key was set yet."""
        return not self.timeline.marks

    @property
    def following(self) -> bool:
        """Whether the picture of the document is what the film shows at the playhead."""
        return not self.empty and self._film_at(self._time) == self.document.recipe

    @property
    def astray(self) -> bool:
        """Whether it is not, though it stands there to be seen."""
        return not (self.empty or self.playing or self.following)

    def bring_back(self) -> None:
        """Return to the picture that was :attr:`left`, and to where it was."""
        if self.left is not None:
            seconds, recipe = self.left
            self._stand(seconds)
            self._change("Bring the picture back", recipe, None, _GOING)

    # -- for those who move it -----------------------------------------------------------

    def _film_at(self, seconds: float) -> Recipe:
        """The film's picture; behind the end, the last."""
        return self.timeline.at(min(seconds, self.timeline.length))

    def _here(self, timeline: Timeline) -> bool:
        """Whether what draws a film is on this machine; a sentence is told if not."""
        checkpoint = timeline.base.checkpoint
        if checkpoint == self.document.recipe.checkpoint or self._locate(checkpoint) is not None:
            return True
        self.troubled.emit(
            f"The film was made with the checkpoint {checkpoint[:8]}…, which is not here: open its"
            " file to see it."
        )
        return False

    def _stand(self, seconds: float) -> None:
        self._home = seconds
        self._pass(seconds)

    def _pass(self, seconds: float) -> None:
        if seconds != self._time:
            self._time = seconds
            self.moved.emit(seconds)

    def _go(self, label: str, seconds: float) -> None:
        """Stand there, with the film's picture in the document."""
        left, recipe = self.left, self.document.recipe
        if not self.empty and self._film_at(self._home) != recipe:
            left = Left(self._home, recipe)
        self._stand(seconds)
        if not self.empty and self._here(self.timeline):
            self._change(label, self._film_at(seconds), None, _GOING, left)
        else:
            self._note()
            self.changed.emit()

    def _change(
        self,
        label: str,
        recipe: Recipe | None,
        timeline: Timeline | None,
        merge: str | None,
        left: Left | None = None,
    ) -> None:
        self._own, self.left = True, left
        try:
            self.document.change(label, recipe=recipe, timeline=timeline, merge=merge)
        finally:
            self._own = False
        self._settle(self._home)

    def _settle(self, seconds: float) -> None:
        """The document has changed: its picture is the one of that time."""
        self._home = min(seconds, self.reach)
        self._note()
        if not self.playing:
            self._pass(self._home)
        self.changed.emit()

    def _note(self) -> None:
        state, history = self.document.state, self.document.history
        folded = history.redo_label is None and history.previous is not self._seen
        if folded and state is not self._seen:
            self._stood.forget(self._seen)
        self._seen = state
        self._stood.note(state, self._home)

    # -- news ----------------------------------------------------------------------------

    def _on_history(self) -> None:
        if not self._own and self.document.state is not self._seen:
            self._on_others(self._seen, self.document.state)

    def _on_others(self, before: State, now: State) -> None:
        """Undo and redo take the playhead along; another film shows where its picture is."""
        seconds = self._stood.time_of(now)
        new = seconds is None
        if new and now.timeline != before.timeline:
            seconds = self._place_of(now.recipe)
        self.left = None
        self._settle(self._home if seconds is None else seconds)
        if new and now.recipe != before.recipe:
            self._on_other_picture()

    def _on_other_picture(self) -> None:
        """The hand has changed the document's picture."""

    def _place_of(self, recipe: Recipe) -> float | None:
        """The first key, or else the beginning, where the film shows a picture; None if neither."""
        if self.empty:
            return 0.0
        places = (0.0, *self.timeline.marks)
        return next((time for time in places if self._film_at(time) == recipe), None)
