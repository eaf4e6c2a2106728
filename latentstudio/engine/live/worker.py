"""The thread of the live numbers: one short piece of work at a time, the newest wish first."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import glance
from latentstudio.engine.device import resolve_device, settle_threads
from latentstudio.engine.errors import SupersededError, unmeasured
from latentstudio.engine.live.desk import Desk
from latentstudio.engine.live.grid import PSI, axis_between
from latentstudio.engine.live.store import Store
from latentstudio.engine.live.study import Study
from latentstudio.engine.live.values import TICK, Curve, Orders
from latentstudio.metrics.reals import open_reals
from latentstudio.metrics.spaces.register import open_space

if TYPE_CHECKING:
    from latentstudio.document.sampling import Sampling
    from latentstudio.engine.engine import Engine
    from latentstudio.engine.job import Job
    from latentstudio.generators.protocol import Generator

READING = 0.15  # seconds between two measured ones
FLOOR = 5000  # samples up to which reals are held against reals: a second or two in one piece
REST = 0.3  # seconds after which a hand that says nothing more is taken to rest
_log = logging.getLogger(__name__)


class Worker:
    """Turns orders into numbers; all methods but ``samples`` are for one thread.

    Parameters
    ----------
    engine
        Draws the samples.
    store
        Where grids outlive the session.
    tell
        ``tell(kind, value)`` with kind ``quality``, ``curve``, ``samples``, ``state`` or
        ``error``, from this thread or the engine's.
    wake
        Has :meth:`turn` called again.
    newest
        The orders by now, asked in the middle of long work.
    locate
        Content hash to file, or None when it is not here.
    """

    def __init__(
        self,
        engine: Engine,
        store: Store,
        tell: Callable[[str, object], None],
        wake: Callable[[], None],
        newest: Callable[[], Orders | None],
        locate: Callable[[str], Path | None],
    ) -> None:
        self._engine, self._store = engine, store
        self._tell, self._wake, self._newest = tell, wake, newest
        self._locate = locate
        self.desk: Desk | None = None
        self.study: Study | None = None
        self._opening = 0
        self._job: Job | None = None
        self._chores: Iterator[Curve | None] | None = None
        self._sampling: Sampling | None = None
        self._axis = PSI
        self._answered: Orders | None = None
        self._ticked = self._read = -inf
        self._state = ""

    def turn(self, orders: Orders) -> float:
        """Do what is most urgent; seconds until there is something to do, unless woken."""
        settle_threads(1)  # more would take the engine's core
        try:
            return self._turn(orders)
        except SupersededError:
            self._opening = 0
            return 0.0
        except Exception as error:
            _log.debug("live numbers", exc_info=error)
            self._fail(unmeasured(error, self._engine.device))
            return inf

    def halt(self) -> None:
        """Draw nothing more."""
        if self._job is not None:
            self._job.cancel()
        self._job = self._chores = None
        if self.study is not None:
            self.study.read = 0  # to be said again when it is gone on with

    def _turn(self, orders: Orders) -> float:
        sampling = orders.sampling
        if not (orders.active and orders.opening and sampling is not None):
            self.halt()
            return inf
        if orders.opening != self._opening:
            self._open(orders)
        if self.desk is None:
            return inf
        if sampling != self._sampling:
            self._axis, self._sampling = axis_between(self._sampling, sampling), sampling
        if self.study is None:  # a hand that moves already gets what is kept
            self.study = self.desk.study(sampling, self._axis, orders.target)
        rests = orders.since + REST if orders.moving else 0.0
        now = time.monotonic()
        if now < rests:
            self.halt()
            return min(self._interpolate(self.desk, orders, now), rests - now)
        return self._measure(self.desk, sampling, orders.target, now)

    def _open(self, orders: Orders) -> None:
        self.halt()
        self.desk = self.study = None
        self._opening = orders.opening
        self._say("Opening the data to compare with")

        def progress(share: float) -> None:
            newest = self._newest()
            if newest is None or not newest.active or newest.opening != orders.opening:
                raise SupersededError
            self._say(f"Looking at the data: {share:.0%}")

        features = open_space(orders.features, resolve_device(self._engine.device))
        reals = open_reals(orders.real, features, progress=progress)
        self.desk = Desk(features, reals, self._store, self._condition)

    def _condition(self, checkpoint: str) -> str:
        """What the checkpoint's file says that it was told in training."""
        path = self._locate(checkpoint)
        try:
            told = glance(path).training.get("condition") if path is not None else ""
        except CheckpointError:  # the engine says so
            return ""
        return str(told or "")

    def _interpolate(self, desk: Desk, orders: Orders, now: float) -> float:
        """Answer a moving hand, at most every TICK."""
        if orders is self._answered:
            return inf
        if now < self._ticked + TICK:
            return self._ticked + TICK - now
        assert orders.sampling is not None
        grid = desk.grid_through(orders.sampling)
        if grid is not None and grid.prepare(orders.sampling):
            return 0.0  # a newer wish may go first
        self._answered, self._ticked = orders, now
        if grid is None:
            self._say("Rest the hand to measure")
        else:
            self._tell("quality", grid.quality(orders.sampling))
            self._say("Interpolated while the hand moves")
        return TICK

    def _measure(self, desk: Desk, sampling: Sampling, target: int, now: float) -> float:
        """Go on with measuring a hand's rest: a reading when it is due, or a chore."""
        study = self.study
        if study is None or study.sampling != sampling:
            self.halt()
            study = self.study = desk.study(sampling, self._axis, target)
        study.target = target
        if study.more and (self._job is None or self._job.finished):
            self._job = self._engine.study(
                sampling.generator, self._step(study), done=self._wake, failed=self._on_failed
            )
        self._say(study.state())
        due = self._read + READING
        if study.unread and now >= due:
            self._read = now
            self._tell("quality", study.reading())
            self._tell("samples", study.samples.snapshot(desk.reals.side, desk.features))
            return 0.0
        if self._chores is None and not study.failed and desk.has_chores(study):
            self._chores = desk.chores(study)
        if self._chores is not None:
            try:
                curve = next(self._chores)
            except StopIteration:
                self._chores = None
            else:
                if curve is not None:
                    self._tell("curve", curve)
            return 0.0
        if study.settled and target <= FLOOR and desk.known_floor(target) is None:
            self._tell("floor", desk.floor(target))
        return due - now if study.unread else inf

    def _step(self, study: Study) -> Callable[[Generator], bool]:
        def step(generator: Generator) -> bool:
            more = study.step(generator)
            self._wake()
            return more

        return step

    def _on_failed(self, sentence: str) -> None:
        """The engine could not draw samples; in its thread."""
        self._fail(sentence)
        self._wake()

    def _fail(self, sentence: str) -> None:
        """Nothing can be measured here; other settings may do."""
        if self.study is not None:
            self.study.failed = True
        self._say("Nothing is measured")
        self._tell("error", sentence)

    def _say(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self._tell("state", state)
