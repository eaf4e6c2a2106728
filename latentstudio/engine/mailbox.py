"""Where requests and background work wait for the engine's thread. No torch, no Qt.

One slot, not a queue, holds the next recipe: a newer one replaces it, so that a drag never
waits behind its own past. Jobs wait behind the slot, and take turns; quiet ones wait until no
request has come for a while, so that a hand that moves never meets them.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.job import Job

CALM = 0.15  # seconds without a request after which the hand is taken to rest


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
    """Latest-wins slot and round of jobs, between any threads and the one that serves.

    Parameters
    ----------
    calm
        Seconds after a request in which no quiet job is handed out.
    """

    def __init__(self, calm: float = CALM) -> None:
        self._condition = threading.Condition()
        self._numbers = itertools.count(1)
        self._waiting: Request | None = None
        self._jobs: deque[Job] = deque()
        self._quiet: deque[Job] = deque()
        self._calm = calm
        self._disturbed = -calm  # when the last request came
        self._closed = False

    def put(self, recipe: Recipe, preview: bool = False) -> int:
        """Replace whatever request waits; returns the new one's number. Never blocks."""
        with self._condition:
            number = next(self._numbers)
            if not self._closed:
                self._waiting = Request(number, recipe, preview)
                self._disturbed = time.monotonic()
                self._condition.notify()
            return number

    def submit(self, job: Job) -> bool:
        """Line a job up for its turns; False when the mailbox is closed."""
        with self._condition:
            if self._closed:
                return False
            (self._quiet if job.quiet else self._jobs).append(job)
            self._condition.notify()
            return True

    def take(self, timeout: float | None = None) -> Request | Job | None:
        """Wait for the next thing to do: a request, otherwise the next job, quiet ones last.

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
        end = inf if timeout is None else time.monotonic() + timeout
        with self._condition:
            while not self._closed:
                request, self._waiting = self._waiting, None
                if request is not None:
                    return request
                if self._jobs:
                    return self._jobs.popleft()
                now, calm = time.monotonic(), self._disturbed + self._calm
                if self._quiet and now >= calm:
                    return self._quiet.popleft()
                if now >= end:
                    return None
                until = min(end, calm) if self._quiet else end
                self._condition.wait(None if until == inf else until - now)
            return None

    @property
    def request_waits(self) -> bool:
        """Whether a request is in the slot."""
        return self._waiting is not None

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
            left = [*self._jobs, *self._quiet]
            self._jobs.clear()
            self._quiet.clear()
            self._condition.notify_all()
            return left

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed
