"""The first frame of the film, and how long a frame takes: drawn while the hand rests."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
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


class Sample(QObject):
    """Four exact frames of a timeline: the first to be seen, the others to be timed.

    Signals
    -------
    changed()
        There is another first frame, another time, or something went wrong.

    Attributes
    ----------
    pixels
        uint8 [H, W, 4] of the first frame, None until it was drawn.
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
        self.pixels: NDArray[np.uint8] | None = None
        self.seconds: float | None = None
        self.trouble = ""
        self._recipe: Recipe | None = None
        self._run = 0
        self._job: Job | None = None
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)

    def look_at(self, timeline: Timeline) -> None:
        """Draw the beginning of a timeline, unless it is known."""
        first = timeline.recipe(0)
        if self._engine is None or first == self._recipe:
            return
        self.stop()
        self._recipe, run = first, self._run

        def work(draw: Draw) -> Iterator[float]:
            self._told.emit(run, draw(first))
            yield 0.0
            fastest = inf  # whatever else the machine is busy with only adds
            for quarter in (1, 2, 3):
                frame = draw(timeline.recipe(quarter * timeline.frames // 4))
                fastest = min(fastest, frame.seconds)
                self._told.emit(run, fastest)
                yield quarter / 3

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
        self._recipe = None
        if self._job is not None:
            self._job.cancel()

    def _on_told(self, run: int, news: Frame | float | str) -> None:
        if run != self._run:
            return
        self.trouble = ""
        if isinstance(news, str):
            self.trouble = news
            self._recipe = None  # to be tried again: the checkpoint may come
        elif isinstance(news, float):
            self.seconds = news
        else:
            self.pixels = news.pixels
        self.changed.emit()
