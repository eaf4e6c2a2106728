"""The film in the window: the playhead, and keys. One for all widgets."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, QTimer

from latentstudio.document.checks import RecipeError
from latentstudio.document.timeline.fitting import fitted
from latentstudio.ui.timeline.changes import without_motion
from latentstudio.ui.timeline.courses import without_stale
from latentstudio.ui.timeline.moment import ROOM
from latentstudio.ui.timeline.playhead import Playhead
from latentstudio.ui.timeline.words import clock as clock_words
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.document.document import Document
    from latentstudio.document.recipe import Recipe
    from latentstudio.document.timeline.timeline import Loop, Timeline

REST = 300  # ms without a change after which auto key sets its key
ONWARD = ROOM  # seconds from a new last key to where the playhead waits for the next
LONGER = "The film lasts {:g} s now: from its last key it goes back to the first."
SHORTER = "The film lasts {:g} s again, up to its last key."
STALE = (
    "{} goes at even steps again: its pace was measured for another way. Constant speed measures"
    " it anew."
)


class TimelineModel(Playhead):
    """Keys at the playhead; the timeline is the document's, and every change undoable.

    Parameters and signals are the playhead's.

    Attributes
    ----------
    auto_key
        Whether every change of the picture becomes a key once the hand rests.
    """

    def __init__(
        self,
        document: Document,
        show: Callable[[Recipe], object],
        locate: Callable[[str], Path | None],
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(document, show, locate, parent, clock)
        self.auto_key = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._on_rest)

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

    def play(self) -> None:
        """See the playhead."""
        self._rest_now()
        super().play()

    def stop(self) -> None:
        """See the playhead."""
        super().stop()
        self._rest.stop()

    def set_key(self) -> None:
        """At the playhead the film shows the document's picture.

        After a new last key the playhead goes on, so that changing the picture and setting the
        next key makes a film.
        """
        self.pause()
        self._rest.stop()
        seconds = self._time
        last = not any(mark >= seconds for mark in self.timeline.marks)
        if self._set("Set key") and last:
            self._settle(seconds + ONWARD)

    def set_loop(self, loop: Loop) -> None:
        """Play in another way; no key is lost, and if the film gets another length it is told."""
        before = self.timeline.length
        if self.following and self._time > before:  # where it waits, a loop shows the way back
            self._stand(before)
        self.change("Loop", lambda t: msgspec.structs.replace(t, loop=loop))
        after = self.timeline.length
        if after != before:
            self.troubled.emit((LONGER if after > before else SHORTER).format(round(after, 2)))

    def change(
        self,
        label: str,
        make: Callable[[Timeline], Timeline],
        merge: str | None = None,
        since: Timeline | None = None,
    ) -> bool:
        """Change the timeline (undoable); the picture goes with it if it is the film's.

        The film ends where its keys do, unless a hand has set its length. A pace goes that was
        measured for another way than its stretch has now; a sentence is told.

        Parameters
        ----------
        since
            Of a stroke, the timeline at its begin; None for the one there is.

        Returns
        -------
        bool
            Whether it could be; else a sentence is told.
        """
        followed = self.following
        origin = self.timeline if since is None else since
        after = self._made(lambda timeline: fitted(origin, make(timeline)))
        if after is None:
            return False
        after, dropped = without_stale(origin, after)
        recipe = after.at(min(self._time, after.length)) if followed and after.marks else None
        self._change(label, recipe, after, merge)
        if dropped:
            self.troubled.emit(STALE.format(" and ".join(dropped)))
        return True

    def take(
        self, label: str, make: Callable[[Timeline], Timeline], key: int | None = None
    ) -> None:
        """Take another film in the place of this one (undoable).

        It shows its beginning, or the key of that number.
        """
        after = self._made(make)
        if after is not None:
            self._end_playing()
            self._stand(0.0 if key is None else after.marks[key])
            recipe = after.at(self._time) if after.marks and self._here(after) else None
            self._change(label, recipe, after, None)

    def ready(self, timeline: Timeline) -> Timeline:
        """The timeline with a first key, of the document's picture, if it has none."""
        return timeline if timeline.marks else timeline.with_mark(0.0, self.document.recipe)

    def _set(self, label: str) -> bool:
        if self.foreign:
            self.troubled.emit(self.foreign)
            return False
        recipe, seconds = self.document.recipe, self._time
        bare = without_motion(self.timeline, recipe, min(seconds, self.timeline.length))
        return self.change(
            f"{label} at {clock_words(seconds)}", lambda t: t.with_mark(seconds, bare)
        )

    def _made(self, make: Callable[[Timeline], Timeline]) -> Timeline | None:
        """What is made of the timeline; None, and a sentence is told, where it cannot be."""
        try:
            return make(self.timeline)
        except RecipeError as error:
            self.troubled.emit(sentence(error))
            return None

    def _go(self, label: str, seconds: float) -> None:
        self._rest_now()
        super()._go(label, seconds)

    def _on_other_picture(self) -> None:
        if self.auto_key and not self.foreign:
            self._rest.start()

    def _rest_now(self) -> None:
        """The hand goes elsewhere: what auto key waits to set is set."""
        if self._rest.isActive():
            self._rest.stop()
            self._on_rest()

    def _on_rest(self) -> None:
        if self.auto_key and not self.following:
            self._set("Auto key")
