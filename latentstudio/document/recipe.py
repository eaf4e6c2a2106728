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
from latentstudio.document.checks import check, digest, real, whole
from latentstudio.document.edit import MAX_EDITS
from latentstudio.document.edit import Bend as Bend
from latentstudio.document.edit import Edit as Edit
from latentstudio.document.morph import Morph as Morph
from latentstudio.document.point import POINT_NAMES as POINT_NAMES
from latentstudio.document.point import Axis as Axis
from latentstudio.document.point import Between as Between
from latentstudio.document.point import Move as Move
from latentstudio.document.point import Point as Point
from latentstudio.document.point import Seed as Seed
from latentstudio.document.point import Stop as Stop

VERSION = 3  # 2: edits and bends; 3: morph, points between others, turned noise, difference
MAX_SHIFT = 10.0  # picture widths
MAX_ANGLE = 3600.0  # degrees
MAX_TURN = 1e6

NoiseMode = Literal["const", "none", "random"]


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

    A layer's factor is ``strength * layers[i]``; layers not listed count as 1. ``turn``, in whole
    turns, leads the planes around a circle through others that the seed draws, and back at every
    whole number: ``cos * plane + sin * other`` keeps them standard normal.
    """

    mode: NoiseMode = "const"
    seed: int = 0
    strength: float = 1.0
    layers: tuple[float, ...] = ()
    turn: float = 0.0

    def __post_init__(self) -> None:
        force_setattr(self, "seed", whole(self.seed, "noise.seed", MAX_SEED))
        force_setattr(self, "strength", real(self.strength, "noise.strength", 0.0, 100.0))
        force_setattr(self, "turn", real(self.turn, "noise.turn", -MAX_TURN, MAX_TURN))
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
    morph
        Between two of the points; it takes the place of the blend. None for no morph.
    difference
        Content hash of a small file with changes of the generator's weights and noise, as fine
        tuning for one picture makes them; empty for none.
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
    morph: Morph | None = None
    difference: str = ""
    version: int = VERSION

    def __post_init__(self) -> None:
        digest(self.checkpoint, "checkpoint")
        digest(self.difference, "difference")
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

    @property
    def generator(self) -> str:
        """What draws it, for caches: the checkpoint's hash, ``+`` and the difference's if any."""
        return f"{self.checkpoint}+{self.difference}" if self.difference else self.checkpoint

    def point(self, name: str) -> Point:
        """Return the point of that name (A to D)."""
        return self.points[POINT_NAMES.index(name)]

    def with_point(self, point: Point) -> Recipe:
        """Replace the point of the same name."""
        points = tuple(point if p.name == point.name else p for p in self.points)
        return msgspec.structs.replace(self, points=points)

    def showing(self, name: str) -> Recipe:
        """Put the blend wholly on one point, and end a morph."""
        blend = Blend((Weight(name, 1.0),), self.blend.space)
        return msgspec.structs.replace(self, blend=blend, morph=None)

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
