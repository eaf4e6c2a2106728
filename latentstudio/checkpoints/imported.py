"""What a reader of a foreign format hands over: a network of ours, not yet built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Scaled(NamedTuple):
    """Weights times a factor that the other program applies at run time.

    Multiplied only where they go into the network: a second copy of all weights is never held.
    """

    values: NDArray[Any]
    gain: float

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the product."""
        return self.values.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the product."""
        return self.values.dtype


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """A foreign checkpoint in the terms of one of our families.

    Attributes
    ----------
    family
        Key of :data:`~latentstudio.checkpoints.families.FAMILIES`.
    config
        Constructor arguments of the family's class: JSON. Untrusted, as everything here.
    tensors
        The class's ``state_dict()`` by name. Arrays of numbers of any width and order of axes,
        perhaps read-only views into the mapped file.
    name
        What to call it on the screen.
    labels
        Class names, one for each class, or none.
    data, training
        What the file tells of its data set and of its making (``format``, ``file``, ...): JSON.
    """

    family: str
    config: dict[str, Any]
    tensors: Mapping[str, NDArray[Any] | Scaled]
    name: str
    labels: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
