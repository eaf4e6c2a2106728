"""What fine tuning comes close to: never to what is damaged, or finer than it is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from latentstudio.engine.inverting.values import Order
from latentstudio.ui.inverting.wanted import wanted


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def order(picture, **more):
    return Order("ab" * 32, picture, **more)


def test_after_a_search_it_is_the_photograph(rng):
    picture = rng.integers(0, 256, (8, 8, 3), np.uint8)
    assert wanted(order(picture), np.zeros_like(picture)) is picture


def test_after_a_repair_what_is_painted_stays_as_it_was_found(rng):
    picture, found = rng.integers(0, 256, (2, 6, 6, 3), np.uint8)
    mask = np.full((6, 6), 255, np.uint8)
    mask[1:3, 2:5] = 0
    made = wanted(order(picture, mask=mask), found)
    for row, column in np.ndindex(6, 6):
        source = found if 1 <= row < 3 and 2 <= column < 5 else picture
        assert tuple(made[row, column]) == tuple(source[row, column])


@pytest.mark.parametrize(("side", "small"), [(16, 4), (12, 6), (10, 4)])
def test_after_an_enlargement_it_shrinks_to_the_photograph_and_has_the_detail(rng, side, small):
    picture, found = rng.integers(100, 156, (2, side, side, 3), np.uint8)
    made = wanted(order(picture, small=small), found)
    edges = [i * side // small for i in range(small + 1)]
    for top, bottom in pairwise(edges):
        for left, right in pairwise(edges):
            area = np.s_[top:bottom, left:right]
            mean = picture[area].mean((0, 1))
            assert np.allclose(made[area].mean((0, 1)), mean, atol=0.5)
            detail = made[area] - made[area].mean((0, 1))
            assert np.allclose(detail, found[area] - found[area].mean((0, 1)), atol=1.01)


def test_grey_generators_have_one_channel(rng):
    picture = rng.integers(0, 256, (4, 4, 1), np.uint8)
    found = np.repeat(rng.integers(0, 256, (4, 4, 1), np.uint8), 3, 2)
    mask = np.zeros((4, 4), np.uint8)
    assert np.array_equal(wanted(order(picture, mask=mask), found), found[..., :1])
