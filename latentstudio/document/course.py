"""The course from one latent point to another: which way, and at what pace. Plain data."""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

import msgspec
from msgspec.structs import force_setattr

from latentstudio.document.checks import check, real

MAX_PACE = 1025

Way = Literal["slerp z", "lerp z", "lerp w"]


class Course(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one goes from one point to another.

    Attributes
    ----------
    way
        ``slerp z``: z along a great circle. ``lerp z``: z along a straight line, which leaves the
        sphere on which the prior keeps its mass. ``lerp w``: latents of the layers along a
        straight line; without a mapping network w is z, and the great circle is taken.
    pace
        The positions on the way at equally spaced times, from 0 to 1, never falling; empty for
        even steps. Measured so that the picture changes at a constant speed.
    """

    way: Way = "lerp w"
    pace: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.pace)
        check(count <= MAX_PACE, f"course.pace has {count} values; {MAX_PACE} are the most")
        pace = tuple(real(v, f"course.pace[{i}]", 0.0, 1.0) for i, v in enumerate(self.pace))
        even = not pace or (
            count > 1 and pace[0] == 0.0 and pace[-1] == 1.0 and list(pace) == sorted(pace)
        )
        check(even, "course.pace must go from 0 to 1 and never fall")
        force_setattr(self, "pace", pace)

    def position(self, t: float) -> float:
        """Where one is at time ``t``; outside 0 to 1, as far outside as t."""
        last = len(self.pace) - 1
        if last < 0 or not 0.0 < t < 1.0:
            return t
        i = min(int(t * last), last - 1)
        low, high = self.pace[i], self.pace[i + 1]
        return low + (high - low) * (t * last - i)

    def time(self, position: float) -> float:
        """When one is there: the inverse of :meth:`position` (the latest time, where it rests)."""
        last = len(self.pace) - 1
        if last < 0 or not 0.0 < position < 1.0:
            return position
        i = min(bisect_right(self.pace, position) - 1, last - 1)
        low, high = self.pace[i], self.pace[i + 1]
        return (i + (position - low) / (high - low)) / last if high > low else (i + 1) / last
