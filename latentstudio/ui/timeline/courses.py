"""How points go from key to key: stretches and their courses. No Qt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from latentstudio.document.course import Course
from latentstudio.document.morph import Morph
from latentstudio.document.point import POINT_NAMES, Between
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.document.timeline.tracks import Key, PointTrack

if TYPE_CHECKING:
    from latentstudio.document.point import Point
    from latentstudio.document.recipe import Recipe

_replace = msgspec.structs.replace


class Stretch(NamedTuple):
    """A point's way from a key to the next.

    Attributes
    ----------
    row
        The track.
    start, end
        The keys.
    until
        When it ends, in seconds: around the end of a film that loops, beyond its length.
    """

    row: str
    start: Key[Point]
    end: Key[Point]
    until: float

    @property
    def point(self) -> str:
        """A to D."""
        return self.start.value.name

    @property
    def course(self) -> Course:
        """Which way, and at what pace."""
        return self.start.course

    @property
    def measured(self) -> tuple[str, Point, Point]:
        """What a pace is measured on: the way and its ends."""
        return self.course.way, self.start.value, self.end.value

    def frames(self, timeline: Timeline) -> int:
        """How many frames of the film it takes."""
        return round((self.until - self.start.time) * float(timeline.fps))


def stretches(timeline: Timeline, row: str = "") -> Iterator[Stretch]:
    """All that the film goes; of one track, or with an empty row of all points."""
    for leg in _legs(timeline):
        if row in ("", leg.row) and (timeline.loop == "loop" or leg.end.time > leg.start.time):
            yield leg


def stretches_from(timeline: Timeline, row: str, time: float) -> tuple[Stretch, ...]:
    """The stretches that begin at a key: of one track, or with an empty row of every point's."""
    return tuple(s for s in stretches(timeline, row) if s.start.time == time)


def stretches_over(timeline: Timeline, time: float) -> tuple[Stretch, ...]:
    """The stretches of all points that lead over a moment."""
    return tuple(
        s
        for s in stretches(timeline)
        if s.start.time <= time < s.until or s.start.time <= time + timeline.length < s.until
    )


def with_courses(timeline: Timeline, courses: Mapping[Stretch, Course]) -> Timeline:
    """Go these stretches on other courses; those that are there no more are left out."""
    for stretch, course in courses.items():
        track = timeline.track(stretch.row)
        if isinstance(track, PointTrack) and track.key_at(stretch.start.time) is not None:
            keys = tuple(
                _replace(key, course=course) if key.time == stretch.start.time else key
                for key in track.keys
            )
            timeline = timeline.with_track(_replace(track, keys=keys))
    return timeline


def without_stale(before: Timeline, after: Timeline) -> tuple[Timeline, tuple[str, ...]]:
    """Drop each pace of ``before`` whose points or way are others ``after``.

    A key that was set on the way lies on it still, and drops nothing.

    Returns
    -------
    tuple
        The timeline, and the names of the points that go at even steps now.
    """
    known: dict[tuple[float, ...], list[tuple[str, Point, Point]]] = {}
    for leg in _legs(before):
        known.setdefault(leg.course.pace, []).append(leg.measured)
    known.pop((), None)
    stale = [
        leg
        for leg in _legs(after)
        if leg.measured not in known.get(leg.course.pace, (leg.measured,))
        and not isinstance(leg.end.value.base, Between)
    ]
    courses = {leg: Course(leg.course.way) for leg in stale}
    names = dict.fromkeys(f"Point {leg.point}" for leg in stale)
    return with_courses(after, courses), tuple(names)


def as_morph(timeline: Timeline, stretch: Stretch) -> Recipe:
    """The film's picture at a stretch's begin as a morph along it: what a pace is measured on.

    Walks and pulses rest, and a point that is neither mixed in nor moved toward gives its name
    to the end.
    """
    bare = _replace(timeline, walks=(), pulses=()).at(stretch.start.time)
    start, end = stretch.start.value, stretch.end.value
    mixed = {cell.point for cell in bare.mixing.cells}
    moves = (*start.moves, *end.moves)
    aimed = {POINT_NAMES[m.axis.index] for m in moves if m.axis.kind == "toward"}
    others = (name for name in POINT_NAMES if name != stretch.point)
    name = min(others, key=lambda name: name in mixed | aimed)
    recipe = bare.with_point(start).with_point(_replace(end, name=name))
    return _replace(recipe, morph=Morph(stretch.point, name, course=stretch.course))


def _legs(timeline: Timeline) -> Iterator[Stretch]:
    """From every key of a point to the next, and from the last to the first even if none loops."""
    for track in timeline.tracks:
        if isinstance(track, PointTrack) and len(track.keys) > 1:
            for a, b in pairwise((*track.keys, track.keys[0])):
                around = timeline.length if b.time <= a.time else 0.0
                yield Stretch(track.name, a, b, b.time + around)
