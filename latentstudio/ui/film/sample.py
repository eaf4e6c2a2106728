"""A few frames of the film: seen, timed and weighed; drawn while the hand rests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from latentstudio.engine.job import Job

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.document.recipe import Recipe
    from latentstudio.document.timeline.timeline import Timeline
    from latentstudio.engine.engine import Engine
    from latentstudio.engine.frame import Frame
    from latentstudio.engine.job import Draw

COUNT = 4


class Sample(QObject):
    """Four exact frames of a timeline: the first to be seen, all to be weighed.

    Signals
    -------
    changed()
        There is another first frame, another time, or something went wrong.

    Attributes
    ----------
    frames
        What was drawn so far, the first frame first.
    seconds
        That a frame takes; None until that was measured. The first does not count: a checkpoint
        may have to be loaded for it.
    trouble
        Why there is none: one sentence; else empty.
    """

    changed = Signal()
    _told = Signal(int, object)

    def __init__(self, engine: Engine | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self.frames: list[Frame] = []
        self.seconds: float | None = None
        self.trouble = ""
        self._recipe: Recipe | None = None
        self._stale = True  # the frames, if there are any, are those of the film as it was
        self._run = 0
        self._job: Job | None = None
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)

    @property
    def pixels(self) -> NDArray[np.uint8] | None:
        """uint8 [H, W, 4] of the first frame, None until it was drawn."""
        return self.frames[0].pixels if self.frames else None

    @property
    def whole(self) -> bool:
        """Whether all four are there."""
        return len(self.frames) == COUNT and not self._stale

    def look_at(self, timeline: Timeline) -> None:
        """Draw the beginning of a timeline, unless it is known."""
        first = timeline.recipe(0)
        if self._engine is None or first == self._recipe:
            return
        self.stop()
        self._recipe, run = first, self._run

        def work(draw: Draw) -> Iterator[float]:
            for quarter in range(COUNT):
                self._told.emit(run, draw(timeline.recipe(quarter * timeline.frames // COUNT)))
                yield (quarter + 1) / COUNT

        self._job = Job(
            work,
            title="First frame",
            failed=lambda text: self._told.emit(run, text),
            quiet=True,
        )
        self._engine.submit(self._job)

    def stop(self) -> None:
        """Nobody waits for it any more."""
        self._run += 1
        self._recipe, self._stale = None, True
        if self._job is not None:
            self._job.cancel()

    def _on_told(self, run: int, news: Frame | str) -> None:
        if run != self._run:
            return
        self.trouble = ""
        if isinstance(news, str):
            self.trouble = news
            self._recipe = None  # to be tried again: the checkpoint may come
        else:
            if self._stale:
                self.frames.clear()
                self._stale = False
            self.frames.append(news)
            # Whatever else the machine is busy with only adds.
            times = [frame.seconds for frame in self.frames[1:]]
            self.seconds = min(times) if times else self.seconds
        self.changed.emit()
