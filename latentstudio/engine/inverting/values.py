"""What the inverter is asked, and what it answers, as plain values. No torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.document.recipe import Recipe
    from latentstudio.document.vector import Vector

    Pixels = NDArray[np.uint8]
    Curves = dict[int, tuple[tuple[int, float], ...]]

STEPS = 300
REFINE = 100  # further steps when more is wanted
STARTS = 8
TUNE = 150

Space = Literal["z", "w", "w+"]
Origin = Literal["encoder", "sample", "seed", "point"]


@dataclass(frozen=True, eq=False)
class Order:
    """A picture whose point is wanted.

    Attributes
    ----------
    checkpoint
        Content hash of the generator.
    picture
        uint8 [r, r, c] of the generator's resolution and channels; with ``small`` and for repair,
        too: what is unknown may hold anything.
    name
        For people.
    space
        Where to search: z, w (one for all layers) or w+ (one for each layer), of which a photograph
        needs the last: w alone hardly holds more than the generator's own pictures. A generator
        without a mapping network has z alone, which stands for all three.
    starts
        How many are searched from at once.
    steps
        Of the search.
    noise
        Whether the noise planes are searched too; they are kept as a difference.
    label
        Class index, for a generator with classes.
    mask
        Repair: uint8 [r, r], 255 where the picture is to be kept, 0 where it is unknown; None when
        all of it is known.
    small
        Upsampling: the picture is known at so many pixels a side alone.
    answers
        How many different results are wanted.
    seed
        Of everything that is random.
    warm
        Whether to begin at the encoder's guess and near samples, not at random points alone.
    near
        A point to begin at as well.
    """

    checkpoint: str
    picture: Pixels
    name: str = ""
    space: Space = "w+"
    starts: int = STARTS
    steps: int = STEPS
    noise: bool = False
    label: int | None = None
    mask: Pixels | None = None
    small: int | None = None
    answers: int = 1
    seed: int = 0
    warm: bool = True
    near: Vector | None = None


@dataclass(frozen=True)
class Gauge:
    """How well a point will take edits.

    Attributes
    ----------
    percentile
        Share of the generator's own samples that lie closer to their mean, 0 to 1.
    word
        ``close to the generator's own``, ``at its edge`` or ``far outside``.
    sentence
        What follows from it, for people.
    """

    percentile: float
    word: str
    sentence: str


@dataclass(frozen=True, eq=False)
class Progress:
    """A search under way; about ten a second at most.

    Attributes
    ----------
    step, steps
        Taken, and in all.
    seconds_left
        Until the end, as far as can be told.
    pictures
        uint8 [k, r, r, 3]: one of each start that is still in the race, in the order of
        ``alive``; averaged down where the generator's are above 256 px.
    losses
        Of these pictures.
    alive
        Numbers of these starts, from 0.
    origins
        Of all starts, where each begins.
    curves
        By start: its steps and losses so far. At most some hundred points each.
    best
        The start that the best picture so far comes from; it may have dropped out since.
    distance
        Of the best: its feature distance as a share of that between two random pictures.
    editability
        Of the best.
    vector
        The best so far: a point that can be shown at once.
    picture
        uint8 [r, r, 3]: of the best.
    """

    step: int
    steps: int
    seconds_left: float
    pictures: Pixels
    losses: tuple[float, ...]
    alive: tuple[int, ...]
    origins: tuple[Origin, ...]
    curves: Curves
    best: int
    distance: float
    editability: Gauge
    vector: Vector
    picture: Pixels


@dataclass(frozen=True, eq=False)
class Answer:
    """A point that was found.

    Attributes
    ----------
    vector
        The point: as any point of a recipe at psi 1, without edits, it gives ``picture``.
    loss
        What the search made small.
    distance
        Feature distance to the picture asked for, as a share of that between two random pictures;
        over what is known of it alone.
    picture
        uint8 [r, r, 3].
    editability
        See :class:`Gauge`.
    difference
        Content hash of the difference that holds the noise planes; empty without.
    misfit
        The worse of the distance and the same of pixels; features alone can be led astray.
    """

    vector: Vector
    loss: float
    distance: float
    picture: Pixels
    editability: Gauge
    difference: str = ""
    misfit: float = 0.0


@dataclass(frozen=True, eq=False)
class Ended:
    """The end of a search; it can go on with ``refine``.

    Attributes
    ----------
    order
        That it was for.
    answers
        The nearest first, by their distance; empty when there was no step.
    reason
        One sentence.
    warning
        What to know before the answers are used, in plain words; mostly empty.
    curves
        As in :class:`Progress`.
    """

    order: Order
    answers: tuple[Answer, ...]
    reason: str
    warning: str = ""
    curves: Curves = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Guess:
    """An encoder's first guess.

    Attributes
    ----------
    vector
        The point.
    seconds
        That the encoder took; loading it is not counted.
    """

    vector: Vector
    seconds: float


@dataclass(frozen=True, eq=False)
class Tuning:
    """Fine tuning under way.

    Attributes
    ----------
    step, steps, seconds_left
        As in :class:`Progress`.
    loss
        What is made small.
    picture
        uint8 [r, r, 3].
    """

    step: int
    steps: int
    seconds_left: float
    loss: float
    picture: Pixels


@dataclass(frozen=True, eq=False)
class Tuned:
    """A generator that was fine-tuned for one point.

    Attributes
    ----------
    recipe
        With the difference: what to show.
    difference
        Content hash of the difference; its checkpoint stays as it is.
    path
        Of its file.
    before, after
        Feature distance to the picture, as a share of that between two random pictures.
    """

    recipe: Recipe
    difference: str
    path: Path
    before: float
    after: float
