"""What the editor is asked, and what it answers, as plain values. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.data.attributes import Attribute
    from latentstudio.document.direction import Direction, Leak
    from latentstudio.document.edit import Edit
    from latentstudio.document.recipe import Recipe
    from latentstudio.metrics.columns import Column
    from latentstudio.metrics.population import Population

    Floats = NDArray[np.float64]

SAMPLES = 4096  # of each generator, read once and kept
USABLE = 512  # of them are enough to begin with
LEAKAGE = 256  # samples behind a leakage
FITTED = 128  # samples behind the leakage that a fitted direction brings

Space = Literal["z", "w", "w+"]
Kind = Literal["attribute", "examples", "principal", "sefa", "style", "difference"]
Method = Literal["ridge", "logistic", "svm"]


@dataclass(frozen=True, eq=False)
class Known:
    """What a classifier reads, and how it is distributed over a generator's samples.

    Attributes
    ----------
    checkpoint
        Content hash of the generator.
    classifier, classifier_hash
        Its name for people, and its content hash.
    attributes, columns
        What it reads; one column for each number, one for each class.
    population
        Distribution of the columns at psi 1: what "standard deviations" are of.
    n, complete
        Samples behind the population, and whether no more are coming.
    """

    checkpoint: str
    classifier: str
    classifier_hash: str
    attributes: tuple[Attribute, ...]
    columns: tuple[Column, ...]
    population: Population
    n: int
    complete: bool


@dataclass(frozen=True, eq=False)
class Reading:
    """What the classifier says of one exact picture.

    Attributes
    ----------
    recipe
        Of the picture.
    readings, standing
        float64 [c]: what people read, and the scores in standard deviations from the mean.
    """

    recipe: Recipe
    readings: Floats
    standing: Floats


@dataclass(frozen=True)
class Goal:
    """Where an edit by gradient is to go.

    Attributes
    ----------
    attribute, value
        What to move; the value of a categorical attribute, else "".
    target
        Standing to reach: standard deviations from the mean.
    kept
        Attributes whose standing is to stay.
    space
        What is displaced: z, w (the same on all layers) or w+ (each layer for itself).
    first, stop
        Layers, in w and w+.
    likely
        Weight of the term that keeps the point where the generator is good.
    """

    attribute: str
    value: str = ""
    target: float = 2.0
    kept: tuple[str, ...] = ()
    space: Space = "w"
    first: int = 0
    stop: int | None = None
    likely: float = 1.0


@dataclass(frozen=True, eq=False)
class Step:
    """One step of an edit by gradient.

    Attributes
    ----------
    number
        1, 2, …
    edit
        The whole displacement so far: put into the recipe that the run began with, it gives this
        step's picture.
    standing, readings
        float64 [c] of that picture.
    seconds
        That the step took.
    """

    number: int
    edit: Edit
    standing: Floats
    readings: Floats
    seconds: float


@dataclass(frozen=True, eq=False)
class Ended:
    """The end of a run.

    Attributes
    ----------
    step
        The last one; None when there was none.
    reason
        One sentence.
    reached
        Whether the goal was.
    """

    step: Step | None
    reason: str
    reached: bool = False


@dataclass(frozen=True)
class FitRequest:
    """A direction that is wanted, of the generator that is open.

    Attributes
    ----------
    kind
        ``attribute``: from the samples' scores. ``examples``: from pictures sorted by eye (without
        ``less``: against any samples). ``difference``: of two points or groups. ``principal``,
        ``sefa``: number ``index`` by falling variance. ``style``: style channel ``index`` of layer
        ``first``; with examples, the channels that set them apart.
    name
        For people.
    attribute, value, method
        For ``attribute``; the method for ``examples``, too.
    kept
        Attributes that it is not to move.
    more, less
        Recipes that have it, and that do not.
    index, first, stop
        See ``kind``; the layers that the direction is for.
    """

    kind: Kind
    name: str
    attribute: str = ""
    value: str = ""
    method: Method = "ridge"
    kept: tuple[str, ...] = ()
    more: tuple[Recipe, ...] = ()
    less: tuple[Recipe, ...] = ()
    index: int = 0
    first: int = 0
    stop: int | None = None


@dataclass(frozen=True)
class Fitted:
    """A direction that was fitted.

    Attributes
    ----------
    request
        What was asked for.
    direction
        With its leakage over :data:`FITTED` samples.
    validation
        One sentence on how far to trust it.
    weak
        Whether that is not far.
    amounts
        Of its filmstrip, in order.
    leakage
        What amount 1 moves, one row a column: those of the direction.
    """

    request: FitRequest
    direction: Direction
    validation: str
    weak: bool
    amounts: tuple[float, ...]
    leakage: tuple[Leak, ...]


@dataclass(frozen=True, eq=False)
class Leakage:
    """What an edit moves; anew as more samples stand behind it.

    Attributes
    ----------
    key, amount
        Of the edit or direction.
    n, wanted
        Samples by now, and in the end.
    columns
        What is read.
    before, after
        float64 [c], readings of the recipe's own picture without and with it; None where it is
        about no picture.
    leaks
        One for each column, over the samples.
    """

    key: str
    amount: float
    n: int
    wanted: int
    columns: tuple[Column, ...]
    before: Floats | None
    after: Floats | None
    leaks: tuple[Leak, ...]


@dataclass(frozen=True, eq=False)
class Activations:
    """What one layer carries for one picture.

    Attributes
    ----------
    recipe, layer
        Which.
    maps
        float16 [channels, h, w].
    spectrum
        float64 [channels, frequencies]: radial power spectrum of each map.
    """

    recipe: Recipe
    layer: int
    maps: NDArray[np.float16]
    spectrum: Floats


@dataclass(frozen=True, eq=False)
class Answering:
    """The channels of one layer that answer to an attribute.

    Attributes
    ----------
    attribute, value, layer
        What was asked.
    channels, correlation
        Indices, the strongest first, and how each channel's mean goes with the reading over
        samples, -1 to 1.
    """

    attribute: str
    value: str
    layer: int
    channels: tuple[int, ...]
    correlation: Floats
