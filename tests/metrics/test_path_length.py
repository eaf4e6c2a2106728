from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.data.attributes import Attribute
from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.protocol import Generator
from latentstudio.metrics.path_length import PathLength, perceptual_path_length, slerp
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.features import ClassifierFeatures
from tests.metrics.toys import Linear


def pixels(images: Tensor) -> Tensor:
    return images.flatten(1)


def inliers(lengths: np.ndarray) -> np.ndarray:
    """As the published tool filters them."""
    low = np.percentile(lengths, 1, method="lower")
    high = np.percentile(lengths, 99, method="higher")
    return lengths[(lengths >= low) & (lengths <= high)]


def measure(generator: Generator, n: int = 301, **settings: object) -> PathLength:
    return perceptual_path_length(generator, pixels, n, 5, 64, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [2, 100, 101, 301])
def test_straight_lines_by_hand(n: int) -> None:
    # Pictures are w / 4 and w is 2 z: every step of a path has the length |b - a| / 2 · ε.
    ends = np.random.RandomState(5).randn(n, 2, 4).astype(np.float32)
    lengths = inliers(((ends[:, 1] - ends[:, 0]) ** 2).sum(axis=1) / 4)
    for sampling in ("full", "end"):
        got = measure(Linear(mapped=True), n, sampling=sampling)
        assert (got.space, got.n, got.kept) == ("w", n, len(lengths))
        # float32 holds a step of 1e-4 to three digits, their mean to more.
        assert got.value == pytest.approx(lengths.mean(), rel=2e-3)
        assert got.stderr == pytest.approx(lengths.std(ddof=1) / math.sqrt(len(lengths)), rel=5e-3)


def test_arcs_by_hand() -> None:
    # On the unit sphere a step of an arc is ε times its angle, wherever it begins.
    ends = np.random.RandomState(5).randn(301, 2, 4)
    unit = ends / np.linalg.norm(ends, axis=2, keepdims=True)
    angles = np.arccos((unit[:, 0] * unit[:, 1]).sum(axis=1))
    got = measure(Linear(unit=True))
    assert got.space == "z"
    assert got.value == pytest.approx(inliers(angles**2).mean(), rel=2e-3)
    assert measure(Linear(unit=True), sampling="end").value == pytest.approx(got.value, rel=2e-3)


def test_where_the_step_begins() -> None:
    # Straight lines cut the corner: seen from the sphere they run faster in the middle.
    a, b = np.random.RandomState(5).randn(301, 2, 4).transpose(1, 0, 2)
    begins = np.random.RandomState([5, 2]).random_sample((301, 1))
    values = []
    for sampling, t in (("full", begins), ("end", 0 * begins)):
        points = [a + (b - a) * at for at in (t, t + 1e-4)]
        first, second = (p / np.linalg.norm(p, axis=1, keepdims=True) for p in points)
        lengths = ((second - first) ** 2).sum(axis=1) / 1e-8
        got = measure(Linear(unit=True, mapped=True), sampling=sampling)
        assert got.value == pytest.approx(inliers(lengths).mean(), rel=5e-3)
        values.append(got.value)
    assert values[0] > 1.1 * values[1]


def test_slerp_turns_evenly_and_keeps_the_norm() -> None:
    random = np.random.RandomState(0)
    a, b = (torch.from_numpy(random.randn(7, 5)) for _ in "ab")
    a, b = (3 * x / x.norm(dim=1, keepdim=True) for x in (a, b))
    angle = torch.arccos((a * b).sum(1) / 9)
    for share in (0.0, 0.25, 1.0, 1.1):
        at = slerp(a, b, torch.full((7,), share, dtype=torch.float64))
        torch.testing.assert_close(at.norm(dim=1), torch.full((7,), 3.0, dtype=torch.float64))
        turned = torch.arccos(((a * at).sum(1) / 9).clamp(-1, 1))
        folded = math.pi - (math.pi - angle * share).abs()  # arccos ends at half a turn
        torch.testing.assert_close(turned, folded, atol=1e-7, rtol=0)
    torch.testing.assert_close(slerp(a, b, torch.ones(7)), b)
    torch.testing.assert_close(slerp(a, 2 * a, torch.full((7,), 0.5)), 1.5 * a)


def test_ends_of_a_path_share_their_class() -> None:
    # The class moves the picture: if it differed within a pair, the step would be enormous.
    plain = measure(Linear(mapped=True))
    shares = [0.5, 0.0, 0.5]
    assert measure(Linear(3, mapped=True), class_shares=shares).value == pytest.approx(
        plain.value, rel=2e-3
    )


def test_does_not_depend_on_the_batch_and_leaves_the_generator() -> None:
    torch.manual_seed(0)
    generator = DCGAN(z_dim=6, resolution=8, ngf=2).train()
    generator.head.eval()
    before = {key: value.clone() for key, value in generator.state_dict().items()}
    seen: list[float] = []
    a = perceptual_path_length(generator, pixels, 40, 1, 16, progress=seen.append)
    b = perceptual_path_length(generator, pixels, 40, 1, 40)
    assert a.value == pytest.approx(b.value, rel=1e-2)
    assert seen == [0.4, 0.8, 1.0]
    assert generator.training and generator.stem_norm.training and not generator.head.training
    for key, value in generator.state_dict().items():
        assert torch.equal(value, before[key])
    assert perceptual_path_length(generator, pixels, 40, 2, 40).value != b.value


def test_a_feature_space_is_not_asked_for_rounded_pictures() -> None:
    torch.manual_seed(0)
    classifier = AttributeClassifier(
        [Attribute(name="a", kind="binary", values=("no", "yes"))],
        resolution=8,
        width=4,
        max_width=4,
        dim=4,
    )
    features = ClassifierFeatures(classifier, name="toy", content_hash="12" * 32)
    generator = DCGAN(z_dim=6, resolution=8, ngf=2).eval()
    generator.head.weight.data.mul_(10)
    named = perceptual_path_length(generator, features, 30, 0, 30)
    bare = perceptual_path_length(generator, classifier.embed, 30, 0, 30)
    features.batch = 7  # pairs come three at a time
    few = perceptual_path_length(generator, features, 30, 0, 30)
    assert few.value == pytest.approx(named.value, rel=1e-3)
    assert (named.features, named.features_hash) == ("toy", "12" * 32)
    assert (bare.features, bare.features_hash) == ("", "")
    assert named.value == bare.value > 0
    # A hundred times the step gives the same length; rounding to 8 bit would not.
    wide = perceptual_path_length(generator, features, 30, 0, 30, epsilon=1e-3)
    assert named.value == pytest.approx(wide.value, rel=0.1)


def test_precision_settings_come_back() -> None:
    before = torch.backends.cudnn.conv.fp32_precision
    inside: list[str] = []

    def embed(images: Tensor) -> Tensor:
        inside.append(torch.backends.cudnn.conv.fp32_precision)
        assert not torch.is_autocast_enabled("cpu")
        raise RuntimeError("enough")

    with torch.autocast("cpu", torch.bfloat16), pytest.raises(RuntimeError, match="enough"):
        perceptual_path_length(Linear(), embed, 4, 0, 4)
    assert inside == ["ieee"]
    assert torch.backends.cudnn.conv.fp32_precision == before


def test_refusals() -> None:
    with pytest.raises(ValueError, match="at least 2 paths"):
        measure(Linear(), 1)
    with pytest.raises(ValueError, match="not finite"):
        perceptual_path_length(Linear(), lambda x: pixels(x) * math.nan, 4, 0, 4)
    with pytest.raises(ValueError, match="no shares"):
        measure(Linear(3), class_shares=[1.0])
