"""What moves without keys: circular walks, and pulses on the beat. Plain data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec.structs import force_setattr

from latentstudio.document.checks import MAX_SEED, check, real, text, whole
from latentstudio.document.point import Axis, Between, Point, Stop
from latentstudio.document.recipe import Recipe

MAX_HARMONICS = 8
_FADED = 12.0  # decays after which a beat is heard no more: e**-12

_replace = msgspec.structs.replace


class Walk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A closed walk: after the timeline's length everything is where it began.

    Attributes
    ----------
    target
        ``noise``: the planes turn through others. A to D: the point circles about where it
        stands, along axes that the seed draws.
    turns
        Rounds within the timeline's length, 1 to 1000.
    radius
        For points: radians, or standard deviations along principal axes.
    harmonics
        For points: 1 walks a circle; more add circles of a half, a third … of its size with
        twice, three times … its pace, so that the walk wanders. 1 to 8.
    axes
        For points: ``random`` in z, or ``principal`` of w.
    seed
        Draws the axes; the first principal axis.
    """

    target: Literal["noise", "A", "B", "C", "D"] = "noise"
    turns: int = 1
    radius: float = 0.5
    harmonics: int = 1
    axes: Literal["random", "principal"] = "random"
    seed: int = 0

    def __post_init__(self) -> None:
        for field, most in (("turns", 1000), ("harmonics", MAX_HARMONICS)):
            value = whole(getattr(self, field), f"walk.{field}", most)
            check(value > 0, f"walk.{field} is 0; 1 is the least")
            force_setattr(self, field, value)
        force_setattr(self, "radius", real(self.radius, "walk.radius", 0.0, 10.0))
        seed = whole(self.seed, "walk.seed", MAX_SEED - 2 * MAX_HARMONICS)
        force_setattr(self, "seed", seed)

    def on(self, recipe: Recipe, share: float) -> Recipe:
        """The recipe where the walk is at a share, 0 to 1, of the timeline's length."""
        if self.target == "noise":
            turn = recipe.noise.turn + self.turns * share
            return _replace(recipe, noise=_replace(recipe.noise, turn=turn))
        point = recipe.point(self.target)
        for axis, by in self.steps(share).items():
            point = further(point, axis, by)
        return recipe.with_point(point)

    def steps(self, share: float) -> dict[Axis, float]:
        """How far along which axes a point has walked at a share of the timeline's length."""
        steps = {}
        for h in range(1, self.harmonics + 1):
            angle = 2.0 * math.pi * math.fmod(h * self.turns * share, 1.0)
            # From where the point stands: a circle through it.
            for k, step in enumerate((math.sin(angle), 1.0 - math.cos(angle))):
                steps[Axis(self.axes, self.seed + 2 * (h - 1) + k)] = self.radius / h * step
        return steps


class Beat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A moment, in seconds from the start, and how strong it is, 0 to 10."""

    time: float
    strength: float = 1.0

    def __post_init__(self) -> None:
        force_setattr(self, "time", real(self.time, "beat.time", 0.0, 86_400.0))
        force_setattr(self, "strength", real(self.strength, "beat.strength", 0.0, 10.0))


class Pulse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that jumps at every beat and falls back.

    Attributes
    ----------
    target
        ``psi``, ``noise`` (its strength), ``morph`` (its t), or ``edit KEY`` (its amount; where
        the recipe has that edit).
    amount
        Added at a beat of strength 1.
    decay
        Seconds after which it has fallen to 37%.
    """

    target: str
    amount: float
    decay: float = 0.25

    def __post_init__(self) -> None:
        text(self.target, "pulse.target")
        known = self.target in ("psi", "noise", "morph") or self.target.startswith("edit ")
        check(known, f"pulse.target is {self.target!r}; psi, noise, morph or edit KEY")
        force_setattr(self, "amount", real(self.amount, "pulse.amount", -100.0, 100.0))
        force_setattr(self, "decay", real(self.decay, "pulse.decay", 0.001, 60.0))

    def level(self, beats: Sequence[Beat], time: float, period: float | None = None) -> float:
        """What is added at a time; with a period, the beats come again."""
        level = 0.0
        for beat in beats:
            since = time - beat.time
            if period is not None:
                since %= period
            if 0.0 <= since < _FADED * self.decay:
                level += beat.strength * math.exp(-since / self.decay)
        return self.amount * level

    def on(self, recipe: Recipe, level: float) -> Recipe:
        """The recipe with so much added, within what it allows."""
        if self.target == "psi":
            psi = _within(recipe.truncation.psi + level, -10.0, 10.0)
            return _replace(recipe, truncation=_replace(recipe.truncation, psi=psi))
        if self.target == "noise":
            strength = _within(recipe.noise.strength + level, 0.0, 100.0)
            return _replace(recipe, noise=_replace(recipe.noise, strength=strength))
        if self.target == "morph":
            morph = recipe.morph
            if morph is None:
                return recipe
            return _replace(recipe, morph=_replace(morph, t=_within(morph.t + level, -1.0, 2.0)))
        key = self.target.removeprefix("edit ")
        for edit in recipe.edits:
            if edit.key == key:
                amount = _within(edit.amount + level, -100.0, 100.0)
                return recipe.with_edit(_replace(edit, amount=amount))
        return recipe


def further(point: Point, axis: Axis, by: float) -> Point:
    """The point moved on; between two stops, both are: only they may have a z."""
    if not isinstance(point.base, Between):
        return point.moved(axis, point.along(axis) + by)
    ends = []
    for stop in (point.base.start, point.base.end):
        end = Point(point.name, stop.base, stop.moves)
        ends.append(Stop(stop.base, end.moved(axis, end.along(axis) + by).moves))
    start, end_ = ends
    return _replace(point, base=_replace(point.base, start=start, end=end_))


def _within(value: float, low: float, high: float) -> float:
    return min(high, max(low, value))
