"""LPIPS and VGG16 with invented weights, for which the package's answers are kept."""

import math

import numpy as np
import pytest
import torch

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.metrics.spaces.lpips import LPIPS, LpipsFeatures
from latentstudio.metrics.spaces.vgg import VGG16, VGG16Features
from tests.metrics.published import linear_state, vgg_state, weights_of


@pytest.fixture(scope="module")
def convolutions():
    return vgg_state()


@pytest.fixture(scope="module")
def distance(convolutions):
    return LPIPS(weights_of(convolutions), weights_of(linear_state()))


def pictures(n=4, size=32):
    levels = np.random.RandomState(1).randint(0, 256, (n, 3, size, size), np.uint8)
    return torch.from_numpy(levels) / 127.5 - 1


@torch.no_grad()
def test_distances_are_the_packages(distance):
    # lpips 0.1.4, LPIPS(net="vgg"), for the same weights and pictures.
    wanted = torch.tensor([0.6831254363059998, 0.7032744288444519])
    a, b = pictures().chunk(2)
    torch.testing.assert_close(distance(a, b), wanted, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(distance(b, a), wanted, rtol=1e-6, atol=1e-7)
    assert torch.equal(distance(a, a), torch.zeros(2))


@torch.no_grad()
def test_embeddings_are_as_long_as_said(distance):
    embedded = distance.embed(pictures(2))
    assert embedded.shape == (2, 122 * 32 * 32)
    wanted = distance(*pictures(2).chunk(2))
    torch.testing.assert_close((embedded[0] - embedded[1]).square().sum()[None], wanted)


def test_gradients_are_finite_where_nothing_differs(distance):
    images = torch.zeros(1, 3, 16, 16, requires_grad=True)
    distance(images, pictures(1, 16)).sum().backward()
    assert images.grad.isfinite().all() and images.grad.abs().sum() > 0


def test_as_a_feature_space(distance):
    space = LpipsFeatures(distance, "ab")
    assert (space.name, space.resolution, space.dim) == ("lpips", 256, 122 * 256**2)
    assert torch.equal(space(pictures(1) + 1e-4), space(pictures(1)))
    with torch.no_grad():
        assert torch.equal(space.embed(pictures(2)), distance.embed(pictures(2)))
        large = pictures(1).repeat_interleave(16, 2).repeat_interleave(16, 3)
        halved = pictures(1).repeat_interleave(8, 2).repeat_interleave(8, 3)
        torch.testing.assert_close(space.embed(large), distance.embed(halved))


@torch.no_grad()
def test_the_second_full_layer_by_hand(convolutions):
    # One row of weights, seen by every output of the first layer; the second one reverses.
    row = torch.from_numpy(np.float32(np.random.RandomState(5).randn(1, 512 * 49))) / 100
    state = convolutions | {
        "classifier.0.weight": row.expand(4096, -1),
        "classifier.0.bias": torch.linspace(-1, 1, 4096),
        "classifier.3.weight": torch.eye(4096).flip(0),
        "classifier.3.bias": torch.full((4096,), -0.1),
    }
    space = VGG16Features(weights_of(state), "ab", torch.device("cpu"))
    images = pictures(1, 224)
    last = VGG16(weights_of(convolutions))(images)[-1].double()
    map7 = last.reshape(512, 7, 2, 7, 2).amax((2, 4)).flatten()
    first = (float(map7 @ row[0].double()) + torch.linspace(-1, 1, 4096).double()).relu()
    wanted = (first.flip(0) - 0.1).relu().float()[None]
    torch.testing.assert_close(space(images), wanted, rtol=1e-4, atol=1e-4)
    assert (space.name, space.dim, space.resolution) == ("vgg16", 4096, 224)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda x: -x, "negative or not finite"),
        (lambda x: x * math.nan, "negative or not finite"),
        (lambda x: x[:, :1], "has the shape"),
    ],
)
def test_linear_weights_that_cannot_be(convolutions, change, says):
    linear = linear_state()
    linear["lin3.model.1.weight"] = change(linear["lin3.model.1.weight"])
    with pytest.raises(CheckpointError, match=says):
        LPIPS(weights_of(convolutions), weights_of(linear))


def test_convolutions_that_cannot_be(convolutions):
    broken = {**convolutions, "features.28.weight": convolutions["features.28.weight"] / 0}
    with pytest.raises(CheckpointError, match=r"'features.28.weight' is not finite"):
        VGG16(weights_of(broken))
    with pytest.raises(CheckpointError, match="lacks the tensor"):
        VGG16(weights_of({"features.0.weight": convolutions["features.0.weight"]}))
