"""The timeline: keys on tracks, walks and beats; at every time it is one recipe. Plain data."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

import msgspec
from msgspec.structs import force_setattr

from latentstudio.document.checks import check, real, whole
from latentstudio.document.recipe import Recipe
from latentstudio.document.timeline.ease import Ease
from latentstudio.document.timeline.motion import Beat, Pulse, Walk
from latentstudio.document.timeline.tracks import MAX_SECONDS, EditTrack, Key, Track, tracks_of

MAX_FRAMES = 1_000_000
MAX_BEATS = 10_000
MAX_TRACKS = 256
LEAST_SECONDS = 0.05

Loop = Literal["once", "loop", "back and forth"]
_replace = msgspec.structs.replace


class Timeline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A film as plain data: :meth:`at` gives the recipe of every moment.

    Attributes
    ----------
    base
        Everything that no track says; also which checkpoint draws.
    tracks
        Each aspect at most once.
    marks
        Moments at which a person set a key, in order.
    length
        In seconds, .05 to a day.
    rate
        Frames a second, as a fraction: 24000/1001 is exact.
    loop
        ``once``; ``loop``: the last key of each track leads on to its first, and frame
        :attr:`frames` would be frame 0 again; ``back and forth``: twice the length.
    walks, beats, pulses
        See the classes.
    """

    base: Recipe = Recipe()
    tracks: tuple[Track, ...] = ()
    marks: tuple[float, ...] = ()
    length: float = 6.0
    rate: tuple[int, int] = (30, 1)
    loop: Loop = "once"
    walks: tuple[Walk, ...] = ()
    beats: tuple[Beat, ...] = ()
    pulses: tuple[Pulse, ...] = ()

    def __post_init__(self) -> None:
        length = real(self.length, "timeline.length", LEAST_SECONDS, MAX_SECONDS)
        force_setattr(self, "length", length)
        up, down = (whole(v, "timeline.rate", 10**6) for v in self.rate)
        check(
            down > 0 and 1 <= up / down <= 240, f"timeline.rate is {up}/{down}; 1 to 240 a second"
        )
        force_setattr(self, "rate", (up, down))
        names = [track.name for track in self.tracks]
        check(len(set(names)) == len(names), "timeline.tracks names an aspect twice")
        check(
            len(names) <= MAX_TRACKS, f"timeline.tracks has {len(names)}; {MAX_TRACKS} are the most"
        )
        marks = tuple(real(v, "timeline.marks", 0.0, MAX_SECONDS) for v in self.marks)
        check(list(marks) == sorted(set(marks)), "timeline.marks must be in order, each once")
        force_setattr(self, "marks", marks)
        count = len(self.beats)
        check(count <= MAX_BEATS, f"timeline.beats has {count}; {MAX_BEATS} are the most")
        check(
            self.frames <= MAX_FRAMES,
            f"the timeline has {self.frames} frames; {MAX_FRAMES} are the most: make it shorter or"
            " its rate lower",
        )

    # -- time ----------------------------------------------------------------------------

    @property
    def fps(self) -> Fraction:
        """Frames a second, exact."""
        return Fraction(*self.rate)

    @property
    def running(self) -> float:
        """How long it plays, in seconds: there and back counts twice."""
        return self.length * (2 if self.loop == "back and forth" else 1)

    @property
    def frames(self) -> int:
        """How many frames it has, at least 1."""
        return max(1, round(Fraction(self.running) * self.fps))

    def time(self, frame: int) -> float:
        """When a frame is shown, in seconds."""
        return float(Fraction(frame) / self.fps)

    def recipe(self, frame: int) -> Recipe:
        """The recipe of a frame, 0 to :attr:`frames` - 1: the same on every machine."""
        return self.at(self.time(frame))

    def at(self, time: float) -> Recipe:
        """The recipe of a moment in seconds; what is beyond the end comes again, or stays."""
        time = self.folded(time)
        period = self.length if self.loop == "loop" else None
        recipe = self.base
        for track in self.tracks:
            recipe = track.on(recipe, time, period)
        for walk in self.walks:
            recipe = walk.on(recipe, time / self.length)
        for pulse in self.pulses:
            recipe = pulse.on(recipe, pulse.level(self.beats, time, period))
        return recipe

    def folded(self, time: float) -> float:
        """Where in 0 to :attr:`length` a moment of playing lies."""
        if self.loop == "once":
            return min(max(time, 0.0), self.length)
        time %= self.running
        return min(time, self.running - time) if self.loop == "back and forth" else time

    # -- keys ----------------------------------------------------------------------------

    def with_mark(self, time: float, recipe: Recipe, ease: Ease | None = None) -> Timeline:
        """Set a key: at that time the film shows this recipe.

        The first key is the base. Later ones give a key to every track that there is, and a new
        track to every aspect that differs: it keeps its old value up to the mark before and from
        the mark after.
        """
        if not self.marks:
            return _replace(self, base=recipe, tracks=(), marks=(time,))
        tracks: dict[str, Any] = {track.name: track for track in self.tracks}
        for new in (*tracks_of(recipe, time), *self._gone(recipe, time)):
            (key,) = new.keys
            key = key if ease is None else _replace(key, ease=ease)
            old = tracks.get(new.name)
            if old is not None:
                there = old.key_at(time)
                if there is not None and ease is None:
                    key = _replace(there, value=key.value)
                tracks[new.name] = old.with_keys((*old.keys, key))
            elif (value := new.read(self.base)) != key.value:
                keys = (_replace(key, time=mark, value=value) for mark in self._around(time))
                tracks[new.name] = new.with_keys((*keys, key))
        marks = tuple(sorted({*self.marks, time}))
        return _replace(self, tracks=tuple(tracks.values()), marks=marks)

    def without_mark(self, time: float) -> Timeline:
        """Take the keys of a moment away; a track without keys goes, and its base value holds."""
        tracks = (t.with_keys(k for k in t.keys if k.time != time) for t in self.tracks)
        marks = tuple(mark for mark in self.marks if mark != time)
        return _replace(self, tracks=tuple(t for t in tracks if t is not None), marks=marks)

    def moved_mark(self, old: float, new: float) -> Timeline:
        """Move the keys of a moment to another, in the place of those that are there."""
        if old == new:
            return self
        tracks = tuple(_moved(track, old, new) for track in self.tracks)
        marks = tuple(sorted({*(m for m in self.marks if m != old), new}))
        return _replace(self, tracks=tracks, marks=marks)

    def with_track(self, track: Track) -> Timeline:
        """Put a track in the place of the one of its name."""
        kept = {t.name: t for t in self.tracks} | {track.name: track}
        return _replace(self, tracks=tuple(kept.values()))

    def without_track(self, name: str) -> Timeline:
        """Take an aspect's keys away: the base says it."""
        return _replace(self, tracks=tuple(t for t in self.tracks if t.name != name))

    def track(self, name: str) -> Track | None:
        """The track of that name."""
        return next((track for track in self.tracks if track.name == name), None)

    def with_ease(self, time: float, ease: Ease) -> Timeline:
        """Go on from the keys of a moment in another way."""
        tracks = tuple(
            _replace(t, keys=tuple(_replace(k, ease=ease) if k.time == time else k for k in t.keys))
            for t in self.tracks
        )
        return _replace(self, tracks=tracks)

    def spread(self, times: tuple[float, ...]) -> Timeline:
        """Move the marks, in order, to these times (such as beats); marks too many stay."""
        pairs = list(zip(self.marks, sorted(times), strict=False))
        moving = dict(pairs)
        tracks = tuple(
            t.with_keys(
                [k for k in t.keys if k.time not in moving]
                + [_replace(k, time=moving[k.time]) for k in t.keys if k.time in moving]
            )
            for t in self.tracks
        )
        marks = tuple(sorted({moving.get(mark, mark) for mark in self.marks}))
        length = max(self.length, *marks, 0.0) if marks else self.length
        kept = tuple(t for t in tracks if t is not None)
        return _replace(self, tracks=kept, marks=marks, length=length)

    def _around(self, time: float) -> tuple[float, ...]:
        """The marks next to a time, before and after it."""
        before = [mark for mark in self.marks if mark < time]
        after = [mark for mark in self.marks if mark > time]
        return (*before[-1:], *after[:1])

    def _gone(self, recipe: Recipe, time: float) -> tuple[Track, ...]:
        """Edits with a track, or of the base, that the recipe has no more: at amount 0."""
        kept = {edit.key for edit in recipe.edits}
        edits = {edit.key: edit for edit in self.base.edits}
        for track in self.tracks:
            if isinstance(track, EditTrack):
                edits[track.keys[0].value.key] = track.keys[0].value
        gone = (_replace(edit, amount=0.0) for key, edit in edits.items() if key not in kept)
        return tuple(EditTrack((Key(time, edit),)) for edit in gone)


def _moved(track: Any, old: float, new: float) -> Any:
    key = track.key_at(old)
    if key is None:
        return track
    rest = (k for k in track.keys if k.time not in (old, new))
    return track.with_keys((*rest, _replace(key, time=new)))
