"""The course between two points: positions, their inverse, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.document.course import Course
from latentstudio.document.morph import Morph
from latentstudio.document.recipe import RecipeError
from tests.strategies import courses, numbers


def test_an_even_pace_changes_nothing():
    assert [Course().position(t) for t in (-1, 0, 0.3, 1, 2)] == [-1, 0, 0.3, 1, 2]


def test_positions_lie_on_straight_lines_between_those_written():
    course = Course("lerp w", (0.0, 0.1, 1.0))
    assert course.position(0.25) == pytest.approx(0.05)
    assert course.position(0.5) == pytest.approx(0.1)
    assert course.position(0.75) == pytest.approx(0.55)


@given(courses, numbers(-1, 2))
def test_the_pace_never_goes_back_and_its_ends_hold(course, t):
    assert course.position(0.0) == 0.0
    assert course.position(1.0) == 1.0
    assert course.position(t) <= course.position(t + 0.01) + 1e-9


@given(st.lists(numbers(0.01, 1), min_size=2, max_size=9), numbers(0, 1))
def test_time_is_the_inverse_of_position_where_nothing_rests(steps, t):
    total, pace = sum(steps), [0.0]
    for step in steps[:-1]:
        pace.append(pace[-1] + step / total)
    course = Course("lerp w", (*pace, 1.0))
    assert course.time(course.position(t)) == pytest.approx(t, abs=1e-6)


@pytest.mark.parametrize("pace", [(0.0,), (0.1, 1.0), (0.0, 0.9), (0.0, 0.6, 0.5, 1.0), (0.0, 2.0)])
def test_a_pace_that_falls_or_does_not_arrive_is_refused(pace):
    with pytest.raises(RecipeError, match=r"course\.pace"):
        Course("lerp w", pace)


def test_layers_follow_t_unless_they_have_their_own():
    assert Morph(t=0.4, layers=(None, 0.9)).times(4) == (0.4, 0.9, 0.4, 0.4)
    assert Morph(t=0.4, layers=(0.1, 0.2, 0.3)).times(2) == (0.1, 0.2)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"start": "A", "end": "A"}, "from point A to itself"),
        ({"end": "E"}, "names point 'E'"),
        ({"t": 2.5}, r"morph\.t is 2.5"),
        ({"layers": (0.1, 9.0)}, r"morph\.layers\[1\]"),
    ],
)
def test_a_morph_that_cannot_be_is_refused(fields, sentence):
    with pytest.raises(RecipeError, match=sentence):
        Morph(**fields)
