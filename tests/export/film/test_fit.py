"""Resizing against values worked out by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.export.film.fit import fitted


def test_the_same_size_is_the_same_picture() -> None:
    pixels = np.random.RandomState(0).randint(0, 256, (6, 5, 4), np.uint8)
    assert np.array_equal(fitted(pixels, (5, 6)), pixels[:, :, :3])


def test_shrunk_by_half_is_the_mean_of_four() -> None:
    pixels = np.random.RandomState(1).randint(0, 256, (8, 8, 3), np.uint8)
    means = pixels.reshape(4, 2, 4, 2, 3).astype(float).mean((1, 3))
    assert np.abs(fitted(pixels, (4, 4)) - means).max() <= 1.0  # rounded twice: rows, then columns


def test_bars_stand_on_both_sides() -> None:
    film = fitted(np.full((8, 8, 3), 200, np.uint8), (20, 10), "bars", "#010203")
    assert (film[:, 5:15] == 200).all()
    assert (film[:, :5] == (1, 2, 3)).all() and (film[:, 15:] == (1, 2, 3)).all()


def test_filling_cuts_what_is_beyond_the_middle() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[2:6] = 255
    assert (fitted(pixels, (8, 4), "fill") == 255).all()
    assert (fitted(pixels.transpose(1, 0, 2), (4, 8), "fill") == 255).all()


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 60),
    st.integers(1, 60),
    st.sampled_from(["bars", "fill"]),
)
def test_every_size_is_met_and_flat_stays_flat(
    w: int, h: int, width: int, height: int, fit: str
) -> None:
    film = fitted(np.full((h, w, 3), 77, np.uint8), (width, height), fit, "#4d4d4d")
    assert film.shape == (height, width, 3) and (film == 77).all()
