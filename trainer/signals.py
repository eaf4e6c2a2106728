"""A run's end by signal, and the bar that shows how far it is."""

from __future__ import annotations

import math
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from tqdm import tqdm


class Stopped(Exception):  # noqa: N818 - an outcome, not an error
    """Raised after a clean save when a signal asked for an end; holds the signal's number."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


@contextmanager
def caught_signals() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM instead of dying of them; a second one has its usual effect."""
    caught: list[int] = []
    usual: dict[signal.Signals, Any] = {}

    def catch(number: int, frame: FrameType | None) -> None:
        caught.append(number)
        for other, handler in usual.items():
            signal.signal(other, handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        usual[number] = signal.signal(number, catch)
    try:
        yield caught
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def progress(total: float, done: int, shown: bool = True) -> tqdm:
    """A bar in pictures, with speed and time to go; sparse where nobody is watching."""
    return tqdm(
        total=math.ceil(total),
        initial=done,
        unit="img",
        unit_scale=True,
        mininterval=0.5 if sys.stderr.isatty() else 60.0,
        dynamic_ncols=sys.stderr.isatty(),
        disable=not shown,
    )
