"""The Recipe: an immutable value that determines a picture completely.

Equal recipes give equal pixels on the same device and precision. Everything in the house
speaks recipe: widgets change it, the engine draws it, sessions and PNGs store it.

Vocabulary: a *point* is a latent position with a name (A to D). The *blend* of the points is
what the synthesis layers receive; *mixing* lets single layers listen to single points instead
(style mixing, Karras et al. 2019, section 3.1).
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import force_setattr

from latentstudio.document.checks import MAX_LAYERS as MAX_LAYERS
from latentstudio.document.checks import MAX_SEED as MAX_SEED
from latentstudio.document.checks import RecipeError as RecipeError
from latentstudio.document.checks import check, real, whole
from latentstudio.document.edit import MAX_EDITS
from latentstudio.document.edit import Bend as Bend
from latentstudio.document.edit import Edit as Edit
from latentstudio.document.vector import Vector

VERSION = 2  # 2: edits and bends
MAX_SHIFT = 10.0  # picture widths
MAX_ANGLE = 3600.0  # degrees
POINT_NAMES = ("A", "B", "C", "D")

NoiseMode = Literal["const", "none", "random"]
AxisKind = Literal["random", "coordinate", "principal", "toward"]


class Seed(msgspec.Struct, frozen=True, tag="seed", tag_field="kind", forbid_unknown_fields=True):
    """A point drawn from the prior: ``Generator.sample_z(1, value)``."""

    value: int

    def __post_init__(self) -> None:
        force_setattr(self, "value", whole(self.value, "seed", MAX_SEED))


class Axis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A direction to move along from a point.

    Attributes
    ----------
    kind
        ``random``: the direction drawn by ``sample_z(1, index)``. ``coordinate``: z number
        ``index``. ``toward``: towards point number ``index`` (A = 0). These three turn z on the
        sphere of its own norm, amounts in radians. ``principal``: principal component
        ``index`` of w, amounts in its standard deviations (needs a mapping network).
    index
        See ``kind``; 0 or more.
    """

    kind: AxisKind = "random"
    index: int = 0

    def __post_init__(self) -> None:
        force_setattr(self, "index", whole(self.index, "axis.index", MAX_SEED))


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a point was moved along an axis (radians or standard deviations)."""

    axis: Axis
    amount: float

    def __post_init__(self) -> None:
        force_setattr(self, "amount", real(self.amount, "move.amount", -100.0, 100.0))


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named latent position: where it starts, and where the hand has moved it."""

    name: str
    base: Seed | Vector
    moves: tuple[Move, ...] = ()

    def __post_init__(self) -> None:
        check(self.name in POINT_NAMES, f"point.name is {self.name!r}; it must be A, B, C or D")
        axes = [move.axis for move in self.moves]
        check(len(set(axes)) == len(axes), f"point {self.name} moves twice along one axis")

    def moved(self, axis: Axis, amount: float) -> Point:
        """Move the point ``amount`` along ``axis`` (replacing what it was along it)."""
        moved = {move.axis: move for move in self.moves}  # an axis keeps its place in the order
        moved[axis] = Move(axis, amount)
        if amount == 0:
            del moved[axis]
        return msgspec.structs.replace(self, moves=tuple(moved.values()))

    def along(self, axis: Axis) -> float:
        """How far the point stands along ``axis``."""
        return next((move.amount for move in self.moves if move.axis == axis), 0.0)


class Weight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A point's share in the blend: 0 or more; shares are normalised to sum to 1."""

    point: str
    amount: float

    def __post_init__(self) -> None:
        check(self.point in POINT_NAMES, f"blend names point {self.point!r}; A, B, C or D")
        force_setattr(self, "amount", real(self.amount, "blend.amount", 0.0, 1e6))


