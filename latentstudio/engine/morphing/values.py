"""What the morpher answers, as plain values. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.document.course import Course
    from latentstudio.document.recipe import Recipe

    Floats = NDArray[np.float64]

STEPS = 48  # of a path that is measured: two seconds of film
_MOST = 256  # a course holds no finer pace, and a measurement is to take seconds
_FRAMES = 4  # of a film in each step of its pace; within a step the speed hardly changes


@dataclass(frozen=True, eq=False)
class Strip:
    """One picture of a strip; those of its ends come first, then ever finer between.

    Attributes
    ----------
    recipe
        The one that was asked about.
    count, index, t
        How many pictures the strip has, and which this is: 0 at t 0, ``count`` - 1 at t 1.
    pixels
        uint8 [h, w, 4]: R, G, B, 255.
    """

    recipe: Recipe
    count: int
    index: int
    t: float
    pixels: NDArray[np.uint8]


def steps_for(frames: int) -> int:
    """Over how many steps to pace a stretch of so many frames: at least :data:`STEPS`."""
    return min(max(STEPS, -(-frames // _FRAMES)), _MOST)


@dataclass(frozen=True)
class Pace:
    """A course at constant perceptual speed.

    Attributes
    ----------
    recipe
        The one that was asked about.
    course
        Its morph's, with the pace; without one where even steps are as good.
    before, after
        Coefficient of variation of the step length with even steps and at this pace, measured
        over the steps that were asked for.
    space
        The feature space, for people: a classifier's name, or ``pixels``.
    """

    recipe: Recipe
    course: Course
    before: float
    after: float
    space: str


@dataclass(frozen=True, eq=False)
class Curve:
    """How a picture changes along a morph, as it is paced.

    Attributes
    ----------
    recipe
        The one that was asked about.
    times
        float64 [n + 1], from 0 to 1.
    steps
        float64 [n]: perceptual distance of each picture from the next.
    local
        float64 [n + 1]: perceptual path length at each time, the squared speed there.
    direct
        Distance of the ends.
    unit
        What two independent pictures of the data set are apart; None where that is not known.
    space
        The feature space, for people: a classifier's name, or ``pixels``.
    """

    recipe: Recipe
    times: Floats
    steps: Floats
    local: Floats
    direct: float
    unit: float | None
    space: str

    @property
    def length(self) -> float:
        """Of the path: the sum of its steps, at least ``direct``."""
        return float(self.steps.sum())

    @property
    def path_length(self) -> float:
        """Perceptual path length along it, the mean of ``local``: the smaller, the smoother."""
        return float(self.local.mean())

    @property
    def variation(self) -> float:
        """Coefficient of variation of the steps: 0 at a constant speed."""
        mean = float(self.steps.mean())
        return float(self.steps.std()) / mean if mean > 0.0 else 0.0

    @property
    def worst(self) -> tuple[float, float, float]:
        """Where most happens at once: t of its begin and end, and how many mean steps it is."""
        i, mean = int(self.steps.argmax()), float(self.steps.mean())
        longest = float(self.steps[i]) / mean if mean > 0.0 else 1.0
        return float(self.times[i]), float(self.times[i + 1]), longest
