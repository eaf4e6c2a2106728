"""Masks as plain arrays: strokes against a loop over pixels, bits there and back."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latentstudio.ui.inverting.mask import INVENT, KEEP, blank, packed, stroked, unpacked

shares = st.floats(-0.5, 1.5)
values = st.sampled_from((KEEP, INVENT))
masks = st.integers(4, 20).flatmap(lambda n: arrays(np.uint8, (n, n), elements=values))


@given(st.integers(1, 9), *[shares] * 4, st.floats(0.01, 0.4))
def test_a_stroke_takes_the_pixels_that_are_near_to_its_way(side, x0, y0, x1, y1, radius):
    made = stroked(blank(side), (x0, y0), (x1, y1), radius, INVENT)
    for row, column in np.ndindex(side, side):
        x, y = (column + 0.5) / side, (row + 0.5) / side
        # The nearest of many places on the way.
        places = np.linspace(0.0, 1.0, 2001)
        away = np.hypot(x - x0 - places * (x1 - x0), y - y0 - places * (y1 - y0)).min()
        if not math.isclose(away, radius, abs_tol=1e-3):
            assert (made[row, column] == INVENT) == (away < radius)


@given(masks)
def test_bits_there_and_back(mask):
    paint = packed(mask)
    assert len(paint) in (0, math.ceil(mask.size / 8))
    assert (paint == b"") == bool((mask == KEEP).all())
    assert np.array_equal(unpacked(paint, len(mask)), mask)


def test_paint_of_another_size_is_none():
    paint = packed(np.zeros((64, 64), np.uint8))
    assert (unpacked(paint, 32) == KEEP).all()
    assert (unpacked(b"\xff", 64) == KEEP).all()


def test_a_stroke_leaves_the_mask_it_began_with():
    before = blank(8)
    stroked(before, (0.5, 0.5), (0.5, 0.5), 0.3, INVENT)
    assert (before == KEEP).all()
