"""Where requests and background work wait for the engine's thread. No torch, no Qt.

One slot, not a queue, holds the next recipe: a newer one replaces it, so that a drag never
waits behind its own past. Jobs wait behind the slot, and take turns.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.job import Job


@dataclass(frozen=True, slots=True)
class Request:
    """A recipe to draw.

    Attributes
    ----------
    number
        Counts up from 1.
    recipe
        What to draw.
    preview
        Whether a coarser picture will do.
    """

    number: int
    recipe: Recipe
    preview: bool


class Mailbox:
    """Latest-wins slot and round of jobs, between any threads and the one that serves."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._numbers = itertools.count(1)
        self._waiting: Request | None = None
        self._jobs: deque[Job] = deque()
        self._closed = False

    def put(self, recipe: Recipe, preview: bool = False) -> int:
        """Replace whatever request waits; returns the new one's number. Never blocks."""
        with self._condition:
            number = next(self._numbers)
            if not self._closed:
                self._waiting = Request(number, recipe, preview)
                self._condition.notify()
            return number

    def submit(self, job: Job) -> bool:
        """Line a job up for its turns; False when the mailbox is closed."""
        with self._condition:
            if self._closed:
                return False
            self._jobs.append(job)
            self._condition.notify()
            return True

    def take(self, timeout: float | None = None) -> Request | Job | None:
        """Wait for the next thing to do: the request if one waits, otherwise the next job.

        A job that is taken is out of the round: :meth:`submit` it again after its slice.

        Parameters
        ----------
        timeout
            Seconds; None waits for ever.

        Returns
        -------
        Request, Job or None
            None once the mailbox is closed or the time is over.
        """
        with self._condition:
            self._condition.wait_for(self._ready, timeout)
            if self._closed:
                return None
            request, self._waiting = self._waiting, None
            if request is not None:
                return request
            return self._jobs.popleft() if self._jobs else None

    @property
    def preview_waits(self) -> bool:
        """Whether a request that a preview will do for is in the slot."""
        waiting = self._waiting
        return waiting is not None and waiting.preview

    def close(self) -> list[Job]:
        """Wake the server for the last time; returns the jobs that were left."""
        with self._condition:
            self._closed = True
            self._waiting = None
            left = list(self._jobs)
            self._jobs.clear()
            self._condition.notify_all()
            return left

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    def _ready(self) -> bool:
        return self._closed or self._waiting is not None or bool(self._jobs)
