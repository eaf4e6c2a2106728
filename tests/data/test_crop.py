"""What is cut out of a picture, against closed forms and Pillow's own filters."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from latentstudio.data.crop import Crop, _window, cropped
from latentstudio.data.intake import Intake

RANDOM = np.random.RandomState(0)
sizes = st.integers(4, 60)
shares = st.floats(-1.0, 3.0)
crops = st.builds(Crop, shares, shares, st.floats(0.05, 2.0), st.floats(-400, 400))


def picture(height: int, width: int, channels: int = 3) -> Intake:
    pixels = RANDOM.randint(0, 256, (height, width, channels)).astype(np.uint8)
    return Intake(pixels, "noise")


def test_the_whole_at_its_own_size_is_the_picture():
    intake = picture(16, 16)
    assert np.array_equal(cropped(intake, Crop.whole(16, 16), 16), intake.pixels)


@given(sizes, sizes)
def test_the_whole_is_the_middle_square(width, height):
    corners = np.array(Crop.whole(width, height).corners()) * min(width, height)
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    expected = [[left, top], [left + side, top], [left + side, top + side], [left, top + side]]
    assert np.allclose(corners, expected)


def test_a_part_is_cut_to_the_pixel():
    intake = picture(20, 30)
    part = cropped(intake, Crop((7 + 4) / 20, (9 + 4) / 20, 8 / 20), 8).astype(int)
    assert abs(part - intake.pixels[9:17, 7:15]).max() <= 1


@pytest.mark.parametrize("quarters", [-2, -1, 1, 2, 3, 5])
def test_quarter_turns(quarters):
    intake = picture(12, 12)
    made = cropped(intake, Crop(0.5, 0.5, 1.0, 90.0 * quarters), 12).astype(int)
    # The square turns counter-clockwise, and so what is in it clockwise.
    assert abs(made - np.rot90(intake.pixels, -quarters)).max() <= 1


@pytest.mark.parametrize("factor", [2, 3])
def test_small_factors_are_pillows_lanczos(factor):
    intake = picture(10 * factor, 10 * factor)
    expected = Image.fromarray(intake.pixels).resize((10, 10), Image.Resampling.LANCZOS)
    whole = Crop.whole(10, 10)
    assert np.array_equal(cropped(intake, whole, 10), np.asarray(expected))


@pytest.mark.parametrize("side", [137, 600])
@pytest.mark.parametrize("angle", [0.0, 33.0])
def test_fine_stripes_become_their_mean(side, angle):
    stripes = np.zeros((side, side, 3), np.uint8)
    stripes[:, ::2] = 255
    made = cropped(Intake(stripes, ""), Crop(0.5, 0.5, 0.6, angle), 12)
    assert abs(made.astype(float) - 127.5).max() < 8


@given(crops, sizes, sizes, st.integers(1, 20), st.sampled_from([1, 3]))
def test_one_colour_stays_one_colour(crop, width, height, resolution, channels):
    pixels = np.full((height, width, 3), 93, np.uint8)
    made = cropped(Intake(pixels, ""), crop, resolution, channels)
    assert made.shape == (resolution, resolution, channels) and made.dtype == np.uint8
    assert (made == 93).all()


@given(st.floats(0.1, 1.9), st.floats(0.1, 0.9), st.floats(0.2, 0.9), st.floats(-180, 180), sizes)
def test_a_ramp_shows_where_each_pixel_comes_from(x, y, size, angle, resolution):
    width, height = 240, 120
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    ramp = np.stack([across, 2 * down, 0 * down], axis=-1).astype(np.uint8)
    crop = Crop(x, y, size, angle).inside(width, height)
    made = cropped(Intake(ramp, ""), crop, resolution).astype(float)
    steps = (np.arange(resolution) + 0.5) / resolution - 0.5
    u, v = np.meshgrid(steps, steps)
    turn = complex(math.cos(math.radians(angle)), -math.sin(math.radians(angle)))
    place = (complex(crop.x, crop.y) + crop.size * (u + 1j * v) * turn) * height
    inner = slice(resolution // 5, resolution - resolution // 5)  # away from the filter's ends
    assert np.allclose(made[inner, inner, 0], place.real[inner, inner] - 0.5, atol=2.0)
    assert np.allclose(made[inner, inner, 1] / 2, place.imag[inner, inner] - 0.5, atol=2.0)


@given(crops, sizes, sizes)
def test_inside_takes_in_nothing_from_beyond(crop, width, height):
    moved = crop.inside(width, height)
    corners = np.array(moved.corners()) * min(width, height)
    assert (corners >= -1e-6).all() and (corners <= np.array([width, height]) + 1e-6).all()
    assert moved.size <= crop.size and moved.angle == crop.angle
    again = moved.inside(width, height)
    assert np.allclose([again.x, again.y, again.size], [moved.x, moved.y, moved.size])


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(1, 30), st.integers(1, 30))
def test_windows_repeat_the_edge(left, top, width, height):
    pixels = picture(5, 7).pixels
    rows = np.clip(np.arange(top, top + height), 0, 4)
    columns = np.clip(np.arange(left, left + width), 0, 6)
    found = _window(pixels, left, top, left + width, top + height)
    assert np.array_equal(found, pixels[rows][:, columns])


def test_what_is_transparent_shows_middle_grey():
    pixels = np.full((8, 8, 4), 255, np.uint8)
    pixels[:, :4, 3] = 0
    made = cropped(Intake(pixels, ""), Crop.whole(8, 8), 8)
    assert (made[:, :4] == 128).all() and (made[:, 4:] == 255).all()


def test_grey_is_luma():
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:] = (200, 100, 50)
    assert cropped(Intake(pixels, ""), Crop.whole(4, 4), 4, 1)[0, 0, 0] == round(
        0.299 * 200 + 0.587 * 100 + 0.114 * 50
    )


def test_shares_do_not_ask_for_the_size():
    big = picture(300, 450)
    half = Image.fromarray(big.pixels).reduce(2)
    crop = Crop(0.8, 0.45, 0.5, 10.0)
    small = cropped(Intake(np.asarray(half), ""), crop, 8).astype(int)
    assert abs(small - cropped(big, crop, 8)).max() <= 6


@pytest.mark.parametrize("field", ["x", "y", "size", "angle"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300])
def test_impossible_values_are_refused(field, value):
    values = {"x": 0.5, "y": 0.5, "size": 1.0, "angle": 0.0}
    with pytest.raises(ValueError, match=r"crop\."):
        Crop(**(values | {field: value}))


@given(crops)
def test_json_and_back(crop):
    assert msgspec.json.decode(msgspec.json.encode(crop), type=Crop) == crop
