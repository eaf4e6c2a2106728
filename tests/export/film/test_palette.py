"""Colours of a GIF against brute force, and against Pillow's own choice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from latentstudio.export.film.palette import nearest, palette


def clouds(seed: int, low: int, high: int) -> np.ndarray:
    """A soft picture of 64 x 64 whose values lie between two levels."""
    rough = np.random.RandomState(seed).randint(low, high, (6, 6, 3)).astype(np.uint8)
    return np.array(Image.fromarray(rough).resize((64, 64), Image.Resampling.BICUBIC))


def error(shown: np.ndarray, pixels: np.ndarray) -> float:
    """Root of the mean square, in grey levels."""
    return float(np.sqrt(np.mean((shown.astype(float) - pixels) ** 2)))


@given(st.integers(0, 1000), st.integers(1, 256))
def test_there_are_no_more_colours_than_asked_for(seed: int, colors: int) -> None:
    pixels = np.random.RandomState(seed).randint(0, 256, (20, 20, 3)).astype(np.uint8)
    assert palette(pixels, colors).shape == (colors, 3)  # 400 pixels: enough to cut


def test_few_colours_are_kept_as_they_are() -> None:
    few = np.array([[0, 0, 0], [1, 0, 0], [200, 10, 90], [255, 255, 255]], np.uint8)
    pixels = few[np.random.RandomState(0).randint(0, 4, (30, 30))]
    assert set(map(tuple, palette(pixels, 256).tolist())) == set(map(tuple, few.tolist()))


def test_one_colour_is_the_mean_and_two_are_cut_at_it() -> None:
    pixels = np.array([[[0, 5, 5], [10, 5, 5], [100, 5, 6], [110, 5, 6]]], np.uint8)
    assert palette(pixels, 1).tolist() == [[55, 5, 6]]  # 5.5 to the even number
    assert palette(pixels, 2).tolist() == [[5, 5, 5], [105, 5, 6]]


@given(st.integers(0, 1000))
def test_the_nearest_is_what_brute_force_finds(seed: int) -> None:
    draw = np.random.RandomState(seed)
    pixels = draw.randint(0, 256, (9, 7, 3)).astype(np.uint8)
    colors = draw.randint(0, 256, (draw.randint(1, 257), 3)).astype(np.uint8)
    middles = pixels // 4 * 4 + 1.5
    off = ((middles[:, :, None] - colors.astype(float)) ** 2).sum(3)
    assert np.array_equal(nearest(pixels, colors), off.argmin(2))


@pytest.mark.parametrize(("low", "high"), [(0, 256), (20, 60)])
def test_colours_are_nearer_than_those_of_a_median_cut(low: int, high: int) -> None:
    for seed in range(3):
        pixels = clouds(seed, low, high)
        picture = Image.fromarray(pixels)
        theirs = picture.resize((32, 32), Image.Resampling.NEAREST).quantize(256)
        shown = picture.quantize(palette=theirs, dither=Image.Dither.NONE).convert("RGB")
        ours = palette(pixels[::2, ::2], 256)
        assert error(ours[nearest(pixels, ours)], pixels) < error(np.array(shown), pixels)
