"""What the hand does to a timeline, as functions from a timeline to a timeline. No Qt.

A *row* is the name of a track, or empty for the marks: the moments with all their keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from latentstudio.document.checks import RecipeError

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.document.timeline.ease import Ease
from latentstudio.document.timeline.fitting import fitted
from latentstudio.document.timeline.motion import further
from latentstudio.document.timeline.timeline import Timeline

_replace = msgspec.structs.replace


def key_times(timeline: Timeline, row: str) -> tuple[float, ...]:
    """When a row has keys, in order."""
    if not row:
        return timeline.marks
    track = timeline.track(row)
    return () if track is None else tuple(key.time for key in track.keys)


def moved(timeline: Timeline, row: str, old: float, new: float) -> Timeline:
    """Move a key, in the place of the one that is there; the marks go where keys are."""
    if not row:
        return timeline.moved_mark(old, new)
    track: Any = timeline.track(row)
    if track is None or old == new:
        return timeline
    keys = (k for k in track.keys if k.time not in (old, new))
    timeline = _with_keys(timeline, track, (*keys, _replace(track.key_at(old), time=new)))
    return _replace(timeline, marks=tuple(sorted({*_kept(timeline, old), new})))


def removed(timeline: Timeline, row: str, time: float) -> Timeline:
    """Take a key away; a track without keys goes."""
    if not row:
        return timeline.without_mark(time)
    track: Any = timeline.track(row)
    timeline = _with_keys(timeline, track, [key for key in track.keys if key.time != time])
    return _replace(timeline, marks=_kept(timeline, time))


def eased(timeline: Timeline, row: str, time: float, ease: Ease) -> Timeline:
    """Go on from a key in another way."""
    if not row:
        return timeline.with_ease(time, ease)
    track: Any = timeline.track(row)
    keys = (_replace(key, ease=ease) if key.time == time else key for key in track.keys)
    return _with_keys(timeline, track, keys)


def ease_at(timeline: Timeline, row: str, time: float) -> Ease | None:
    """How one goes on from a key; None where nothing follows it."""
    for track in timeline.tracks:
        key = track.key_at(time) if row in ("", track.name) else None
        if key is not None:
            last = time == track.keys[-1].time
            circles = timeline.loop == "loop" and len(track.keys) > 1
            return key.ease if circles or not last else None
    return None


def with_pictures(timeline: Timeline, recipes: Sequence[Recipe], gap: float) -> Timeline:
    """These pictures as keys behind the last, ``gap`` seconds apart; the film grows with them."""
    made, begin = timeline, timeline.marks[-1] + gap if timeline.marks else 0.0
    for i, recipe in enumerate(recipes):
        made = made.with_mark(begin + i * gap, recipe)
    return fitted(timeline, made)


def on_beats(timeline: Timeline) -> Timeline:
    """Move the marks to beats within the film, evenly chosen of them."""
    beats = [beat.time for beat in timeline.beats if beat.time <= timeline.length]
    count = len(timeline.marks)
    if len(beats) < count:
        raise RecipeError(
            f"there are {len(beats)} beats for {count} keys within the film: remove keys, or make"
            " the film longer"
        )
    steps = max(1, count - 1)
    return timeline.spread(tuple(beats[i * (len(beats) - 1) // steps] for i in range(count)))


def without_motion(timeline: Timeline, recipe: Recipe, time: float) -> Recipe:
    """The picture of a moment less what walks and pulses add there, for they add it again.

    Aspects that the hand has changed stay as they are, but for points: they are moved back by
    the walk, so that it leads through them at that time.
    """
    if not timeline.marks or not (timeline.walks or timeline.pulses):
        return recipe
    film = timeline.at(time)
    bare = _replace(timeline, walks=(), pulses=()).at(time)
    for name in ("truncation", "noise", "morph"):
        if getattr(recipe, name) == getattr(film, name):
            recipe = _replace(recipe, **{name: getattr(bare, name)})
    pulsed = {edit.key: edit for edit in film.edits}
    for edit in bare.edits:
        if pulsed.get(edit.key) in recipe.edits:
            recipe = recipe.with_edit(edit)
    for point in recipe.points:
        if point == film.point(point.name):
            recipe = recipe.with_point(bare.point(point.name))
            continue
        for walk in timeline.walks:
            if walk.target == point.name:
                for axis, by in walk.steps(timeline.folded(time) / timeline.length).items():
                    point = further(point, axis, -by)
        recipe = recipe.with_point(point)
    return recipe


def _with_keys(timeline: Timeline, track: Any, keys: Any) -> Timeline:
    kept = track.with_keys(keys)
    tracks = (kept if t is track else t for t in timeline.tracks)
    return _replace(timeline, tracks=tuple(t for t in tracks if t is not None))


def _kept(timeline: Timeline, time: float) -> tuple[float, ...]:
    """The marks, without one that no track has a key at any more."""
    lone = not any(track.key_at(time) for track in timeline.tracks)
    return tuple(mark for mark in timeline.marks if not (lone and mark == time))
