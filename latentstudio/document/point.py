"""Points: latent positions with a name, and where they come from. Plain data."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import force_setattr

from latentstudio.document.checks import MAX_SEED, check, real, whole
from latentstudio.document.course import Course
from latentstudio.document.vector import Vector

POINT_NAMES = ("A", "B", "C", "D")
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


class Stop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One end of a way: a base and its moves."""

    base: Seed | Vector
    moves: tuple[Move, ...] = ()


class Between(
    msgspec.Struct, frozen=True, tag="between", tag_field="kind", forbid_unknown_fields=True
):
    """A place on the way from one stop to another, as keys of a film make it.

    Attributes
    ----------
    start, end
        Where the way begins and ends.
    t
        0 at the start, 1 at the end, -1 to 2.
    course
        Which way, and at what pace.
    """

    start: Stop
    end: Stop
    t: float
    course: Course = Course()

    def __post_init__(self) -> None:
        force_setattr(self, "t", real(self.t, "between.t", -1.0, 2.0))


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named latent position: where it starts, and where the hand has moved it."""

    name: str
    base: Seed | Vector | Between
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
