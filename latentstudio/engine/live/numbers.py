"""Numbers that follow the hand: interpolated while it moves, measured while it rests.

Pictures are drawn in the engine's thread, in slices while nothing is asked of it; what they say
is worked out in a thread of its own, one short piece at a time. Importable without torch.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from latentstudio.engine.device import import_torch
from latentstudio.engine.live.values import TICK, Orders
from latentstudio.engine.live.values import Curve as Curve

if TYPE_CHECKING:
    from latentstudio.document.sampling import Sampling
    from latentstudio.engine.engine import Engine
    from latentstudio.engine.live.samples import SampleSet as SampleSet
    from latentstudio.engine.live.worker import Worker
    from latentstudio.metrics.quality import Quality
    from latentstudio.metrics.reals import Reals
    from latentstudio.metrics.spaces.features import Features

_log = logging.getLogger(__name__)


class LiveNumbers:
    """FID, KID, precision and recall of the present settings, all the time.

    Nothing runs before it knows what to measure against (:meth:`open`) and what to
    :meth:`follow`, and is active (:meth:`set_active`). Methods are for any thread and never
    block, but for :meth:`stop`. Callbacks come from other threads, with no lock held; they may
    call any method but wait for none. None comes after :meth:`stop`.

    Parameters
    ----------
    engine
        Draws the samples while the hand rests.
    on_quality
        A :class:`~latentstudio.metrics.quality.Quality`: of kind ``interpolated`` while the hand
        moves, ``measured`` while it rests.
    on_curve
        A :class:`Curve`, anew when more samples stand behind it.
    on_samples
        A :class:`~latentstudio.engine.live.samples.SampleSet`, when it has grown.
    on_state
        A short sentence for a status line, whenever it changes.
    on_error
        One sentence: why there are no numbers.
    on_floor
        The reals against other reals at as many samples, when a measurement has settled.
    cache
        Folder of what outlives the session; None for the user's cache.
    locate
        Content hash to file, as the engine's: a conditional generator's file says which of the
        data's attributes it was told, and so the shares of its classes. Those of the first
        attribute with classes of these names where there is no file.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        on_quality: Callable[[Quality], None],
        on_curve: Callable[[Curve], None],
        on_samples: Callable[[SampleSet], None],
        on_state: Callable[[str], None],
        on_error: Callable[[str], None],
        on_floor: Callable[[Quality], None] = lambda _: None,
        cache: Path | None = None,
        locate: Callable[[str], Path | None] = lambda _: None,
    ) -> None:
        self._engine, self._cache, self._locate = engine, cache, locate
        self._callbacks: dict[str, Callable[..., None]] = {
            "quality": on_quality,
            "curve": on_curve,
            "samples": on_samples,
            "state": on_state,
            "error": on_error,
            "floor": on_floor,
        }
        self._condition = threading.Condition()
        self._orders = Orders()
        self._news = self._holding = self._stopped = False
        self._thread: threading.Thread | None = None
        self._worker: Worker | None = None

    def open(self, real_spec: str | Path, features_spec: str | Path) -> None:
        """Measure against these reals in this feature space.

        Parameters
        ----------
        real_spec
            See :func:`~latentstudio.metrics.reals.open_reals`.
        features_spec
            See :func:`~latentstudio.metrics.spaces.register.open_space`.
        """
        with self._condition:
            opening = self._orders.opening + 1
            self._order(real=str(real_spec), features=str(features_spec), opening=opening)

    def follow(self, sampling: Sampling, moving: bool) -> None:
        """Turn to a sampling; the latest wins.

        Parameters
        ----------
        sampling
            The present settings.
        moving
            Whether the hand is about to change them again.
        """
        with self._condition:
            # Where the settings stay (another point is dragged), what is measured goes on.
            if sampling != self._orders.sampling or not moving:
                self._order(sampling=sampling, moving=moving, since=time.monotonic())

    def set_target(self, n: int) -> None:
        """Measure so many samples at rest, at least 16."""
        with self._condition:
            self._order(target=n)

    def set_active(self, active: bool) -> None:
        """Whether anybody looks; nothing runs otherwise."""
        with self._condition:
            self._order(active=active)

    def stop(self) -> None:
        """End the thread and wait for it: for the piece in hand."""
        with self._condition:
            self._stopped = self._news = True
            self._condition.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def samples(self) -> SampleSet | None:
        """What was drawn of the sampling that was last measured; None when nothing was."""
        worker = self._worker
        desk, study = (worker.desk, worker.study) if worker is not None else (None, None)
        if desk is None or study is None:
            return None
        return study.samples.snapshot(desk.reals.side, desk.features)

    def floor(self, n: int) -> Quality | None:
        """Reals against other reals at n samples, once a measurement has settled there."""
        desk = self._worker.desk if self._worker is not None else None
        return None if desk is None else desk.known_floor(n)

    @property
    def reals(self) -> Reals | None:
        """The reals in use; None while they are not open."""
        desk = self._worker.desk if self._worker is not None else None
        return None if desk is None else desk.reals

    @property
    def features(self) -> Features | None:
        """The feature space in use; None while it is not open."""
        desk = self._worker.desk if self._worker is not None else None
        return None if desk is None else desk.features

    def _order(self, **changes: object) -> None:
        """Change the orders; the lock is held."""
        self._orders = replace(self._orders, **changes)  # type: ignore[arg-type]
        if self._thread is None and self._orders.active and not self._stopped:
            self._thread = threading.Thread(target=self._serve, name="numbers", daemon=True)
            self._thread.start()
        self._wake()

    def _wake(self) -> None:
        with self._condition:
            self._news = True
            if not self._holding:
                self._condition.notify_all()

    def _newest(self) -> Orders | None:
        """The orders by now; None when it is over."""
        with self._condition:
            return None if self._stopped else self._orders

    def _serve(self) -> None:
        try:
            import_torch()
            from latentstudio.engine.live.store import Store
            from latentstudio.engine.live.worker import Worker
        except Exception as error:  # whatever a broken installation of torch raises
            self._tell("error", f"Nothing can be measured ({error}): reinstall latentstudio")
            return
        store = Store(self._cache)
        worker = Worker(self._engine, store, self._tell, self._wake, self._newest, self._locate)
        self._worker = worker
        pause = 0.0
        while (orders := self._wait(pause)) is not None:
            pause = worker.turn(orders)
        worker.halt()

    def _wait(self, pause: float) -> Orders | None:
        """Sleep until there is news or the pause is over; the orders, or None when it is over.

        In a short pause news can wait: being woken for each takes time from the engine's thread.
        """
        with self._condition:
            self._holding = 0.0 < pause <= TICK
            self._condition.wait_for(
                lambda: self._stopped or (self._news and not self._holding),
                None if pause == inf else max(0.0, pause),
            )
            self._news = self._holding = False
            return self._newest()

    def _tell(self, kind: str, value: object) -> None:
        """Call back; an exception there is the caller's, and must not end the thread."""
        if self._stopped:
            return
        try:
            self._callbacks[kind](value)
        except Exception:
            _log.exception("a callback of the live numbers raised")
