"""Threads of the editor: one for each kind of question, in which the newest one wins. No torch."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from latentstudio.engine.device import import_torch, settle_threads
from latentstudio.engine.errors import EngineError, SupersededError, out_of_memory, unmeasured

if TYPE_CHECKING:
    from latentstudio.engine.engine import Engine
    from latentstudio.engine.job import Job
    from latentstudio.generators.protocol import Generator

T = TypeVar("T")
Tell = Callable[..., None]
_log = logging.getLogger(__name__)


class Task:
    """One order in work. Its methods are for the thread that works on it, but for those named.

    Parameters
    ----------
    engine
        Has the generators.
    tell
        ``tell(kind, *values)`` calls back.
    """

    def __init__(self, engine: Engine, tell: Tell) -> None:
        self._engine, self._tell = engine, tell
        self._condition = threading.Condition()
        self._over = False
        self._job: Job | None = None

    @property
    def device(self) -> str:
        """Where the engine draws."""
        return self._engine.device

    @property
    def over(self) -> bool:
        """Whether nobody waits for it any more. From any thread."""
        return self._over

    def cancel(self) -> None:
        """Nobody waits for it any more; nothing is told from now on. From any thread."""
        with self._condition:
            self._over = True
            if self._job is not None:
                self._job.cancel()
            self._condition.notify_all()

    def nudge(self) -> None:
        """Have :meth:`wait` look again. From any thread."""
        with self._condition:
            self._condition.notify_all()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Sleep until the condition holds; SupersededError when nobody waits any more."""
        with self._condition:
            self._condition.wait_for(lambda: self._over or condition())
            self.check()

    def check(self) -> None:
        """Raise SupersededError when nobody waits any more. From any thread."""
        if self._over:
            raise SupersededError

    def tell(self, kind: str, *values: object) -> None:
        """Call back, unless nobody waits any more. From any thread."""
        if not self._over:
            self._tell(kind, *values)

    def slices(self, key: str, step: Callable[[Generator], bool], quiet: bool = True) -> None:
        """Have the engine call ``step`` until it says that there is no more, and wait.

        Parameters
        ----------
        key, step, quiet
            As for :meth:`~latentstudio.engine.engine.Engine.study`.

        Raises
        ------
        SupersededError
            When nobody waits any more.
        EngineError
            When the generator cannot be used; and whatever ``step`` raises.
        """
        ends: list[Exception | None] = []

        def careful(generator: Generator) -> bool:
            try:
                return step(generator)
            except SupersededError:
                raise
            except Exception as error:
                if out_of_memory(error):  # the engine makes room
                    raise
                end(error)
                return False

        def end(error: Exception | None = None) -> None:
            with self._condition:
                ends.append(error)
                self._condition.notify_all()

        with self._condition:
            self.check()
            self._job = self._engine.study(
                key,
                careful,
                done=end,
                failed=lambda sentence: end(EngineError(sentence)),
                quiet=quiet,
            )
            job = self._job
        self.wait(lambda: bool(ends) or job.finished)
        if not ends:  # the engine is closed
            raise SupersededError
        if ends[0] is not None:
            raise ends[0]

    def once(self, key: str, work: Callable[[Generator], T]) -> T:
        """What ``work`` makes with a generator in one slice; raises as :meth:`slices` does."""
        made: list[T] = []

        def step(generator: Generator) -> bool:
            made.append(work(generator))
            return False

        self.slices(key, step)
        return made[0]


class Lane:
    """Works on the newest of its orders, in a thread that lives as long as there are any.

    Parameters
    ----------
    name
        Of its thread.
    engine, tell
        See :class:`Task`.
    """

    def __init__(self, name: str, engine: Engine, tell: Tell) -> None:
        self._name, self._engine, self._tell = name, engine, tell
        self._lock = threading.Lock()
        self._next: tuple[Task, Callable[[Task], None]] | None = None
        self._task: Task | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False

    def order(self, work: Callable[[Task], None]) -> Task | None:
        """Work on this in place of what is going on; None once it is stopped. Never blocks."""
        task = Task(self._engine, self._tell)
        with self._lock:
            if self._stopped:
                return None
            if self._task is not None:
                self._task.cancel()
            self._task, self._next = task, (task, work)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
                self._thread.start()
        return task

    def nudge(self) -> None:
        """Have the task that is going on look at what it waits for."""
        with self._lock:
            if self._task is not None:
                self._task.nudge()

    def cancel(self) -> None:
        """Let go of what is going on."""
        with self._lock:
            self._next = None
            if self._task is not None:
                self._task.cancel()

    def stop(self) -> None:
        """Let go of what is going on, take no more, and wait for the thread."""
        with self._lock:
            self._stopped = True
            thread = self._thread
        self.cancel()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _serve(self) -> None:
        while (order := self._take()) is not None:
            task, work = order
            try:
                import_torch()
                settle_threads(1)  # more would take the engine's core
                work(task)
            except SupersededError:
                pass
            except Exception as error:
                _log.debug("editing", exc_info=error)
                task.tell("error", unmeasured(error, self._engine.device))

    def _take(self) -> tuple[Task, Callable[[Task], None]] | None:
        with self._lock:
            order, self._next = self._next, None
            if order is None:
                self._thread = None
            return order