class Blend(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shares of the points, blended on the sphere in ``z`` or linearly in ``w``."""

    weights: tuple[Weight, ...] = (Weight("A", 1.0),)
    space: Literal["z", "w"] = "w"

    def __post_init__(self) -> None:
        names = [weight.point for weight in self.weights]
        check(len(set(names)) == len(names), "blend names a point twice")
        check(sum(w.amount for w in self.weights) > 0, "blend has no weight above 0")

    def share(self, point: str) -> float:
        """Return the point's normalised share, 0 to 1."""
        total = sum(weight.amount for weight in self.weights)
        return sum(w.amount for w in self.weights if w.point == point) / total


class Truncation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """psi (1 = none, 0 = the mean) on the layers below ``cutoff`` (None = all)."""

    psi: float = 1.0
    cutoff: int | None = None

    def __post_init__(self) -> None:
        force_setattr(self, "psi", real(self.psi, "truncation.psi", -10.0, 10.0))
        if self.cutoff is not None:
            force_setattr(self, "cutoff", whole(self.cutoff, "truncation.cutoff", MAX_LAYERS))


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """Layer ``layer`` listens to ``point`` with ``strength`` 0 to 1."""

    layer: int
    point: str
    strength: float

    def __post_init__(self) -> None:
        force_setattr(self, "layer", whole(self.layer, "mixing.layer", MAX_LAYERS - 1))
        check(self.point in POINT_NAMES, f"mixing names point {self.point!r}; A, B, C or D")
        force_setattr(self, "strength", real(self.strength, "mixing.strength", 0.0, 1.0))


class Mixing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Style mixing: which layer listens to which point, and how strongly.

    A layer's latent is ``(1 - sum s) * blend + sum s_p * w_p`` over its sounding cells; strengths
    that sum above 1 are scaled to sum to 1. A muted point does not sound; when any point is
    soloed, only soloed points do. Cells are kept sorted, so that equal mixings are equal values.
    """

    cells: tuple[Cell, ...] = ()
    solo: tuple[str, ...] = ()
    mute: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        keys = [(cell.layer, cell.point) for cell in self.cells]
        check(len(set(keys)) == len(keys), "mixing names a layer and point twice")
        check(keys == sorted(keys), "mixing.cells must be sorted by layer and point")
        for names in (self.solo, self.mute):
            check(
                set(names) <= set(POINT_NAMES) and list(names) == sorted(set(names)),
                "mixing.solo and mixing.mute hold point names, each once, in order",
            )

    def strength(self, layer: int, point: str) -> float:
        """Return the written strength of a cell, whether it sounds or not."""
        return next((c.strength for c in self.cells if c.layer == layer and c.point == point), 0.0)

    def with_cells(self, changes: dict[tuple[int, str], float]) -> Mixing:
        """Set some cells; strength 0 removes a cell."""
        cells = {(c.layer, c.point): c.strength for c in self.cells} | changes
        kept = tuple(Cell(la, p, s) for (la, p), s in sorted(cells.items()) if s > 0)
        return msgspec.structs.replace(self, cells=kept)

    def sounds(self, point: str) -> bool:
        """Whether the point's cells are heard."""
        return point not in self.mute and (not self.solo or point in self.solo)


class Noise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Noise injection: mode, seed (for ``random``), one strength for all and one per layer.

    A layer's factor is ``strength * layers[i]``; layers not listed count as 1.
    """

    mode: NoiseMode = "const"
    seed: int = 0
    strength: float = 1.0
    layers: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        force_setattr(self, "seed", whole(self.seed, "noise.seed", MAX_SEED))
        force_setattr(self, "strength", real(self.strength, "noise.strength", 0.0, 100.0))
        count = len(self.layers)
        check(count <= MAX_LAYERS, f"noise.layers has {count} values; {MAX_LAYERS} are the most")
        factors = (real(v, f"noise.layers[{i}]", 0.0, 100.0) for i, v in enumerate(self.layers))
        force_setattr(self, "layers", tuple(factors))

    def factor(self, layer: int) -> float:
        """Factor on the learned noise strength of ``layer``."""
        return self.strength * (self.layers[layer] if layer < len(self.layers) else 1.0)


class Transform(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the picture lies, for generators that can move it (StyleGAN3's input transform).

    The picture is turned by ``angle`` degrees counter-clockwise about its middle, then moved by
    ``x`` picture widths to the right and ``y`` heights down.
    """

    x: float = 0.0
    y: float = 0.0
    angle: float = 0.0

    def __post_init__(self) -> None:
        force_setattr(self, "x", real(self.x, "transform.x", -MAX_SHIFT, MAX_SHIFT))
        force_setattr(self, "y", real(self.y, "transform.y", -MAX_SHIFT, MAX_SHIFT))
        force_setattr(self, "angle", real(self.angle, "transform.angle", -MAX_ANGLE, MAX_ANGLE))


DEFAULT_POINTS = tuple(Point(name, Seed(i)) for i, name in enumerate(POINT_NAMES))


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that determines a picture.

    Attributes
    ----------
    checkpoint
        Content hash of the generator: 64 hex digits; empty for no generator yet.
    points
        A to D, in order, each once.
    blend, label, truncation, mixing, noise, transform, edits, bends
        See the classes; ``label`` is a class index, or None without classes. Edits are added in
        any order, each key once; bends of one layer act in their order.
    version
        Of this schema. Newer versions are refused with a sentence.
    """

    checkpoint: str = ""
    points: tuple[Point, ...] = DEFAULT_POINTS
    blend: Blend = Blend()
    label: int | None = None
    truncation: Truncation = Truncation()
    mixing: Mixing = Mixing()
    noise: Noise = Noise()
    transform: Transform = Transform()
    edits: tuple[Edit, ...] = ()
    bends: tuple[Bend, ...] = ()
    version: int = VERSION

    def __post_init__(self) -> None:
        check(
            self.checkpoint == ""
            or (len(self.checkpoint) == 64 and set(self.checkpoint) <= set("0123456789abcdef")),
            "checkpoint is not a sha256 in hex",
        )
        names = tuple(point.name for point in self.points)
        check(names == POINT_NAMES, "points must be A, B, C and D, in order")
        if self.label is not None:
            force_setattr(self, "label", whole(self.label, "label", 2**31 - 1))
        keys = [edit.key for edit in self.edits]
        check(len(set(keys)) == len(keys), "edits names a key twice")
        count = max(len(self.edits), len(self.bends))
        check(count <= MAX_EDITS, f"there are {count} edits or bends; {MAX_EDITS} are the most")
        if 1 <= self.version < VERSION:  # older ones lack fields, which now have their defaults
            force_setattr(self, "version", VERSION)
        check(
            self.version == VERSION,
            f"version is {self.version}; this latentstudio reads recipe version {VERSION}"
            + (": update latentstudio" if self.version > VERSION else ""),
        )

    def point(self, name: str) -> Point:
        """Return the point of that name (A to D)."""
        return self.points[POINT_NAMES.index(name)]

    def with_point(self, point: Point) -> Recipe:
        """Replace the point of the same name."""
        points = tuple(point if p.name == point.name else p for p in self.points)
        return msgspec.structs.replace(self, points=points)

    def showing(self, name: str) -> Recipe:
        """Put the blend wholly on one point."""
        blend = Blend((Weight(name, 1.0),), self.blend.space)
        return msgspec.structs.replace(self, blend=blend)

    def with_edit(self, edit: Edit) -> Recipe:
        """Put an edit in the place of the one of the same key; amount 0 takes it away."""
        edits = {e.key: e for e in self.edits} | {edit.key: edit}
        kept = tuple(e for e in edits.values() if e.amount)
        return msgspec.structs.replace(self, edits=kept)

    def with_bends(self, key: str, bends: tuple[Bend, ...]) -> Recipe:
        """Put bends in the place of those of a key, at their place in the order."""
        places = [i for i, bend in enumerate(self.bends) if bend.key == key]
        at = places[0] if places else len(self.bends)
        rest = [bend for bend in self.bends if bend.key != key]
        return msgspec.structs.replace(self, bends=(*rest[:at], *bends, *rest[at:]))
