from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from latentstudio.document.course import Course
from latentstudio.metrics.path_speed import (
    EVEN,
    FINER,
    Floats,
    constant_pace,
    even_pace,
    local_path_lengths,
    pixel_pyramid,
    step_lengths,
    variation,
)


def test_steps_and_their_variation_by_hand() -> None:
    steps = step_lengths(np.array([[0, 0], [3, 4], [3, 4], [3, 5]]))
    assert steps.tolist() == [5.0, 0.0, 1.0]
    # Mean 2, squares of the deviations 9, 4, 1.
    assert variation(steps) == pytest.approx(np.sqrt(14 / 3) / 2)
    assert variation([0.0, 0.0]) == 0.0 and variation([2.0, 2.0]) == 0.0


def test_equal_shares_of_a_length_by_hand() -> None:
    # One length in the first half, three in the second.
    pace = even_pace([0.0, 0.5, 1.0], [1.0, 3.0], 4)
    np.testing.assert_allclose(pace, [0.0, 0.5, 0.5 + 0.5 / 3, 0.5 + 1.0 / 3, 1.0])
    assert even_pace([0.0, 1.0], [0.0], 2).tolist() == [0.0, 0.5, 1.0]


def test_each_step_of_a_pace_is_divided_by_hand() -> None:
    # Twice as fast from 0.5 on; the pace's own places stay, whatever is right between them.
    finer = even_pace([0.0, 0.5, 1.0], [1.0, 2.0], 3, (0.0, 0.2, 0.8, 1.0))
    lengths = [0.0, 0.4, 2.2, 3.0]
    expected = np.interp(np.arange(10) / 3, range(4), lengths)
    np.testing.assert_allclose(finer, np.interp(expected, [0.0, 1.0, 3.0], [0.0, 0.5, 1.0]))
    np.testing.assert_allclose(finer[::3], [0.0, 0.2, 0.8, 1.0])


lengths = st.lists(st.floats(0, 1e6), min_size=1, max_size=20)


@given(lengths, st.integers(1, 50))
@example([2.2250738585e-313], 2)
@example([5e-324, 1e6, 1e-310], 6)
def test_any_pace_is_one_that_a_course_takes(found: list[float], parts: int) -> None:
    positions = np.linspace(0, 1, len(found) + 1)
    pace = even_pace(positions, found, parts)
    assert len(Course(pace=tuple(pace.tolist())).pace) == parts + 1
    finer = even_pace(positions, found, 3, pace)
    assert len(Course(pace=tuple(finer.tolist())).pace) == 3 * parts + 1


def test_a_known_speed_is_evened_out() -> None:
    """A circle that is run through as t³: the even pace is the cube root."""

    def look(positions: Sequence[float]) -> Floats:
        asked.extend(positions)
        angle = np.pi * np.asarray(positions) ** 3
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)

    asked: list[float] = []
    found = constant_pace(look, 24)
    assert found.before == pytest.approx(
        variation(step_lengths(look(np.linspace(0, 1, 25).tolist()))), abs=1e-12
    )
    assert found.before > 0.8 and found.after <= EVEN
    times = np.linspace(0, 1, 24 * FINER + 1)
    np.testing.assert_allclose(found.pace, times ** (1 / 3), atol=0.01)
    assert len(asked) < 300
    for count in (24, 60, 1000):  # a film of any length: by the 24 places alone, .30 in the last
        steps = step_lengths(
            look([Course(pace=found.pace).position(t) for t in np.linspace(0, 1, count + 1)])
        )
        assert variation(steps) <= 0.1, count


def test_a_jump_is_found_by_looking_closer() -> None:
    """Nearly all of the way lies within a hundredth of it."""

    def look(positions: Sequence[float]) -> Floats:
        x = np.asarray(positions)
        return np.stack([x, 20 * np.tanh((x - 0.3) * 300)], axis=1)

    found = constant_pace(look, 32)
    assert found.before > 3 and found.after <= 0.15


def test_a_path_that_is_even_or_stands_still_needs_no_pace() -> None:
    for speed in (0.0, 2.0):
        found = constant_pace(lambda at, v=speed: np.asarray(at)[:, None] * v, 8)
        assert found == ((), pytest.approx(0.0, abs=1e-9), pytest.approx(0.0, abs=1e-9))


def test_local_path_length_is_the_squared_speed() -> None:
    # Pictures of one pixel, x = t²: the speed at t is 2 t.
    t = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)[:, None, None, None]
    got = local_path_lengths(t**2, (t + 1e-4) ** 2, lambda images: images.flatten(1), 1e-4)
    np.testing.assert_allclose(got, (2 * t.flatten().numpy()) ** 2, atol=1e-3)


def test_distances_of_pyramids_are_mean_squares_over_the_sizes() -> None:
    random = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 2, 3, 16, 16, generator=random).double()
    got = (pixel_pyramid(a) - pixel_pyramid(b)).square().sum(dim=1)
    difference = (a - b).numpy()
    squares = []
    for size in (16, 8, 4):
        k = 16 // size
        small = difference.reshape(2, 3, size, k, size, k).mean(axis=(3, 5))
        squares.append((small**2).mean(axis=(1, 2, 3)))
    np.testing.assert_allclose(got.numpy(), np.mean(squares, axis=0))
