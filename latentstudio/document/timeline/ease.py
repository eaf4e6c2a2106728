"""Easing: how one goes from a key to the next. Plain data."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec.structs import force_setattr

from latentstudio.document.checks import check, real

MAX_KNOTS = 257

EaseKind = Literal["linear", "hold", "in", "out", "in-out", "overshoot", "bezier", "drawn"]
_OVERSHOOT = 1.70158  # a tenth beyond the end (Penner, "Programming Macromedia Flash MX", 2002)


class Ease(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A curve from (0, 0) to (1, 1): share of the time to share of the way.

    Attributes
    ----------
    kind
        ``hold`` stays until the end and jumps. ``in``, ``out``, ``in-out`` are cubic, slow at the
        start, the end, or both. ``overshoot`` goes a tenth too far and comes back.
    knots
        ``bezier``: x1, y1, x2, y2 as in CSS (x 0 to 1). ``drawn``: heights at equally spaced
        times, the first 0 and the last 1. Heights lie within -1 to 2. Empty for the others.
    """

    kind: EaseKind = "in-out"
    knots: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.knots)
        knots = tuple(real(v, f"ease.knots[{i}]", -1.0, 2.0) for i, v in enumerate(self.knots))
        if self.kind == "bezier":
            check(count == 4, f"ease.knots has {count} values; a bezier has 4")
            inside = all(0.0 <= x <= 1.0 for x in knots[::2])
            check(inside, "ease.knots: x1 and x2 of a bezier must lie between 0 and 1")
        elif self.kind == "drawn":
            check(
                2 <= count <= MAX_KNOTS and knots[0] == 0.0 and knots[-1] == 1.0,
                f"ease.knots of a drawn curve goes from 0 to 1 in 2 to {MAX_KNOTS} values",
            )
        else:
            check(count == 0, f"ease.knots: {self.kind} has none")
        force_setattr(self, "knots", knots)

    def at(self, share: float) -> float:
        """Share of the way at a share of the time, 0 to 1; exact at both ends."""
        if share <= 0.0 or share >= 1.0:
            return 0.0 if share <= 0.0 else 1.0
        return _CURVES[self.kind](share, self.knots)


def _in_out(x: float, _knots: tuple[float, ...]) -> float:
    return 4.0 * x**3 if x < 0.5 else 1.0 - 4.0 * (1.0 - x) ** 3


def _overshoot(x: float, _knots: tuple[float, ...]) -> float:
    back = x - 1.0
    return 1.0 + (_OVERSHOOT + 1.0) * back**3 + _OVERSHOOT * back**2


def _bezier(x: float, knots: tuple[float, ...]) -> float:
    x1, y1, x2, y2 = knots
    low, high = 0.0, 1.0  # x never falls along the curve, so halving always finds it
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if _cubic(middle, x1, x2) < x else (low, middle)
    return _cubic((low + high) / 2, y1, y2)


def _cubic(u: float, first: float, second: float) -> float:
    v = 1.0 - u
    return 3.0 * u * v * v * first + 3.0 * u * u * v * second + u**3


def _drawn(x: float, knots: tuple[float, ...]) -> float:
    place = x * (len(knots) - 1)
    i = min(math.floor(place), len(knots) - 2)
    return knots[i] + (knots[i + 1] - knots[i]) * (place - i)


_CURVES: dict[str, Callable[[float, tuple[float, ...]], float]] = {
    "linear": lambda x, _knots: x,
    "hold": lambda _x, _knots: 0.0,
    "in": lambda x, _knots: x**3,
    "out": lambda x, _knots: 1.0 - (1.0 - x) ** 3,
    "in-out": _in_out,
    "overshoot": _overshoot,
    "bezier": _bezier,
    "drawn": _drawn,
}
