"""Keys that were set on the way between two others, against a straight line worked out apart."""

from __future__ import annotations

from bisect import bisect_right

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.document.course import Course
from latentstudio.document.point import Axis, Between, Move, Point, Seed
from latentstudio.document.timeline.ease import Ease
from latentstudio.document.timeline.tracks import Key, PointTrack

AXIS = Axis("principal", 0)
LINEAR = Ease("linear")
PACED = Course("lerp w", (0.0, 0.1, 1.0))
END = 4.0
replace = msgspec.structs.replace


def place(point):
    """Where a point lies on a line on which a seed lies at its number, and a move moves it."""
    moved = sum(move.amount for move in point.moves)
    base = point.base
    if isinstance(base, Seed):
        return base.value + moved
    start, end = (place(Point("A", stop.base, stop.moves)) for stop in (base.start, base.end))
    return start + (end - start) * base.course.position(base.t) + moved


def track(*keys):
    return PointTrack(tuple(Key(time, point, LINEAR, PACED) for time, point in keys))


A, B = Point("A", Seed(10), (Move(AXIS, 0.5),)), Point("A", Seed(20))
WHOLE = track((0.0, A), (END, B))


@given(
    st.lists(st.floats(0.01, END - 0.01), min_size=1, max_size=4, unique=True),
    st.floats(0.0, END),
)
def test_keys_set_on_the_way_change_nothing(stops, time):
    cut = track((0.0, A), *((stop, WHOLE.at(stop)) for stop in sorted(stops)), (END, B))
    assert place(cut.at(time)) == pytest.approx(place(WHOLE.at(time)), abs=1e-9)


@given(st.floats(0.5, END - 0.5), st.floats(0.0, END))
def test_a_key_that_is_moved_in_time_makes_the_way_slower_or_faster(moved, time):
    cut = track((0.0, A), (moved, WHOLE.at(1.0)), (END, B))
    times, shares = (0.0, moved, END), (0.0, 0.25, 1.0)
    i = min(bisect_right(times, time) - 1, 1)
    share = (time - times[i]) / (times[i + 1] - times[i])
    share = shares[i] + (shares[i + 1] - shares[i]) * share
    assert place(cut.at(time)) == pytest.approx(10.5 + 9.5 * PACED.position(share), abs=1e-9)


def test_a_key_that_is_moved_in_space_comes_off_the_way_and_back():
    middle = WHOLE.at(2.0)
    off = replace(middle, moves=(Move(AXIS, 4.0),))
    cut = track((0.0, A), (2.0, off), (END, B))
    for time, by in ((1.0, 2.0), (2.0, 4.0), (3.0, 2.0), (END, 0.0)):
        assert place(cut.at(time)) == pytest.approx(place(WHOLE.at(time)) + by)


def test_back_to_the_beginning_it_goes_on_the_same_way():
    back = track((0.0, B), (1.0, WHOLE.at(3.0)), (END, A))
    assert place(back.at(0.0)) == 20.0
    assert place(back.at(2.5)) == pytest.approx(10.5 + 9.5 * PACED.position(0.375))
    assert isinstance(back.at(2.5).base, Between)


@pytest.mark.parametrize(
    ("point", "what"),
    [
        (Point("A", Seed(30)), "another end"),
        (replace(B, moves=(Move(AXIS, 1.0),)), "an end that was moved since"),
        (track((0.0, B), (END, A)).at(1.0), "the way back, which is another one"),
    ],
)
def test_between_different_ways_it_jumps(point, what):
    middle = WHOLE.at(2.0)
    cut = track((0.0, middle), (1.0, point))
    assert cut.at(0.99) == middle, what
    assert cut.at(1.0) == point


def test_an_easing_that_goes_too_far_goes_on_along_the_way():
    far = Ease("drawn", (0.0, 2.0, 1.0))
    over = PointTrack((Key(0.0, WHOLE.at(3.0), far), Key(2.0, B)))
    assert over.at(1.0).base.t == pytest.approx(0.75 + 0.25 * 2.0)
    under = PointTrack((Key(0.0, B, far), Key(2.0, WHOLE.at(1.0))))
    assert under.at(1.0).base.t == pytest.approx(1.0 - 0.75 * 2.0)
