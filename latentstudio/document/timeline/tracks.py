"""Tracks: one aspect of the recipe each, with the keys that it has over time. Plain data."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import msgspec
from msgspec.structs import force_setattr

from latentstudio.document.checks import check, real
from latentstudio.document.course import Course
from latentstudio.document.edit import Bend, Edit
from latentstudio.document.morph import Morph
from latentstudio.document.point import POINT_NAMES, Point
from latentstudio.document.recipe import Blend, Mixing, Noise, Recipe, Transform, Truncation
from latentstudio.document.timeline import values
from latentstudio.document.timeline.ease import Ease

MAX_SECONDS = 86_400.0
MAX_KEYS = 10_000

V = TypeVar("V")
_replace = msgspec.structs.replace


class Key(msgspec.Struct, Generic[V], frozen=True, forbid_unknown_fields=True):
    """A value that an aspect has at a time.

    Attributes
    ----------
    time
        In seconds, 0 to a day.
    value
        Of the aspect.
    ease
        How one goes from here to the next key.
    course
        Which way, between points.
    """

    time: float
    value: V
    ease: Ease = Ease()
    course: Course = Course()

    def __post_init__(self) -> None:
        force_setattr(self, "time", real(self.time, "key.time", 0.0, MAX_SECONDS))


class _Track(
    msgspec.Struct, Generic[V], frozen=True, tag_field="aspect", forbid_unknown_fields=True
):
    """One aspect over time. Keys are in order, one at a time, at least one."""

    keys: tuple[Key[V], ...]

    def __post_init__(self) -> None:
        check(0 < len(self.keys) <= MAX_KEYS, f"a track has 1 to {MAX_KEYS} keys")
        times = [key.time for key in self.keys]
        check(times == sorted(set(times)), "the keys of a track must be in order, one at a time")

    @property
    def name(self) -> str:
        """Which aspect: unique in a timeline, such as ``point A`` or ``edit smile``."""
        return str(self.__struct_config__.tag)

    def read(self, recipe: Recipe) -> V:
        """The aspect's value in a recipe."""
        raise NotImplementedError

    def write(self, recipe: Recipe, value: V) -> Recipe:
        """The recipe with that value."""
        raise NotImplementedError

    def mix(self, a: Key[V], b: Key[V], t: float) -> V:
        """The value on the way from one key to the next."""
        raise NotImplementedError

    def at(self, time: float, period: float | None = None) -> V:
        """The value at a time; with a period, the last key leads on to the first."""
        keys = self.keys
        i = bisect_right(keys, time, key=lambda key: key.time) - 1
        if 0 <= i < len(keys) - 1:
            return self._between(keys[i], keys[i + 1], time, keys[i + 1].time)
        if period is None or len(keys) == 1:
            return keys[max(i, 0)].value
        last, first = keys[-1], keys[0]
        return self._between(last, first, time if i >= 0 else time + period, first.time + period)

    def on(self, recipe: Recipe, time: float, period: float | None = None) -> Recipe:
        """The recipe as the track has it at a time."""
        return self.write(recipe, self.at(time, period))

    def _between(self, a: Key[V], b: Key[V], time: float, end: float) -> V:
        if time <= a.time or time >= end:  # exactly what the key says
            return a.value if time <= a.time else b.value
        return self.mix(a, b, a.ease.at((time - a.time) / (end - a.time)))

    def key_at(self, time: float) -> Key[V] | None:
        """The key at exactly that time."""
        return next((key for key in self.keys if key.time == time), None)

    def with_keys(self: T, keys: Iterable[Key[Any]]) -> T | None:
        """The track with these keys in place of its own, later ones first served; None for none."""
        times = {key.time: key for key in keys}
        kept = tuple(times[time] for time in sorted(times))
        return _replace(self, keys=kept) if kept else None


T = TypeVar("T", bound=_Track[Any])


class PointTrack(_Track[Point], frozen=True, tag="point"):
    """One of the points A to D."""

    def __post_init__(self) -> None:
        super().__post_init__()
        names = {key.value.name for key in self.keys}
        check(
            len(names) == 1 and names <= set(POINT_NAMES), "a track of a point keeps to one point"
        )

    @property
    def point(self) -> str:
        """A to D."""
        return self.keys[0].value.name

    @property
    def name(self) -> str:
        return f"point {self.point}"

    def read(self, recipe: Recipe) -> Point:
        return recipe.point(self.point)

    def write(self, recipe: Recipe, value: Point) -> Recipe:
        return recipe.with_point(value)

    def mix(self, a: Key[Point], b: Key[Point], t: float) -> Point:
        return values.mix_point(a.value, b.value, t, a.course)


