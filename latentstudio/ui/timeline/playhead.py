"""The playhead: scrubbing and playing."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from latentstudio.ui.timeline.moment import Moment
from latentstudio.ui.timeline.player import Player

if TYPE_CHECKING:
    from latentstudio.document.document import Document, State
    from latentstudio.document.recipe import Recipe
    from latentstudio.document.timeline.timeline import Timeline


class Playhead(Moment):
    """Goes about in the film; what it plays does not come into the document.

    Parameters
    ----------
    document, locate
        As the base's.
    show
        Draws a recipe on the screen at preview quality without changing the document.
    clock
        Seconds that never go back.

    Signals
    -------
    playing_changed(bool)
        It has begun to play, or rests.
    """

    playing_changed = Signal(bool)

    def __init__(
        self,
        document: Document,
        show: Callable[[Recipe], object],
        locate: Callable[[str], Path | None],
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(document, locate, parent)
        self._show = show
        self._player = Player(clock, self)
        self._player.due.connect(self._on_due)
        document.timeline_changed.connect(self._on_timeline)

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._player.going

    def seek(self, seconds: float) -> None:
        """Put the playhead there, within its reach, and the film's picture into the document."""
        self._end_playing()
        self._go("Scrub", min(max(seconds, 0.0), self.reach))

    def play(self) -> None:
        """Play from the playhead; from the start, where a film that plays once has ended."""
        if self.empty or self.playing or not self._here(self.timeline):
            return
        timeline = self.timeline
        begin = min(self._time, timeline.length)
        if timeline.loop == "once" and begin >= timeline.time(timeline.frames - 1):
            begin = 0.0
        self._player.start(begin, float(timeline.fps))
        self.playing_changed.emit(True)
        self.changed.emit()

    def pause(self) -> None:
        """Rest, with the picture that is seen in the document."""
        if self.playing:
            self._end_playing()
            self._go("Play", self._time)

    def turn(self) -> None:
        """Play, or rest."""
        (self.pause if self.playing else self.play)()

    def stop(self) -> None:
        """End what runs by itself (the window is going)."""
        self._end_playing()

    def _end_playing(self) -> None:
        if self.playing:
            self._player.stop()
            self.playing_changed.emit(False)

    # -- news ----------------------------------------------------------------------------

    def _on_due(self, frame: int) -> None:
        timeline = self.timeline
        if timeline.loop == "once" and frame >= timeline.frames:
            # On the last key, where that ends the film: one frame before it, Key would set another.
            ends = timeline.length in timeline.marks
            self._pass(timeline.length if ends else timeline.time(timeline.frames - 1))
            self.pause()
            return
        seconds = timeline.folded(timeline.time(frame))
        self._show(timeline.at(seconds))
        self._pass(seconds)

    def _on_others(self, before: State, now: State) -> None:
        if now.recipe != before.recipe:
            self._end_playing()  # the hand has the picture now
        super()._on_others(before, now)

    def _on_timeline(self, timeline: Timeline) -> None:
        if not timeline.marks:
            self._end_playing()
        self._player.fps = float(timeline.fps)
