"""Films for the tests of the timeline."""

from __future__ import annotations

import msgspec

from latentstudio.document.document import Document, State
from latentstudio.document.recipe import Point, Recipe, Seed, Truncation
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.ui.timeline.model import TimelineModel
from tests.ui.conftest import CHECKPOINT, stylegan_info

TIMES = (0.0, 2.0, 4.0)


def picture(seed, psi=1.0):
    recipe = Recipe(checkpoint=CHECKPOINT, truncation=Truncation(psi))
    return recipe.with_point(Point("A", Seed(seed)))


PICTURES = (picture(1, 1.0), picture(2, 0.5), picture(3, 0.8))


def film(**changes):
    """Three keys, of point A and psi, in six seconds at 30 fps."""
    made = Timeline()
    for time, recipe in zip(TIMES, PICTURES, strict=True):
        made = made.with_mark(time, recipe)
    return msgspec.structs.replace(made, **changes)


class Clock:
    """Seconds as the test says."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Room:
    """A model over a document of its own, with what it was asked to show and told."""

    def __init__(self, timeline=None, here=True):
        state = State(recipe=PICTURES[0])
        if timeline is not None:
            state = msgspec.structs.replace(state, timeline=timeline, recipe=timeline.at(0.0))
        self.document = Document(state)
        self.document.set_info(stylegan_info())
        self.clock = Clock()
        self.shown, self.told = [], []
        self.model = TimelineModel(
            self.document, self.shown.append, lambda _: "a file" if here else None, clock=self.clock
        )
        self.model.troubled.connect(self.told.append)

    @property
    def labels(self):
        """The undo steps, newest first."""
        history = self.document.history  # undo itself would close the step that is open
        return history._labels[1 : history._index + 1][::-1]

    def wait(self, seconds):
        """Time passes, and the player's timer fires once."""
        self.clock.now += seconds
        self.model._player.tick()
