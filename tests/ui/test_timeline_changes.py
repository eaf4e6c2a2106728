from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.document.checks import RecipeError
from latentstudio.document.edit import Edit
from latentstudio.document.timeline.ease import Ease
from latentstudio.document.timeline.motion import Beat, Pulse, Walk
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.document.vector import Vector
from latentstudio.ui.timeline import changes
from latentstudio.ui.timeline.words import clock, frame_at, rate_words, row_title, short
from tests.ui.timelines import PICTURES, TIMES, film, picture

SMILE = Edit("smile", "Smile", Vector("w", (1,), "AACAPw=="), 1.0)


@given(st.integers(1, 6), st.sampled_from(["once", "loop", "back and forth"]))
def test_pictures_come_behind_the_last_key(count, loop):
    recipes = [picture(seed) for seed in range(count)]
    made = changes.with_pictures(film(loop=loop, beats=(Beat(1.0),)), recipes, 1.5)
    assert [made.at(mark) for mark in made.marks] == [*PICTURES, *recipes]
    assert made.marks == (*TIMES, *(5.5 + 1.5 * i for i in range(count)))
    back = 1.5 if loop == "loop" else 0.0  # of the loop it was, and is, as long as its keys ask
    assert made.length == max(6.0, made.marks[-1] + back)
    assert made.beats == (Beat(1.0),)


def test_pictures_are_the_film_where_there_was_none():
    made = changes.with_pictures(Timeline(), PICTURES, 2.0)
    assert (made.marks, made.length) == (TIMES, 4.0)


def test_keys_on_beats():
    beats = tuple(Beat(0.5 * i) for i in range(20))  # thirteen of them within six seconds
    made = changes.on_beats(film(beats=beats))
    assert made.marks == (0.0, 3.0, 6.0)
    assert [made.at(mark) for mark in made.marks] == list(PICTURES)
    with pytest.raises(RecipeError, match="2 beats for 3 keys"):
        changes.on_beats(film(beats=(Beat(1.0), Beat(2.0), Beat(7.0))))


def test_moving_and_removing_keys_of_one_track():
    moved = changes.moved(film(), "truncation", 2.0, 4.0)
    assert changes.key_times(moved, "truncation") == (0.0, 4.0)
    assert moved.at(4.0).truncation == PICTURES[1].truncation
    assert moved.at(4.0).points == PICTURES[2].points
    assert moved.marks == TIMES
    assert changes.moved(film(), "nothing", 2.0, 4.0) == film()
    timeline = film()
    for time in TIMES:
        timeline = changes.removed(timeline, "truncation", time)
    assert timeline.track("truncation") is None
    assert timeline.marks == TIMES


def test_easing():
    timeline = changes.eased(film(), "truncation", 0.0, Ease("linear"))
    assert timeline.at(1.0).truncation.psi == pytest.approx(0.75)
    assert timeline.at(1.0).point("A").base.t == pytest.approx(film().at(1.0).point("A").base.t)
    assert changes.ease_at(timeline, "truncation", 0.0) == Ease("linear")
    assert changes.ease_at(timeline, "truncation", 4.0) is None  # nothing follows
    assert changes.ease_at(timeline, "", 1.0) is None
    looped = msgspec.structs.replace(timeline, loop="loop")
    assert changes.ease_at(looped, "", 4.0) == Ease()


@given(st.floats(0.0, 5.9), st.floats(-1.0, 1.0))
def test_the_film_shows_what_a_key_was_set_to(time, amount):
    walks = (Walk(turns=2), Walk("A", radius=0.3, harmonics=2), Walk("B", axes="principal"))
    pulses = (Pulse("psi", 0.2), Pulse("edit smile", amount), Pulse("noise", 0.4))
    base = PICTURES[0].with_edit(SMILE)
    plain = Timeline().with_mark(0.0, base).with_mark(4.0, PICTURES[1].with_edit(SMILE))
    moving = msgspec.structs.replace(plain, walks=walks, pulses=pulses, beats=(Beat(0.3), Beat(2)))
    shown = moving.at(time)
    bare = changes.without_motion(moving, shown, time)
    assert moving.with_mark(time, bare).at(time) == shown
    assert bare.noise == plain.at(time).noise
    assert changes.without_motion(plain, shown, time) is shown


def test_words():
    assert clock(62.509) == "1:02.51"
    assert clock(59.999) == "1:00.00"
    assert [short(t) for t in (0.5, 2.0, 90.0)] == ["0.5 s", "2 s", "1:30"]
    assert [rate_words(r) for r in ((30, 1), (24000, 1001))] == ["30 fps", "23.976 fps"]
    odd = Timeline(rate=(30000, 1001))
    assert [frame_at(odd, odd.time(frame)) for frame in range(200)] == list(range(200))
    assert row_title(film(), "truncation") == "Truncation"
    edited = film().with_mark(1.0, picture(5).with_edit(SMILE))
    assert row_title(edited, "edit smile") == "Smile"
    assert row_title(edited, "point A") == "Point A"
