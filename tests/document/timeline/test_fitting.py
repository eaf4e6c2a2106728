"""How long a film is: worked out by hand, and for any keys."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.document.recipe import Point, Recipe, Seed
from latentstudio.document.timeline.fitting import end_of, fitted
from latentstudio.document.timeline.timeline import Timeline

replace = msgspec.structs.replace
TIMES = st.lists(st.integers(0, 600), min_size=2, max_size=6, unique=True).map(sorted)


def picture(seed):
    return Recipe().with_point(Point("A", Seed(seed)))


def keyed(*times, **fields):
    """A film that is as long as its keys ask for, then changed."""
    made = Timeline(loop=fields.pop("loop", "once"))
    for seed, time in enumerate(times):
        made = fitted(made, made.with_mark(time, picture(seed)))
    return replace(made, **fields)


@pytest.mark.parametrize(
    ("times", "loop", "length"),
    [
        ((), "once", 6.0),
        ((1.0,), "once", 6.0),
        ((7.0,), "once", 7.0),
        ((0.0, 2.0), "once", 2.0),
        ((0.0, 2.0, 5.0), "back and forth", 5.0),
        ((0.0, 2.0, 5.0), "loop", 8.0),  # 3 s there, 3 s back
        ((0.0, 0.01), "once", 0.05),  # the shortest there is
    ],
)
def test_a_film_ends_at_its_last_key(times, loop, length):
    made = keyed(*times, loop=loop)
    assert made.length == end_of(made) == length


def test_a_length_set_by_hand_stays():
    made = keyed(0.0, 2.0, length=10.0)
    assert fitted(made, made.with_mark(4.0, picture(9))).length == 10.0
    assert fitted(made, made.without_mark(2.0)).length == 10.0
    assert fitted(made, replace(made, loop="loop")).length == 10.0
    assert fitted(made, made.with_mark(12.0, picture(9))).length == 12.0  # no key is cut off


def test_a_length_that_is_being_set_is_taken():
    made = keyed(0.0, 2.0)
    assert fitted(made, replace(made, length=1.0)).length == 1.0
    eased = replace(made, rate=(25, 1))
    assert fitted(made, eased) is eased


@pytest.mark.parametrize("length", [6.0, 5.0])
def test_a_loop_keeps_a_key_that_stood_at_the_end_or_behind_it(length):
    before = keyed(0.0, 3.0, 6.0, length=length)
    after = fitted(before, replace(before, loop="loop"))
    assert after.length == 9.0
    assert after.at(6.0) == picture(2)
    assert after.at(9.0) == picture(0)
    assert after.at(7.5).point("A").base.start.base == Seed(2)  # on the way back
    assert fitted(after, replace(after, loop="once")).length == 6.0


@given(TIMES, st.sampled_from(["once", "loop", "back and forth"]))
def test_every_key_is_seen_and_nothing_stands_still(hundredths, loop):
    times = [t / 100 for t in hundredths]
    made = keyed(*times, loop=loop)
    for seed, time in enumerate(times):
        assert made.at(time) == picture(seed)
    assert made.length >= times[-1]
    before_end = made.at(made.length - 1e-3)
    if made.length > 0.05:
        assert before_end != made.at(times[-1])  # up to the end it moves
    fewer = fitted(made, made.without_mark(times[-1]))
    assert fewer.length == end_of(fewer)
