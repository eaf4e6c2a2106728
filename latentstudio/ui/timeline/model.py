"""The film in the window: where the playhead stands, playing, and keys. One for all widgets."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from latentstudio.document.checks import RecipeError
from latentstudio.ui.timeline.changes import without_motion
from latentstudio.ui.timeline.player import Player
from latentstudio.ui.timeline.words import clock as clock_words
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.document.document import Document
    from latentstudio.document.recipe import Recipe
    from latentstudio.document.timeline.timeline import Timeline

REST = 300  # ms without a change after which auto key sets its key
ONWARD = 2.0  # seconds from a new last key to where the playhead waits for the next
_REMEMBERED = 256
_replace = msgspec.structs.replace


class TimelineModel(QObject):
    """The playhead is view state; everything else is the document's and undoable.

    Parameters
    ----------
    document
        The only holder of state.
    show
        Draws a recipe on the screen at preview quality without changing the document.
    locate
        Content hash of a checkpoint to its file, or None when it is not here.
    clock
        Seconds that never go back.

    Signals
    -------
    moved(float)
        The playhead stands at that time.
    playing_changed(bool)
        It has begun to play, or rests.
    changed()
        The timeline, or whether the picture on the screen is the film's, has changed.
    troubled(str)
        One sentence for the window's bar.
    """

    moved = Signal(float)
    playing_changed = Signal(bool)
    changed = Signal()
    troubled = Signal(str)

    def __init__(
        self,
        document: Document,
        show: Callable[[Recipe], object],
        locate: Callable[[str], Path | None],
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self.document = document
        self._show, self._locate = show, locate
        self._time = 0.0
        self._own = False  # whether the change under way is this model's
        self._stood: OrderedDict[Recipe, float] = OrderedDict()  # so that undo moves the playhead
        self.auto_key = False
        self._player = Player(clock, self)
        self._player.due.connect(self._on_due)
        self._playing = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._on_rest)
        document.recipe_changed.connect(self._on_recipe)
        document.timeline_changed.connect(self._on_timeline)

    # -- what there is -------------------------------------------------------------------

    @property
    def timeline(self) -> Timeline:
        """The film."""
        return self.document.timeline

    @property
    def time(self) -> float:
        """Where the playhead stands, in seconds."""
        return self._time

    @property
    def empty(self) -> bool:
        """Whether no key was set yet."""
        return not self.timeline.marks

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._playing

    @property
    def following(self) -> bool:
        """Whether the picture of the document is what the film shows at the playhead."""
        return not self.empty and self.timeline.at(self._time) == self.document.recipe

    @property
    def foreign(self) -> str:
        """Why keys cannot be set: the film belongs to another checkpoint; else empty."""
        base = self.timeline.base
        if self.empty or base.checkpoint == self.document.recipe.checkpoint:
            return ""
        return (
            f"The film belongs to another checkpoint ({base.checkpoint[:8]}…): open that one to go"
            " on, or clear the timeline."
        )

    # -- time ----------------------------------------------------------------------------

    def seek(self, seconds: float, merge: str | None = None) -> None:
        """Put the playhead there, and the film's picture of that time into the document.

        Parameters
        ----------
        seconds
            Brought within the film.
        merge
            Of one stroke of the hand: all its steps are one undo step.
        """
        self._end_playing()
        self._stand(min(max(seconds, 0.0), self.timeline.length))
        self._take_picture("Scrub", merge)

    def play(self) -> None:
        """Play from the playhead; from the start, where a film that plays once has ended."""
        if self.empty or self._playing or not self._here(self.timeline):
            return
        timeline = self.timeline
        at_end = timeline.loop == "once" and self._time >= timeline.time(timeline.frames - 1)
        self._rest.stop()
        self._playing = True
        self._player.start(0.0 if at_end else self._time, float(timeline.fps))
        self.playing_changed.emit(True)

    def pause(self) -> None:
        """Rest, with the picture that is seen in the document."""
        if self._playing:
            self._end_playing()
            self._take_picture("Play", None)

    def turn(self) -> None:
        """Play, or rest."""
        (self.pause if self._playing else self.play)()

    def stop(self) -> None:
        """End what runs by itself (the window is going)."""
        self._end_playing()
        self._rest.stop()

    # -- keys ----------------------------------------------------------------------------

    def set_key(self) -> None:
        """At the playhead the film shows the document's picture.

        After a new last key the playhead goes on, so that changing the picture and setting the
        next key makes a film.
        """
        self._end_playing()
        seconds = self._time
        last = not any(mark >= seconds for mark in self.timeline.marks)
        if self._set("Set key") and last and seconds + ONWARD <= self.timeline.length:
            self._stand(seconds + ONWARD)
            self.changed.emit()

    def change(
        self, label: str, make: Callable[[Timeline], Timeline], merge: str | None = None
    ) -> bool:
        """Change the timeline (undoable); the picture goes with it if it is the film's.

        Returns whether it could be; else a sentence is told.
        """
        followed = self.following
        after = self._made(make)
        if after is None:
            return False
        recipe = after.at(min(self._time, after.length)) if followed and after.marks else None
        self._change(label, recipe, after, merge)
        return True

    def take(self, label: str, make: Callable[[Timeline], Timeline]) -> None:
        """Take another film in the place of this one, and show its beginning (undoable)."""
        after = self._made(make)
        if after is not None:
            self._end_playing()
            self._stand(0.0)
            recipe = after.at(0.0) if after.marks and self._here(after) else None
            self._change(label, recipe, after, None)

    def ready(self, timeline: Timeline) -> Timeline:
        """The timeline with a first key, of the document's picture, if it has none."""
        return timeline if timeline.marks else timeline.with_mark(0.0, self.document.recipe)

    def _set(self, label: str) -> bool:
        if self.foreign:
            self.troubled.emit(self.foreign)
            return False
        recipe, seconds = self.document.recipe, self._time
        bare = without_motion(self.timeline, recipe, seconds)
        return self.change(
            f"{label} at {clock_words(seconds)}", lambda t: t.with_mark(seconds, bare)
        )

    # -- inside --------------------------------------------------------------------------

    def _made(self, make: Callable[[Timeline], Timeline]) -> Timeline | None:
        """What is made of the timeline; None, and a sentence is told, where it cannot be."""
        try:
            return make(self.timeline)
        except RecipeError as error:
            self.troubled.emit(sentence(error))
            return None

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
        if seconds != self._time:
            self._time = seconds
            self.moved.emit(seconds)

    def _take_picture(self, label: str, merge: str | None) -> None:
        if self.empty or not self._here(self.timeline):
            return
        self._change(label, self.timeline.at(self._time), None, merge)

    def _change(
        self, label: str, recipe: Recipe | None, timeline: Timeline | None, merge: str | None
    ) -> None:
        self._own = True
        self._remember()
        try:
            self.document.change(label, recipe=recipe, timeline=timeline, merge=merge)
        finally:
            self._own = False
        self._remember()
        self.changed.emit()

    def _remember(self) -> None:
        if self.following:
            self._stood[self.document.recipe] = self._time
            self._stood.move_to_end(self.document.recipe)
            if len(self._stood) > _REMEMBERED:
                self._stood.popitem(last=False)

    def _end_playing(self) -> None:
        self._player.stop()
        if self._playing:
            self._playing = False
            self.playing_changed.emit(False)

    def _on_due(self, frame: int) -> None:
        timeline = self.timeline
        if timeline.loop == "once" and frame >= timeline.frames:
            self._stand(timeline.time(timeline.frames - 1))
            self.pause()
            return
        seconds = timeline.folded(timeline.time(frame))
        self._show(timeline.at(seconds))
        self._stand(seconds)

    def _on_recipe(self, recipe: Recipe) -> None:
        if self._own:
            return
        self._end_playing()  # the hand has the picture now
        if recipe in self._stood and self.timeline.at(self._stood[recipe]) == recipe:
            self._stand(self._stood[recipe])
        elif self.auto_key and self.document.history.redo_label is None and not self.foreign:
            self._rest.start()
        self.changed.emit()

    def _on_timeline(self, timeline: Timeline) -> None:
        if not timeline.marks:
            self._end_playing()
        self._player.fps = float(timeline.fps)
        self._stand(min(self._time, timeline.length))
        if not self._own:
            self.changed.emit()

    def _on_rest(self) -> None:
        if self.auto_key and not self.following:
            self._set("Auto key")
