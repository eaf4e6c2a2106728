"""Both ways of resizing, against loops and against Pillow."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import tests.strategies  # noqa: F401  (registers the profile)
from latentstudio.metrics.spaces.resize import resize, rgb

HOWS = pytest.mark.parametrize("how", ["tf1", "clean"])
sides = st.integers(2, 40)


def pictures(*shape, seed=0):
    return torch.from_numpy(np.random.RandomState(seed).randint(0, 256, shape)).float()


def tensorflow_1(plane, size):
    """ResizeBilinear of TensorFlow 1 without align_corners, pixel by pixel in float64."""
    height, width = plane.shape
    out = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            y, x = i * height / size, j * width / size
            top, left = int(y), int(x)
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            upper = plane[top, left] * (1 - x + left) + plane[top, right] * (x - left)
            lower = plane[bottom, left] * (1 - x + left) + plane[bottom, right] * (x - left)
            out[i, j] = upper * (1 - y + top) + lower * (y - top)
    return out


@given(sides, sides, sides, st.integers(0, 99))
def test_tf1_is_tensorflows(height, width, size, seed):
    plane = pictures(1, 1, height, width, seed=seed)
    got = resize(plane, size, "tf1")[0, 0].numpy()
    np.testing.assert_allclose(got, tensorflow_1(plane[0, 0].double().numpy(), size), atol=1e-3)


@given(sides, sides, sides, st.integers(0, 99))
def test_clean_is_pillows(height, width, size, seed):
    plane = pictures(1, 1, height, width, seed=seed)
    image = Image.fromarray(plane[0, 0].numpy())
    wanted = np.asarray(image.resize((size, size), Image.Resampling.BICUBIC)).clip(0, 255)
    assert np.abs(resize(plane, size, "clean")[0, 0].numpy() - wanted).max() < 0.01


@HOWS
@given(side=sides, size=sides, value=st.integers(0, 255))
def test_a_constant_picture_stays_constant(how, side, size, value):
    resized = resize(torch.full((1, 3, side, side), float(value)), size, how)
    assert resized.shape == (1, 3, size, size)
    torch.testing.assert_close(resized, torch.full_like(resized, value), atol=1e-3, rtol=0)


@HOWS
@given(side=sides, size=sides, seed=st.integers(0, 99))
def test_values_stay_in_range(how, side, size, seed):
    resized = resize(pictures(1, 1, side, side, seed=seed), size, how)
    assert resized.min() >= -1e-3 and resized.max() <= 255 + 1e-3


@HOWS
def test_pictures_of_the_size_are_left_alone(how):
    images = pictures(2, 3, 12, 12)
    assert resize(images, 12, how) is images


@HOWS
def test_gradients_pass(how):
    images = pictures(1, 3, 6, 6).requires_grad_()
    resize(images, 9, how).sum().backward()
    assert images.grad.abs().sum() > 0


def test_grey_and_alpha():
    images = pictures(2, 4, 3, 3)
    assert torch.equal(rgb(images), images[:, :3])
    assert torch.equal(rgb(images[:, :2]), images[:, :1].repeat(1, 3, 1, 1))
    assert torch.equal(rgb(images[:, :1]), images[:, :1].repeat(1, 3, 1, 1))
