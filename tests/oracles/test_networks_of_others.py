"""The published networks beside the libraries that they are known from, on equal weights."""

import pytest
import torch

from latentstudio.metrics.spaces.inception import InceptionFeatures
from latentstudio.metrics.spaces.lpips import LPIPS
from latentstudio.metrics.spaces.resize import resize
from latentstudio.metrics.spaces.vgg import VGG16Features
from tests.metrics.published import inception_state, linear_state, vgg_state, weights_of
from tests.oracles.libraries import library, quiet

CPU = torch.device("cpu")


def bytes_of(n, size):
    """uint8 pictures, and the same in [-1, 1]."""
    torch.manual_seed(size)
    images = torch.randint(0, 256, (n, 3, size, size), dtype=torch.uint8)
    return images, images / 127.5 - 1


def close(ours, theirs, tolerance=1e-5):
    assert (ours - theirs).abs().max() <= tolerance * theirs.abs().max()


@pytest.fixture(scope="module")
def torch_fidelity_inception(tmp_path_factory):
    library("torch_fidelity")
    extractor = library("torch_fidelity.feature_extractor_inceptionv3")
    path = tmp_path_factory.mktemp("inception") / "weights.pth"
    torch.save(inception_state(), path)
    return extractor.FeatureExtractorInceptionV3(
        "random", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(path)
    )


def test_inception_is_torch_fidelitys(torch_fidelity_inception):
    images, ours = bytes_of(2, 64)
    pooled, logits = torch_fidelity_inception(images)
    space = InceptionFeatures(weights_of(inception_state()), "0", "tf1", CPU)
    features = space(ours)
    close(features, pooled)
    close(space.logits_of(features), logits)


@pytest.mark.parametrize("size", [17, 64, 600])
def test_resizing_is_torch_fidelitys(size):
    theirs = library("torch_fidelity.interpolate_compat_tensorflow")
    images = bytes_of(1, size)[0].float()
    wanted = theirs.interpolate_bilinear_2d_like_tensorflow1x(
        images, size=(299, 299), align_corners=False
    )
    torch.testing.assert_close(resize(images, 299, "tf1"), wanted, atol=1e-4, rtol=0)


@pytest.fixture(scope="module")
def lpips_package():
    package = library("lpips")
    with quiet():
        theirs = package.LPIPS(net="vgg", pnet_rand=True, verbose=False)
    names = theirs.net.state_dict()
    theirs.net.load_state_dict(dict(zip(names, vgg_state().values(), strict=True)))
    linear = {name: theirs.state_dict()[name] for name in linear_state()}
    return theirs, linear


@pytest.mark.parametrize("size", [32, 71])
def test_lpips_is_the_packages(lpips_package, size):
    theirs, linear = lpips_package
    distance = LPIPS(weights_of(vgg_state()), weights_of(linear))
    a, b = bytes_of(4, size)[1].chunk(2)
    with torch.no_grad():
        torch.testing.assert_close(distance(a, b), theirs(a, b).flatten(), rtol=1e-6, atol=1e-7)


def test_vgg16_is_torch_fidelitys(monkeypatch):
    theirs = library("torch_fidelity.feature_extractor_vgg16")
    with torch.device("meta"):
        network = library("torchvision").models.vgg16()
    column, row = torch.randn(4096, 1) * 0.01, torch.randn(1, 512 * 49)
    matrices = {"classifier.0.weight": column * row, "classifier.3.weight": torch.eye(4096) + 0.1}
    biases = {f"classifier.{i}.bias": torch.randn(4096) for i in (0, 3)}
    state = vgg_state() | matrices | biases
    network.load_state_dict(state, strict=False, assign=True)
    monkeypatch.setattr(theirs, "torchvision_load_pretrained_vgg16", lambda **_: network)
    images, ours = bytes_of(1, 64)
    (wanted,) = theirs.FeatureExtractorVGG16("random", ["fc2_relu"])(images)
    close(VGG16Features(weights_of(state), "0", CPU)(ours), wanted)
