"""An inverter that answers when a test says so, and pictures for it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image

from latentstudio.document.vector import Vector
from latentstudio.engine.inverting.values import (
    Answer,
    Ended,
    Gauge,
    Guess,
    Progress,
    Tuned,
    Tuning,
)

OWN = Gauge(0.41, "close to the generator's own", "41% of its own pictures lie nearer the mean.")
FAR = Gauge(1.0, "far outside", "No picture of its own lies as far out: edits may fall apart.")
STARTS = 8


def vector(value=1.0):
    return Vector.of("w", np.full(32, value, np.float32))


def flat(*colour, side=64):
    return np.full((side, side, 3), colour, np.uint8)


def photograph(path, size=(300, 200), colours=((200, 40, 40), (40, 40, 200))):
    """A file: the left half of one colour, the right of another."""
    picture = Image.new("RGB", size, colours[0])
    picture.paste(colours[1], (size[0] // 2, 0, *size))
    picture.save(path)
    return path


def progress(step=10, alive=range(STARTS), best=2, distance=0.2, gauge=OWN, steps=300):
    alive = tuple(alive)
    curves = {
        start: tuple((s, (start + 2) / (1 + s / 20)) for s in range(0, step + 1, 2))
        for start in range(STARTS)
    }
    pictures = np.stack([flat(30 * start, 90, 120) for start in alive])
    losses = tuple(curves[start][-1][1] for start in alive)
    origins = ("encoder", "sample", "sample", *["seed"] * (STARTS - 3))
    return Progress(step, steps, 12.4, pictures, losses, alive, origins, curves, best, distance,
                    gauge, vector(step), flat(30 * best, 90, 120))  # fmt: skip


def answers(count=1):
    return tuple(
        Answer(vector(n + 1.0), 0.1 + n, 0.04 + 0.1 * n, flat(60 * n + 30, 120, 90), OWN)
        for n in range(count)
    )


class FakeInverter:
    """Keeps what it is asked."""

    made: ClassVar[list] = []

    def __init__(self, engine, locate, *, differences=None, **callbacks):
        self.callbacks = callbacks
        self.calls = []
        self.stopped = False
        FakeInverter.made.append(self)

    def __getattr__(self, name):
        def call(*values):
            self.calls.append((name, *values))

        return call

    def tell(self, kind, *values):
        self.callbacks[f"on_{kind}"](*values)

    def stop_all(self):
        self.stopped = True

    # -- what it says --------------------------------------------------------------------

    def names(self):
        return [call[0] for call in self.calls]

    @property
    def order(self):
        return next(call[1] for call in reversed(self.calls) if call[0] == "invert")

    def guess(self, value=0.5):
        self.tell("guess", Guess(vector(value), 0.03))

    def go(self, *values, **keys):
        self.tell("progress", progress(*values, **keys))

    def end(self, count=1, warning="", reason="All steps are done."):
        self.tell("ended", Ended(self.order, answers(count), reason, warning))

    def finish_tuning(self, recipe):
        self.tell("tuning", Tuning(5, 150, 7.0, 0.2, flat(9, 9, 9)))
        self.tell("tuned", Tuned(recipe, "cd" * 32, Path("x"), 0.3, 0.1))
