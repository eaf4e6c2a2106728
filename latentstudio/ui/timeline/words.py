"""Names of rows, and times in words. No Qt."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from latentstudio.document.timeline.tracks import EditTrack

if TYPE_CHECKING:
    from latentstudio.document.timeline.timeline import Timeline

_TITLES = {
    "": "All",
    "truncation": "Truncation",
    "label": "Class",
    "transform": "Transform",
    "difference": "Fine tuning",
    "bends": "Bends inside",
}


def row_title(timeline: Timeline, row: str) -> str:
    """What a row is called."""
    track = timeline.track(row)
    if isinstance(track, EditTrack):
        return track.keys[0].value.name or "Edit"
    return _TITLES.get(row, row[:1].upper() + row[1:])


def from_key(timeline: Timeline, row: str, seconds: float | None) -> str:
    """What comes after a key, such as ``Point A, from 0:02.00 on``."""
    if seconds is None:
        return "No key is chosen"
    return f"{row_title(timeline, row)}, from {clock(seconds)} on"


def clock(seconds: float) -> str:
    """A time such as ``0:02.50``."""
    hundredths = math.floor(seconds * 100 + 0.5)
    return f"{hundredths // 6000}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def short(seconds: float) -> str:
    """A time on the ruler, such as ``2.5 s`` or ``1:30``."""
    if seconds >= 60:
        return f"{int(seconds // 60)}:{round(seconds % 60, 3):05.2f}".removesuffix(".00")
    return f"{round(seconds, 3):g} s"


def frame_at(timeline: Timeline, seconds: float) -> int:
    """The number of the frame that is seen at a time."""
    return math.floor(Fraction(seconds) * timeline.fps + Fraction(1, 1000))


def rate_words(rate: tuple[int, int]) -> str:
    """Frames a second, such as ``23.976 fps``."""
    return f"{round(rate[0] / rate[1], 3):g} fps"
