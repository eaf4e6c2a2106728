"""The classifier's embedding as a feature space."""

import numpy as np
import pytest
import torch

from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.data.attributes import Attribute
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import read_classifier_header, save_classifier
from latentstudio.metrics.spaces.features import (
    ClassifierFeatures,
    load_features,
    quantise,
    space_hash,
)


@pytest.fixture
def classifier():
    torch.manual_seed(0)
    attributes = [Attribute(name="size", kind="continuous")]
    return AttributeClassifier(attributes, resolution=16, width=4, max_width=8, dim=8).eval()


def features_of(classifier, **options):
    return ClassifierFeatures(classifier, name="squares", content_hash="ab", **options)


def pictures(n, size=16):
    return torch.rand(n, 3, size, size, generator=torch.Generator().manual_seed(1)) * 2.4 - 1.2


def test_what_it_says_of_itself(classifier):
    features = features_of(classifier)
    assert (features.name, features.content_hash) == ("squares", "ab")
    assert (features.dim, features.resolution) == (8, 16)


def test_pictures_are_rounded_as_a_file_would_be(classifier):
    images = pictures(3)
    pixels = np.clip(np.round((images.double().numpy() + 1) * 127.5), 0, 255)
    np.testing.assert_allclose(quantise(images), pixels / 127.5 - 1, atol=2e-7)
    features = features_of(classifier, bf16=False)
    assert torch.equal(features(images), features(images + 1e-5 * (quantise(images) - images)))
    with torch.no_grad():
        torch.testing.assert_close(features(images), classifier.embed(quantise(images)))


def test_rounding_comes_before_resizing(classifier):
    images, features = pictures(2, 32), features_of(classifier, bf16=False)
    halves = quantise(images).reshape(2, 3, 16, 2, 16, 2).mean((3, 5))
    with torch.no_grad():
        torch.testing.assert_close(features(images), classifier.embed(halves))


def test_parts_do_not_change_the_whole(classifier):
    images, features = pictures(130), features_of(classifier, bf16=False)
    whole = features(images)
    assert whole.shape == (130, 8) and whole.dtype == torch.float32
    torch.testing.assert_close(torch.cat([features(p) for p in images.split(50)]), whole)
    assert features(images[:0]).shape == (0, 8)


def test_input_and_gradients_are_left_alone(classifier):
    images = pictures(2).requires_grad_()
    before = images.detach().clone()
    result = features_of(classifier)(images)
    assert not result.requires_grad and not result.is_inference()
    assert torch.equal(images.detach(), before) and classifier.heads.weight.requires_grad


def test_bfloat16_is_close(classifier):
    images = pictures(40)
    exact = features_of(classifier, bf16=False)(images)
    coarse = features_of(classifier, bf16=True)(images)
    assert coarse.dtype == torch.float32
    assert (coarse - exact).abs().max() < 0.05 * exact.std()


def test_attributes_are_read_from_the_embedding(classifier):
    images, features = pictures(70), features_of(classifier, bf16=False)
    read = features.read(features(images))
    with torch.no_grad():
        wanted = classifier.predict(quantise(images))
    assert read.keys() == wanted.keys()
    torch.testing.assert_close(read["size"], wanted["size"])
    assert not read["size"].is_inference()
    assert features.read(features(images[:0]))["size"].shape == (0,)


def test_embedding_does_not_round_and_passes_gradients(classifier):
    images = pictures(2).requires_grad_()
    embedded = features_of(classifier).embed(images)
    torch.testing.assert_close(embedded, classifier.embed(images))
    embedded.sum().backward()
    assert images.grad.abs().sum() > 0


def test_hashes_of_spaces_tell_every_part_apart():
    hashes = [
        space_hash("net", resize="tf1", weights="ab"),
        space_hash("net", weights="ab", resize="clean"),
        space_hash("net", resize="tf1", weights="cd"),
        space_hash("net 2", resize="tf1", weights="ab"),
    ]
    assert len(set(hashes)) == 4 and all(len(digest) == 64 for digest in hashes)
    assert hashes[0] == space_hash("net", weights="ab", resize="tf1")


def test_loaded_from_a_file(classifier, tmp_path):
    path = tmp_path / "c.safetensors"
    digest = save_classifier(path, classifier, name="squares", data={}, training={}, scores={})
    features = load_features(path)
    assert (features.name, features.content_hash, features.dim) == ("squares", digest, 8)
    assert torch.equal(features(pictures(3)), features_of(classifier)(pictures(3)))


def test_the_bundled_space_sees_blur():
    path = resources_folder() / "classifiers" / "portraits.safetensors"
    header = read_classifier_header(path)
    assert path.stat().st_size <= 3 << 20
    assert len(header.config["attributes"]) == len(header.scores) == 21
    features = load_features(path)
    assert 64 <= features.dim <= 128 and features.resolution == 64
    from PIL import Image

    with Image.open(resources_folder() / "samples" / "portraits.png") as sheet:
        portrait = np.asarray(sheet.convert("RGB").crop((0, 0, 128, 128)).resize((64, 64)))
    sharp = torch.from_numpy(portrait.copy()).permute(2, 0, 1)[None] / 127.5 - 1
    small = torch.nn.functional.avg_pool2d(sharp, 2)
    blurred = torch.nn.functional.interpolate(small, scale_factor=2.0, mode="bilinear")
    assert (features(sharp) - features(blurred)).square().sum() > 1.0
