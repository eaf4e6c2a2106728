"""Why there is no way to choose between keys, or no constant speed. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from latentstudio.document.point import Between
from latentstudio.document.timeline.values import way_through
from latentstudio.ui.timeline.words import clock

if TYPE_CHECKING:
    from latentstudio.document.timeline.timeline import Timeline
    from latentstudio.ui.timeline.courses import Stretch

NOWHERE = "Choose a key, or bring the playhead between two keys: here you say which way to go."
LAST = "No way of a point begins here: choose an earlier key, or let the film loop."
NO_POINT = "Only points go a way: choose a key of a point, or a whole key."
SAME = "Point {} keeps its seed here: it stands, or its moves go in straight lines."
ALONG = "The key at {} was set on this way, and lies on it: take it away to choose another way."
BETWEEN = "The key at {} lies on another way, so the film jumps: give it a point of its own first."
HOLD = "The easing holds, and jumps at the next key: choose another for a way."
WALKS = "Point {} wanders as well (Walks): its steps cannot be even."


def why_nowhere(row: str, time: float | None) -> str:
    """Why no stretch begins at the chosen key, or where none is chosen."""
    if time is None:
        return NOWHERE
    return LAST if row == "" or row.startswith("point ") else NO_POINT


def why_no_way(stretch: Stretch) -> str:
    """Why nothing can be chosen for a stretch; empty where it can."""
    for key in (stretch.start, stretch.end):
        if isinstance(key.value.base, Between):
            along = way_through(stretch.start.value, stretch.end.value)
            return (ALONG if along else BETWEEN).format(clock(key.time))
    if stretch.start.value.base == stretch.end.value.base:
        return SAME.format(stretch.point)
    return HOLD if stretch.start.ease.kind == "hold" else ""


def why_no_pace(timeline: Timeline, shown: Iterable[Stretch]) -> str:
    """Why stretches that go a way have no constant speed; empty where they can."""
    walking = {walk.target for walk in timeline.walks if walk.radius}
    lost = (WALKS.format(s.point) for s in shown if s.point in walking)
    return next(lost, "")
