"""Edits and bends: what was done to a picture beyond choosing its point.

An *edit* displaces latents (z, or w on a range of layers). A *bend* changes what single channels
inside the network carry (network bending, Broad et al. 2020; style channels: Wu et al. 2021,
"StyleSpace"). Both are plain data within a recipe, so that they are exact, undoable and saved.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import force_setattr

from latentstudio.document.checks import MAX_LAYERS, check, layers, real, text, whole
from latentstudio.document.vector import Vector

MAX_EDITS = 64
MAX_CHANNELS = 4096

BendKind = Literal[
    "scale",
    "style",
    "threshold",
    "move_x",
    "move_y",
    "rotate",
    "zoom",
    "flip",
    "erode",
    "dilate",
]


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A displacement of the latents: ``amount`` times ``vector``.

    In ``z`` it is added to the z of every point before the mapping; in ``w`` and ``w+`` to the
    latents of layers ``first`` to ``stop - 1`` after truncation, so that a slider does the same
    at every psi.

    Attributes
    ----------
    key
        What it is an amount of: the same slider has the same key. Unique in a recipe.
    name
        For people, such as ``Smile``.
    vector
        z [z_dim], w [w_dim] or w+ [num_layers, w_dim]: the displacement for amount 1.
    amount
        -100 to 100.
    first, stop
        Layers; ``stop`` None is all from ``first`` on. No effect in ``z``.
    """

    key: str
    name: str
    vector: Vector
    amount: float = 1.0
    first: int = 0
    stop: int | None = None

    def __post_init__(self) -> None:
        check(self.key != "", "edit.key is empty")
        text(self.key, "edit.key")
        text(self.name, "edit.name")
        force_setattr(self, "amount", real(self.amount, "edit.amount", -100.0, 100.0))
        first, stop = layers(self.first, self.stop, "edit")
        force_setattr(self, "first", first)
        force_setattr(self, "stop", stop)


class Bend(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change of what some channels of one layer carry.

    What ``amount`` means depends on ``kind``:

    ``scale``
        Factor on the features: 0 ablates, -1 inverts, 1 does nothing.
    ``style``
        Added to the layer's style (StyleGAN families); 0 does nothing.
    ``threshold``
        Features above it become 1, others 0.
    ``move_x``, ``move_y``
        Shift to the right and down, in shares of the picture, -1 to 1; zeros come in.
    ``rotate``
        Degrees counter-clockwise about the middle.
    ``zoom``
        Enlargement about the middle, above 0; 1 does nothing.
    ``flip``
        Left and right change places when the amount is above 0.
    ``erode``, ``dilate``
        Minimum or maximum within this radius, in shares of the picture, 0 to 1; 0 does nothing.

    Attributes
    ----------
    layer
        Index into the generator's ``layers``.
    channels
        Each once, in order; empty for all.
    key, name
        As for an :class:`Edit`; bends of one slider share a key. May be empty.
    """

    layer: int
    channels: tuple[int, ...]
    kind: BendKind
    amount: float
    key: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        force_setattr(self, "layer", whole(self.layer, "bend.layer", MAX_LAYERS - 1))
        count = len(self.channels)
        check(count <= MAX_CHANNELS, f"bend.channels has {count}; {MAX_CHANNELS} are the most")
        numbers = tuple(whole(c, f"bend.channels[{i}]", 65535) for i, c in enumerate(self.channels))
        check(list(numbers) == sorted(set(numbers)), "bend.channels must be in order, each once")
        force_setattr(self, "channels", numbers)
        low, high = _RANGES.get(self.kind, (-1000.0, 1000.0))
        force_setattr(self, "amount", real(self.amount, "bend.amount", low, high))
        text(self.key, "bend.key")
        text(self.name, "bend.name")


_RANGES: dict[str, tuple[float, float]] = {
    "move_x": (-1.0, 1.0),
    "move_y": (-1.0, 1.0),
    "rotate": (-3600.0, 3600.0),
    "zoom": (0.01, 100.0),
    "flip": (0.0, 1.0),
    "erode": (0.0, 1.0),
    "dilate": (0.0, 1.0),
}
