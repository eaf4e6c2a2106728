"""A morph: the picture on the way from one point to another. Plain data."""

from __future__ import annotations

import msgspec
from msgspec.structs import force_setattr

from latentstudio.document.checks import MAX_LAYERS, check, real
from latentstudio.document.course import Course
from latentstudio.document.point import POINT_NAMES


class Morph(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the picture stands between two points; it takes the place of the blend.

    Attributes
    ----------
    start, end
        Names of the points.
    t
        0 shows the start, 1 the end; -1 to 2 go on beyond them.
    course
        Which way, and at what pace.
    layers
        A layer's own t in place of ``t``; None, and layers not listed, follow ``t``.
    """

    start: str = "A"
    end: str = "B"
    t: float = 0.0
    course: Course = Course()
    layers: tuple[float | None, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.start, self.end):
            check(name in POINT_NAMES, f"morph names point {name!r}; A, B, C or D")
        check(self.start != self.end, f"morph goes from point {self.start} to itself")
        force_setattr(self, "t", real(self.t, "morph.t", -1.0, 2.0))
        count = len(self.layers)
        check(count <= MAX_LAYERS, f"morph.layers has {count} values; {MAX_LAYERS} are the most")
        own = (
            None if v is None else real(v, f"morph.layers[{i}]", -1.0, 2.0)
            for i, v in enumerate(self.layers)
        )
        force_setattr(self, "layers", tuple(own))

    def times(self, num_layers: int) -> tuple[float, ...]:
        """The t of each layer."""
        own = (*self.layers, *[None] * num_layers)[:num_layers]
        return tuple(self.t if t is None else t for t in own)
