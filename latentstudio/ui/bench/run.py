"""One inspection under way: pictures between the engine's frames, the rest beside it. No Qt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from latentstudio.engine.editing.lane import Lane

if TYPE_CHECKING:
    from latentstudio.engine.editing.lane import Task
    from latentstudio.engine.engine import Engine
    from latentstudio.engine.job import Job
    from latentstudio.generators.protocol import Generator
    from latentstudio.metrics.inspect.run import Inspection
    from latentstudio.ui.bench.wish import Wish

_EARLY = 0.005  # of the share, before which nobody knows how long it takes


def lane_of(name: str, study: Callable[..., Job], tell: Callable[..., None]) -> Lane:
    """A lane where only the engine's studies are at hand."""
    return Lane(name, cast("Engine", _Studies(study)), tell)


class _Studies:
    device = "this device"  # for sentences

    def __init__(self, study: Callable[..., Job]) -> None:
        self.study = study


class Run:
    """An inspection that may rest and go on; nothing that was found is lost.

    Parameters
    ----------
    checkpoint
        Content hash of the generator.
    wish
        What to find out.
    path
        Where the generator is, for the report's command.
    """

    def __init__(self, checkpoint: str, wish: Wish, path: Path | None) -> None:
        self.checkpoint, self.wish = checkpoint, wish
        self._path = path
        self._inspection: Inspection | None = None
        self._one = threading.Lock()  # of a run that was cut off, one slice may still be going on

    def work(self, task: Task) -> None:
        """Begin, or go on; in a lane's thread.

        Tells ``("progress", run, title, share, seconds left or -1)``, ``("report", run, report)``
        whenever a part is finished, and ``("done", run)`` at the end.

        Raises
        ------
        SupersededError
            When nobody waits any more: work may be called again.
        EngineError, ValueError
            One sentence.
        """
        inspection = self._inspection or self._open(task)
        with self._one:
            task.tell("report", self, inspection.report())
        pace = _Pace(inspection.progress)

        def tell() -> None:
            share = inspection.progress
            task.tell("progress", self, inspection.title, share, pace.left(share))

        def draw(_generator: Generator) -> bool:
            title = inspection.title
            with self._one:
                if inspection.draws:
                    inspection.step()
            tell()
            return inspection.draws and inspection.title == title

        while title := inspection.title:
            tell()
            if inspection.draws:
                task.slices(self.checkpoint, draw)
            else:
                with self._one:
                    inspection.step()
            task.check()
            if inspection.title != title:
                task.tell("report", self, inspection.report())
        self._inspection = None  # it holds a generator
        task.tell("done", self)

    def _open(self, task: Task) -> Inspection:
        from latentstudio.metrics.inspect.plan import attributes_of
        from latentstudio.metrics.inspect.run import Inspection
        from latentstudio.metrics.spaces.register import open_space

        task.tell("progress", self, "opening", 0.0, -1.0)
        device = task.once(self.checkpoint, lambda generator: generator.device)
        reader = attributes_of(open_space(self.wish.classifier, device))
        plan = self.wish.plan(self._path)
        self._inspection = task.once(
            self.checkpoint, lambda generator: Inspection(plan, generator, reader)
        )
        return self._inspection


class _Pace:
    """How long the rest takes, by how far it has come since it began or went on."""

    def __init__(self, share: float) -> None:
        self._first, self._began = share, time.monotonic()

    def left(self, share: float) -> float:
        """Seconds; -1 before anybody knows."""
        gained = share - self._first
        if gained < _EARLY:
            return -1.0
        return (time.monotonic() - self._began) * (1.0 - share) / gained
