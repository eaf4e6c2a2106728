"""Curves and the time that is left; and what is said of an answer."""

from __future__ import annotations

import numpy as np
import pytest

from latentstudio.engine.inverting import course
from latentstudio.engine.inverting.course import Clock, Course
from latentstudio.engine.inverting.judgement import STRANGE, warning_of
from latentstudio.engine.inverting.values import Order


def test_each_start_has_its_own_curve():
    made = Course()
    made.note(1, [0, 1], [3.0, 4.0])
    made.note(2, [1], [2.0])
    assert made.steps == 2 and made.curves() == {0: ((1, 3.0),), 1: ((1, 4.0), (2, 2.0))}


@pytest.mark.parametrize("steps", [400, 401, 800, 1999])
def test_long_curves_are_thinned_and_end_where_they_end(steps):
    made = Course()
    for step in range(steps):
        made.note(step, [0], [float(-step)])
    curve = made.curves()[0]
    assert len(curve) <= course.MOST + 1 and curve[0] == (0, 0.0)
    assert curve[-1] == (steps - 1, 1.0 - steps)


def test_time_left_is_that_of_the_steps_and_no_pause_counts(monkeypatch):
    now = 100.0
    monkeypatch.setattr(course.time, "monotonic", lambda: now)
    clock = Clock()
    assert clock.seconds(10) == 0.0
    for _ in range(5):
        clock.tick()
        now += 0.5
    assert clock.seconds(10) == pytest.approx(5.0)
    now += 1000.0
    clock.rest()
    clock.tick()
    assert clock.seconds(10) == pytest.approx(5.0) and clock.seconds(-3) == 0.0


def order(**fields) -> Order:
    return Order("", np.zeros((4, 4, 3), np.uint8), **fields)


def test_there_is_nothing_to_say_of_a_good_likeness():
    assert warning_of(order(), STRANGE) == ""
    assert warning_of(order(), 2.0, finished=False) == ""


def test_every_reason_to_be_careful_is_named():
    mask = np.zeros((4, 4), np.uint8)
    said = warning_of(order(mask=mask), 0.93)
    assert said.startswith("The generator cannot make this picture") and "93%" in said
    assert "in the place of the unknown parts is invented" in said and "bias" in said
    said = warning_of(order(small=8), 0.1)
    assert "finer than the 8 × 8 pixels given is invented" in said and "bias" in said
