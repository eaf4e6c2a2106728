"""An editor without pictures: it answers when a test says so, and is asked what it was asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from latentstudio.data.attributes import Attribute
from latentstudio.document.direction import Leak
from latentstudio.document.edit import Edit
from latentstudio.document.vector import Vector
from latentstudio.engine.editing.values import Ended, Known, Leakage, Reading, Step
from latentstudio.metrics.columns import columns_of
from latentstudio.metrics.population import Population

ATTRIBUTES = (
    Attribute(name="yaw", kind="continuous", low=-0.65, high=0.65, help="head turn"),
    Attribute(name="smile", kind="continuous", low=-1.0, high=1.0, help="mouth"),
    Attribute(name="glasses", kind="categorical", values=("none", "round", "square")),
    Attribute(name="earrings", kind="binary", values=("no", "yes")),
    Attribute(name="backdrop_hue", kind="continuous", high=1.0, period=1.0),
    Attribute(name="skin_tone", kind="continuous", high=1.0),
    Attribute(name="gaze", kind="continuous", low=-0.5, high=0.5, help="look of the eyes"),
    *(Attribute(name=f"extra_{i}", kind="continuous") for i in range(4)),
)
COLUMNS = columns_of(ATTRIBUTES)
NAMES = [(column.attribute, column.value) for column in COLUMNS]
START = np.zeros(len(COLUMNS))


def at(attribute, value=""):
    return NAMES.index((attribute, value))


def population():
    """Readings vary by 0.25 about 0.5, scores by 1 about 0; gaze hardly, square glasses hardly."""
    count = len(COLUMNS)
    sd = np.full(count, 0.25)
    sd[[at("gaze"), at("glasses", "square")]] = 0.001
    mean = np.full(count, 0.2)
    mean[at("glasses", "none")] = 0.6
    return Population(COLUMNS, 512, mean, sd, np.zeros(count), np.ones(count))


def known(checkpoint="ab" * 32, **changes):
    plain = Known(checkpoint, "portraits", "5f" * 32, ATTRIBUTES, COLUMNS, population(), 512, True)
    return replace(plain, **changes)


def standing(**by_name):
    values = START.copy()
    for name, value in by_name.items():
        values[at(*name.split("__"))] = value
    return values


def readings_of(standing):
    """As the population has it; the classes of glasses are none but for those who stand high."""
    values = 0.2 + 0.25 * standing
    values[at("glasses", "none")] += 0.4
    return values


def edit(key="gradient:smile:w", amount=0.0, name="Smile"):
    return Edit(key, name, Vector.of("w", np.full(32, amount, np.float32)))


def leakage(key="gradient:smile:w", n=256, before=None, after=None, **means):
    leaks = [
        Leak(c.attribute, c.value, m, m - 0.1, m + 0.1, abs(m) + 0.05)
        for c in COLUMNS
        for m in [means.get(c.attribute, 0.0)]
    ]
    return Leakage(key, 1.0, n, 256, COLUMNS, before, after, tuple(leaks))


class FakeEditor:
    """Knows its classifier at once and reads every picture as the mean, unless told otherwise."""

    def __init__(self, engine, locate, **callbacks):
        self.engine, self.locate = engine, locate
        self.callbacks = callbacks
        self.calls = []
        self.goals = []
        self.silent = False
        self.stands = standing()
        self.stopped = False

    def __getattr__(self, name):
        def call(*values):
            self.calls.append((name, *values))

        return call

    def tell(self, kind, *values):
        self.callbacks[f"on_{kind}"](*values)

    def open(self, checkpoint, classifier=None):
        self.calls.append(("open", checkpoint, classifier))
        if not self.silent:
            self.tell("known", known(checkpoint))

    def read(self, recipe):
        self.calls.append(("read", recipe))
        if not self.silent:
            self.tell("reading", Reading(recipe, readings_of(self.stands), self.stands))

    def drive(self, recipe, goal):
        self.calls.append(("drive", recipe, goal))
        self.goals.append(goal)

    def step(self, number, **by_name):
        """One step of the run: the edit's vector is as large as the number."""
        goal, stands = self.goals[-1], standing(**by_name)
        made = edit(f"gradient:{goal.attribute}:{goal.space}", float(number), goal.attribute)
        self.tell("step", Step(number, made, stands, readings_of(stands), 0.05))

    def end(self, reason="Reached.", reached=True):
        self.tell("ended", Ended(None, reason, reached))

    def stop(self):
        self.stopped = True

    def names(self):
        return [call[0] for call in self.calls]
