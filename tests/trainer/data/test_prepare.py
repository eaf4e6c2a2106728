"""Crops, flattens and resizes as Pillow and numpy do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from trainer.data.prepare import CHANNELS, Options, not_square, prepare, too_small


def picture(width, height, mode="RGB"):
    bands = len(Image.new(mode, (1, 1)).getbands())
    pixels = np.random.RandomState(1).randint(0, 256, (height, width, bands)).astype(np.uint8)
    return Image.fromarray(pixels[:, :, 0] if bands == 1 else pixels)


@given(st.integers(8, 40), st.integers(8, 40), st.sampled_from(["lanczos", "area"]))
def test_crop_and_resize_are_pillows(width, height, resize):
    image = picture(width, height)
    options = Options(resolution=8, resize=resize, channels="rgb")
    method = {"lanczos": Image.Resampling.LANCZOS, "area": Image.Resampling.BOX}[resize]
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    box = (left, top, left + side, top + side)
    expected = np.asarray(image.crop(box).resize((8, 8), method))
    assert np.array_equal(prepare(image, options), expected.transpose(2, 0, 1))
    if (width - side) % 2 == (height - side) % 2 == 0:
        fitted = ImageOps.fit(image, (side, side))
        assert np.array_equal(np.asarray(image.crop(box)), np.asarray(fitted))


def test_area_is_the_mean_of_blocks():
    image = picture(32, 32)
    options = Options(resolution=8, resize="area", channels="rgb")
    blocks = np.asarray(image, np.float64).reshape(8, 4, 8, 4, 3).mean(axis=(1, 3))
    got = prepare(image, options).transpose(1, 2, 0).astype(np.float64)
    assert np.abs(got - blocks).max() <= 0.5 + 1e-9 + 0.5  # two roundings, one an axis


def test_the_right_size_keeps_its_pixels():
    image = picture(8, 8)
    assert np.array_equal(
        prepare(image, Options(resolution=8, channels="rgb")).transpose(1, 2, 0),
        np.asarray(image),
    )


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("channels", ["gray", "rgb", "rgba"])
@pytest.mark.parametrize("size", [8, 12])
def test_every_mode_fits_every_number_of_channels(mode, channels, size):
    pixels = prepare(picture(size, size, mode), Options(resolution=8, channels=channels))
    assert pixels.shape == (CHANNELS[channels], 8, 8) and pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous


def test_transparency_is_laid_on_the_background():
    image = Image.fromarray(np.array([[[200, 100, 0, 0], [200, 100, 0, 51]]] * 2, np.uint8))
    options = Options(resolution=2, channels="rgb", background=(0, 0, 250))
    got = prepare(image, options)[:, 0].T
    assert got.tolist() == [[0, 0, 250], [40, 20, 200]]  # a fifth of the colour


def test_grey_on_white_stays_grey():
    image = Image.fromarray(np.array([[[10, 255], [10, 0]]] * 2, np.uint8))
    assert prepare(image, Options(resolution=2, channels="gray"))[0, 0].tolist() == [10, 255]
    coloured = Options(resolution=2, channels="rgb", background=(9, 8, 7))
    assert prepare(image, coloured)[:, 0, 1].tolist() == [9, 8, 7]


def test_hidden_colours_do_not_bleed():
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[:, :8] = (255, 0, 0, 255)
    pixels[:, 8:] = (0, 255, 0, 0)  # green, but invisible
    got = prepare(Image.fromarray(pixels), Options(resolution=3, channels="rgba"))
    visible = got[3] > 0
    assert (got[0][visible] >= 250).all() and (got[1][visible] == 0).all()


def test_reasons():
    square = Options(resolution=16, crop="none")
    assert "not square: choose --crop center" in not_square(20, 21, square)
    assert not_square(20, 20, square) == "" == not_square(20, 30, Options(resolution=16))
    assert "at most 15" in too_small(15, 40, Options(resolution=16))
    assert (
        too_small(16, 16, square) == "" == too_small(2, 2, Options(resolution=16, small="enlarge"))
    )
