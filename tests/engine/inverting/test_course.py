"""Curves and the time that is left."""

from __future__ import annotations

import pytest

from latentstudio.engine.inverting import course
from latentstudio.engine.inverting.course import Clock, Course


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
