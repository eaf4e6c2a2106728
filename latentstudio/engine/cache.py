"""A bounded cache that forgets what was used longest ago. No torch."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from math import inf
from typing import Generic, TypeVar

V = TypeVar("V")


class LRU(Generic[V]):
    """Keep the ``limit`` most recently used values; safe to use from several threads.

    Parameters
    ----------
    limit
        How many values, at least 1.
    room, size
        What all values may weigh, and what some weigh together: older ones go until the rest
        fits. The newest always stays.
    """

    def __init__(
        self,
        limit: int,
        room: float = inf,
        size: Callable[[Collection[V]], float] = lambda _values: 0.0,
    ) -> None:
        if limit < 1:
            raise ValueError(f"a cache of {limit} values keeps nothing")
        self._limit, self._room, self._size = limit, room, size
        self._values: OrderedDict[Hashable, V] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def __call__(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value kept under ``key``; made, and kept, when there is none.

        The lock is not held while making: two threads may make the same value, which only
        costs time, and a ``make`` that fails leaves nothing behind.
        """
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > 1 and self._over():
                self._values.popitem(last=False)
        return value

    def get(self, key: Hashable) -> V | None:
        """The value kept under ``key``, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def _over(self) -> bool:
        return len(self._values) > self._limit or self._size(self._values.values()) > self._room

    def keep_only(self, key: Hashable) -> None:
        """Forget everything but ``key`` (memory ran out)."""
        with self._lock:
            for other in [k for k in self._values if k != key]:
                del self._values[other]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