class EditTrack(_Track[Edit], frozen=True, tag="edit"):
    """The edit of one key; it keeps its vector while its amount is 0."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check(
            len({key.value.key for key in self.keys}) == 1, "a track of an edit keeps to one edit"
        )

    @property
    def name(self) -> str:
        return f"edit {self.keys[0].value.key}"

    def read(self, recipe: Recipe) -> Edit:
        own = self.keys[0].value
        found = (edit for edit in recipe.edits if edit.key == own.key)
        return next(found, _replace(own, amount=0.0))

    def write(self, recipe: Recipe, value: Edit) -> Recipe:
        return recipe.with_edit(value)

    def mix(self, a: Key[Edit], b: Key[Edit], t: float) -> Edit:
        return values.mix_edit(a.value, b.value, t)


class _Field(_Track[V], Generic[V], frozen=True):
    """An aspect that is one field of the recipe, with the track's tag as its name."""

    def read(self, recipe: Recipe) -> V:
        value: V = getattr(recipe, self.name)
        return value

    def write(self, recipe: Recipe, value: V) -> Recipe:
        return _replace(recipe, **{self.name: value})


class TruncationTrack(_Field[Truncation], frozen=True, tag="truncation"):
    """Psi, and the cutoff in jumps."""

    def mix(self, a: Key[Truncation], b: Key[Truncation], t: float) -> Truncation:
        return values.mix_truncation(a.value, b.value, t)


class NoiseTrack(_Field[Noise], frozen=True, tag="noise"):
    """Noise: strengths and turn; mode and seed in jumps."""

    def mix(self, a: Key[Noise], b: Key[Noise], t: float) -> Noise:
        return values.mix_noise(a.value, b.value, t)


class TransformTrack(_Field[Transform], frozen=True, tag="transform"):
    """Where the picture lies."""

    def mix(self, a: Key[Transform], b: Key[Transform], t: float) -> Transform:
        return values.mix_transform(a.value, b.value, t)


class BlendTrack(_Field[Blend], frozen=True, tag="blend"):
    """Shares of the points."""

    def mix(self, a: Key[Blend], b: Key[Blend], t: float) -> Blend:
        return values.mix_blend(a.value, b.value, t)


class MixingTrack(_Field[Mixing], frozen=True, tag="mixing"):
    """Style mixing, layer by layer."""

    def mix(self, a: Key[Mixing], b: Key[Mixing], t: float) -> Mixing:
        return values.mix_mixing(a.value, b.value, t)


class MorphTrack(_Field[Morph | None], frozen=True, tag="morph"):
    """The morph's t, and those of layers."""

    def mix(self, a: Key[Morph | None], b: Key[Morph | None], t: float) -> Morph | None:
        return values.mix_morph(a.value, b.value, t)


class BendsTrack(_Field[tuple[Bend, ...]], frozen=True, tag="bends"):
    """What is bent inside the network."""

    def mix(self, a: Key[tuple[Bend, ...]], b: Key[tuple[Bend, ...]], t: float) -> tuple[Bend, ...]:
        return values.mix_bends(a.value, b.value, t)


class LabelTrack(_Field[int | None], frozen=True, tag="label"):
    """The class, in jumps."""

    def mix(self, a: Key[int | None], b: Key[int | None], t: float) -> int | None:
        return b.value if t >= 1.0 else a.value


class DifferenceTrack(_Field[str], frozen=True, tag="difference"):
    """The fine tuning, in jumps."""

    def mix(self, a: Key[str], b: Key[str], t: float) -> str:
        return b.value if t >= 1.0 else a.value


Track = (
    PointTrack
    | EditTrack
    | TruncationTrack
    | NoiseTrack
    | TransformTrack
    | BlendTrack
    | MixingTrack
    | MorphTrack
    | BendsTrack
    | LabelTrack
    | DifferenceTrack
)
FIELDS: tuple[type[Any], ...] = (
    TruncationTrack,
    NoiseTrack,
    TransformTrack,
    BlendTrack,
    MixingTrack,
    MorphTrack,
    BendsTrack,
    LabelTrack,
    DifferenceTrack,
)


def tracks_of(recipe: Recipe, time: float) -> tuple[Track, ...]:
    """Every aspect of a recipe as a track with one key."""
    points = (PointTrack((Key(time, point),)) for point in recipe.points)
    edits = (EditTrack((Key(time, edit),)) for edit in recipe.edits)
    fields = (kind((Key(time, getattr(recipe, kind.__struct_config__.tag)),)) for kind in FIELDS)
    return (*points, *edits, *fields)
