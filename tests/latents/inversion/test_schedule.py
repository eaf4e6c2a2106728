"""The shape of a search over its steps: held to the published ramp, and to counts by hand."""

from __future__ import annotations

import math

import pytest

from latentstudio.latents.inversion.schedule import CALM, DOWN, UP, Schedule, halving


def test_the_rate_is_the_published_ramp() -> None:
    schedule = Schedule(steps=200, peak=0.3, wander=0.05)
    for step in range(200):
        t = (step + 1) / 200  # as in StyleGAN2's projector, with shares of our own
        ramp = min(1.0, (1.0 - t) / DOWN)
        ramp = (0.5 - 0.5 * math.cos(ramp * math.pi)) * min(1.0, t / UP)
        assert schedule.rate(step) == pytest.approx(0.3 * ramp, abs=1e-12)
        noise = 0.05 * max(0.0, 1.0 - step / 200 / CALM) ** 2
        assert schedule.noise(step) == pytest.approx(noise)
    assert schedule.rate(199) == pytest.approx(0.0, abs=1e-12)


def test_a_search_that_has_arrived_slows_down_from_there() -> None:
    schedule = Schedule(steps=400, peak=1.0, wander=0.1)
    ending = schedule.ending(120)
    assert ending.steps == 200
    assert ending.rate(119) == pytest.approx(1.0)
    assert ending.rate(121) < 1.0
    assert ending.noise(120) == 0.0
    assert schedule.ending(399) == schedule  # never longer than it was


@pytest.mark.parametrize("steps", [1, 2, 7, 100])
@pytest.mark.parametrize(("starts", "least"), [(1, 1), (2, 1), (8, 1), (8, 3), (5, 8), (64, 2)])
def test_starts_are_halved_early_and_no_further_than_wanted(
    starts: int, least: int, steps: int
) -> None:
    kept = halving(starts, steps, least)
    left = [starts, *(n for _, n in kept)]
    assert left == sorted(left, reverse=True)
    assert min(left) >= min(starts, least)
    assert all(1 <= step <= steps for step, _ in kept)
    if steps == 100:
        assert left[-1] == min(starts, least)


def test_eight_starts_draw_little_more_than_twice_the_pictures_of_one() -> None:
    kept, alive, drawn = dict(halving(8, 100)), 8, 0
    for step in range(100):
        drawn += alive
        alive = kept.get(step + 1, alive)
    assert drawn == 10 * 8 + 10 * 4 + 20 * 2 + 60
