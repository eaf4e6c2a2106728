"""The line of a track's value over time, as it is painted behind its keys."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath, QPolygonF

from latentstudio.document.timeline.tracks import (
    EditTrack,
    MorphTrack,
    NoiseTrack,
    TransformTrack,
    TruncationTrack,
)
from latentstudio.ui.timeline.scale import NAMES, Scale

if TYPE_CHECKING:
    from latentstudio.document.timeline.timeline import Timeline

_EACH = 3.0  # px between the points of a curve


def levels(track: Any, *, loops: bool = False) -> list[float]:
    """A number from 0 to 1 for each key; where a value is no number, up and down in turn.

    Where the last key leads on to the first, they are not drawn alike.
    """
    found = [_number(track, key.value) for key in track.keys]
    values = [value for value in found if value is not None]
    if len(values) < len(found):
        turns = [float(i % 2) for i in range(len(found))]
        return [*turns[:-1], 0.5] if loops and len(turns) % 2 and len(turns) > 1 else turns
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 0.5 for value in values]


def flow(track: Any, timeline: Timeline, scale: Scale, top: float, height: float) -> QPainterPath:
    """The line from key to key, eased as they are; around the end where the film loops."""
    heights = levels(track, loops=timeline.loop == "loop")
    stops = [(key.time, level, key.ease) for key, level in zip(track.keys, heights, strict=True)]
    if timeline.loop == "loop" and len(stops) > 1:
        first, last = stops[0], stops[-1]
        stops = [(last[0] - timeline.length, *last[1:]), *stops]
        stops.append((first[0] + timeline.length, *first[1:]))
    points = []
    for (begin, low, ease), (end, high, _) in pairwise(stops):
        left, right = scale.x(begin), scale.x(end)
        if right < NAMES or left > scale.x(timeline.length):
            continue
        count = max(2, int((right - left) / _EACH))
        for i in range(count + 1):
            level = low + (high - low) * ease.at(i / count)
            points.append(QPointF(left + (right - left) * i / count, top + height * (1.0 - level)))
    path = QPainterPath()
    path.addPolygon(QPolygonF(points))
    return path


def _number(track: Any, value: Any) -> float | None:
    if isinstance(track, TruncationTrack):
        return float(value.psi)
    if isinstance(track, EditTrack):
        return float(value.amount)
    if isinstance(track, NoiseTrack):
        return float(value.strength)
    if isinstance(track, MorphTrack):
        return None if value is None else float(value.t)
    if isinstance(track, TransformTrack):
        return float(value.angle)
    return None
