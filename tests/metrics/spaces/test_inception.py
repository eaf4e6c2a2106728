"""The FID Inception network with invented weights, for which torch-fidelity's answers are kept."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.metrics.spaces.inception import InceptionFeatures
from latentstudio.metrics.spaces.inception_network import _Conv, _MeanPool
from tests.metrics.published import Invented, inception_state, weights_of

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def state():
    return inception_state()


@pytest.fixture(scope="module")
def features(state):
    return InceptionFeatures(weights_of(state), "ab", "tf1", CPU)


def pictures(n=2, size=40, seed=1):
    levels = np.random.RandomState(seed).randint(0, 256, (n, 3, size, size), np.uint8)
    return torch.from_numpy(levels) / 127.5 - 1


def test_the_file_has_as_many_tensors_as_the_published_one(state):
    assert len(state) == 566


def test_pool_features_and_logits_are_torch_fidelitys(features):
    # torch-fidelity 0.4, FeatureExtractorInceptionV3, for the same weights and pictures.
    pooled = [
        [0.16786552965641022, 0.2891581356525421, 3.4879294616985135e-06, 1.6776882410049438],
        [0.15149064362049103, 0.3089858591556549, 0.0021015622187405825, 1.6666730642318726],
    ]
    logits = [
        [2.335000514984131, 2.4884884357452393, 3.626203775405884],
        [2.281144142150879, 2.477201461791992, 3.521772623062134],
    ]
    got = features(pictures())
    assert got.shape == (2, 2048) and got.dtype == torch.float32
    assert got.max() == pytest.approx(12.8627, abs=1e-4)
    torch.testing.assert_close(got[:, :4], torch.tensor(pooled), rtol=0, atol=1e-5)
    assert got.mean(1).tolist() == pytest.approx([1.560120701789856, 1.55277681350708], rel=1e-6)
    assert torch.equal(features.logits(pictures(1)), features.logits_of(features(pictures(1))))
    got = features.logits_of(got)
    assert got.shape == (2, 1008)
    torch.testing.assert_close(got[:, :3], torch.tensor(logits), rtol=0, atol=1e-4)


def test_pictures_are_rounded_and_grey_is_spread(features):
    grey = pictures(1)[:, :1]
    assert torch.equal(features(grey), features(grey.expand(-1, 3, -1, -1) + 1e-4))
    assert features(grey[:0]).shape == (0, 2048)


def test_embedding_passes_gradients_and_does_not_round(features):
    images = pictures(1).requires_grad_()
    features.embed(images).sum().backward()
    assert images.grad.isfinite().all() and images.grad.abs().sum() > 0
    with torch.no_grad():
        moved = features.embed(images + 1e-3)
        assert not torch.equal(moved, features.embed(images))


def test_spaces_that_differ_are_told_apart(state, features):
    others = [
        InceptionFeatures(weights_of(state), sha, how, CPU)
        for sha, how in (("ab", "clean"), ("cd", "tf1"))
    ]
    assert len({space.content_hash for space in (features, *others)}) == 3
    assert (features.name, others[0].name) == ("inception", "inception-clean")
    assert (features.dim, features.resolution) == (2048, 299)
    assert not torch.allclose(others[0](pictures(1)), features(pictures(1)), rtol=1e-2)


def test_folding_costs_nothing():
    invented = Invented(3)
    conv = _Conv(invented, "x", 5, (7, 1, 3), padded=True)
    x = torch.randn(2, 5, 6, 6)
    part = {name.removeprefix("x."): tensor.double() for name, tensor in invented.state.items()}
    wanted = F.conv2d(x.double(), part["conv.weight"], padding=(0, 1))
    norm = [part[f"bn.{key}"] for key in ("running_mean", "running_var", "weight", "bias")]
    wanted = F.batch_norm(wanted, *norm, eps=1e-3).relu()
    torch.testing.assert_close(conv(x).double(), wanted, rtol=1e-5, atol=1e-6)


def test_mean_pools_do_not_count_the_border():
    conv = _Conv(Invented(4), "x", 5, (7, 1, 1))
    x = torch.randn(2, 5, 4, 4)
    inside = torch.ones(1, 1, 4, 4)
    nine = torch.ones(5, 1, 3, 3)
    mean = F.conv2d(x, nine, padding=1, groups=5) / F.conv2d(inside, nine[:1], padding=1)
    torch.testing.assert_close(_MeanPool(conv)(x), conv(mean), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("Mixed_6e.branch7x7_2.conv.weight", None, "lacks the tensor"),
        ("Mixed_5b.branch1x1.conv.weight", lambda x: x[:, :1], "has the shape"),
        ("Conv2d_1a_3x3.conv.weight", lambda x: x * math.nan, "Conv2d_1a_3x3 are not finite"),
        ("Mixed_7c.branch_pool.bn.running_var", lambda x: x - 9, "are not finite"),
        ("fc.weight", lambda x: x / 0, "classes' weights are not finite"),
        ("fc.weight", lambda x: x[:1000], "has the shape"),
    ],
)
def test_refusals(state, name, change, says):
    changed = dict(state)
    tensor = changed.pop(name)
    if change is not None:
        changed[name] = change(tensor)
    with pytest.raises(CheckpointError, match=says):
        InceptionFeatures(weights_of(changed), "ab", "tf1", CPU)


def test_a_tensor_too_many_is_refused(state):
    with pytest.raises(CheckpointError, match="AuxLogits"):
        InceptionFeatures(weights_of({**state, "AuxLogits.w": torch.ones(1)}), "ab", "tf1", CPU)
