"""The attribute classifier: what it says, what its embedding is, and its files."""

import json
import math
import random

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import read_header
from latentstudio.data.attributes import Attribute
from latentstudio.metrics.spaces.classifier import AttributeClassifier, fit
from latentstudio.metrics.spaces.classifier_store import (
    KEY,
    Score,
    load_classifier,
    read_classifier_header,
    save_classifier,
)

ATTRIBUTES = (
    Attribute(name="hat", kind="categorical", values=("none", "beanie", "brim")),
    Attribute(name="earrings", kind="binary", values=("no", "yes")),
    Attribute(name="yaw", kind="continuous", low=-0.6, high=0.6, flip="negate"),
    Attribute(name="hue", kind="continuous", low=10.0, high=12.0, period=2.0),
)


def small(seed=0, attributes=ATTRIBUTES, **changes):
    torch.manual_seed(seed)
    options = {"resolution": 16, "width": 4, "max_width": 8, "dim": 8} | changes
    return AttributeClassifier(attributes, **options).eval()


def pictures(n=3, c=3, size=16, seed=0):
    return torch.rand(n, c, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def save(path, classifier=None, **changes):
    facts = {"name": "squares", "data": {"sha256": "ab"}, "training": {"kimg": 1.5}, "scores": {}}
    return save_classifier(path, classifier or small(), **(facts | changes))


# What it says


def test_heads_are_read_in_the_attributes_own_units():
    classifier = small()
    classifier.target_mean[2], classifier.target_std[2] = 0.1, 0.3
    outputs = torch.tensor([[0.0, math.log(3.0), 0.0, math.log(4.0), 2.0, 0.0, -5.0]])
    read = classifier.read(outputs)
    np.testing.assert_allclose(read["hat"][0], [0.2, 0.6, 0.2], rtol=1e-6)
    np.testing.assert_allclose(read["earrings"], [0.8], rtol=1e-6)
    np.testing.assert_allclose(read["yaw"], [0.7], rtol=1e-6)
    # (0, -1) lies three quarters round a circle that begins at 10 and is 2 long.
    np.testing.assert_allclose(read["hue"], [11.5], rtol=1e-6)


def test_prediction_is_of_the_forward_pass():
    classifier, images = small(), pictures()
    with torch.no_grad():
        said, read = classifier.predict(images), classifier.read(classifier(images))
    assert {k: tuple(v.shape) for k, v in said.items()} == {
        "hat": (3, 3),
        "earrings": (3,),
        "yaw": (3,),
        "hue": (3,),
    }
    assert all(torch.equal(said[k], read[k]) for k in said)


def test_everything_can_be_differentiated_in_the_images():
    classifier = small().double()
    images = pictures(1).double().requires_grad_()
    for value in (classifier.embed(images).sum(), classifier.predict(images)["hue"].sum()):
        (grad,) = torch.autograd.grad(value, images)
        assert grad.shape == images.shape and grad.abs().max() > 0
    step = torch.zeros_like(images)
    step[0, 1, 7, 8] = 1e-5
    value = classifier.predict(images)["yaw"]
    (grad,) = torch.autograd.grad(value, images)
    with torch.no_grad():
        ahead, behind = (classifier.predict(images + s)["yaw"] for s in (step, -step))
    assert grad[0, 1, 7, 8].item() == pytest.approx(((ahead - behind) / 2e-5).item(), rel=1e-3)


@given(st.integers(0, 2**31), st.floats(0.01, 50))
@settings(max_examples=10, deadline=None)
def test_standardising_moves_the_embedding_and_nothing_else(seed, scale):
    classifier, images = small(seed).double(), pictures(6, seed=seed).double() * scale
    before, embedded = classifier.predict(images), classifier.embed(images).detach()
    mean, std = embedded.mean(0), embedded.std(0)
    std[0] = 0.0  # a dimension that never varies is only shifted
    classifier.standardise(mean, std)
    classifier.standardise(torch.zeros(8).double(), torch.ones(8).double())
    after, moved = classifier.predict(images), classifier.embed(images)
    for name in before:
        torch.testing.assert_close(after[name], before[name], rtol=1e-6, atol=1e-6)
    scale = torch.where(std > 1e-6, std, torch.ones(8).double())
    torch.testing.assert_close(moved, (embedded - mean) / scale, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("size", [32, 48, 64, 128, 256])
@pytest.mark.parametrize("channels", [1, 3])
def test_sizes_and_channels(size, channels):
    classifier = small(resolution=size, channels=channels)
    with torch.no_grad():
        assert classifier.embed(pictures(1, channels, size)).shape == (1, 8)
        assert classifier.embed(pictures(1, 4 - channels, 24)).shape == (1, 8)


def test_pictures_are_fitted():
    images = pictures(2, 3, 4)
    assert torch.equal(fit(images, 4, 3), images)
    halves = images.reshape(2, 3, 2, 2, 2, 2).mean((3, 5))
    torch.testing.assert_close(fit(images, 2, 3), halves)
    assert torch.equal(fit(torch.cat([images, images[:, :1]], 1), 4, 3), images)
    grey = 0.299 * images[:, 0] + 0.587 * images[:, 1] + 0.114 * images[:, 2]
    torch.testing.assert_close(fit(images, 4, 1)[:, 0], grey)
    assert torch.equal(fit(images[:, :1], 4, 3), images[:, [0, 0, 0]])
    # Pillow's BILINEAR is the same triangle filter.
    from PIL import Image

    plane = pictures(1, 1, 10)[0, 0].numpy()
    wanted = np.asarray(Image.fromarray(plane).resize((7, 7), Image.Resampling.BILINEAR))
    np.testing.assert_allclose(
        fit(torch.from_numpy(plane)[None, None], 7, 1)[0, 0], wanted, atol=1e-5
    )


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"resolution": 4}, "resolution"),
        ({"resolution": 1024}, "resolution"),
        ({"width": True}, "width"),
        ({"dim": 2.5}, "dim"),
        ({"channels": 2}, "channels"),
        ({"attributes": ()}, "attributes"),
        ({"attributes": ATTRIBUTES[:1] * 2}, "each name once"),
        ({"attributes": (Attribute(name="a", kind="binary"),)}, "no classes"),
        (
            {"attributes": (Attribute(name="a", kind="categorical", values=("x",) * 5000),)},
            "outputs",
        ),
    ],
)
def test_impossible_classifiers_are_refused(changes, word):
    with pytest.raises(ValueError, match=word):
        small(**changes)


# Its file


@pytest.mark.parametrize("half", [False, True])
def test_saved_and_loaded_to_the_bit(tmp_path, half):
    classifier, path = small(), tmp_path / "c.safetensors"
    scores = {"hat": Score(measure="accuracy", value=0.9, baseline=0.78)}
    digest = save(path, classifier, scores=scores, half=half)
    state = torch.random.get_rng_state()
    loaded, header = load_classifier(path)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert (header.name, header.scores, header.data) == ("squares", scores, {"sha256": "ab"})
    assert header.training == {"kimg": 1.5} and header.content_hash == digest
    assert loaded.config() == classifier.config() and loaded.attributes == ATTRIBUTES
    assert json.loads(json.dumps(loaded.config())) == loaded.config()
    assert not loaded.training and not any(p.requires_grad for p in loaded.parameters())
    for key, value in classifier.state_dict().items():
        wanted = value.half().float() if half and value.is_floating_point() else value
        assert torch.equal(loaded.state_dict()[key], wanted), key
    if not half:
        assert torch.equal(loaded.embed(pictures()), classifier.embed(pictures()))
    # The library sees the same tensors, and a second save the same hash.
    assert safetensors.torch.load_file(path).keys() == classifier.state_dict().keys()
    assert save(tmp_path / "d.safetensors", loaded, name="other", half=half) == digest


def test_the_hash_is_of_weights_and_attributes(tmp_path):
    path = tmp_path / "c.safetensors"
    first = save(path)
    assert save(path, small(1)) != first
    renamed = (Attribute(name="cap", kind="categorical", values=("a", "b", "c")), *ATTRIBUTES[1:])
    assert save(path, small(attributes=renamed)) != first
    assert save(path) == first


def test_what_cannot_be_saved_leaves_the_file(tmp_path):
    path = tmp_path / "c.safetensors"
    save(path)
    content = path.read_bytes()
    broken = small()
    broken.heads.weight.data[0, 0] = torch.nan
    large = small()
    large.heads.weight.data[0, 0] = 1e6
    for fault, word in [
        ({"classifier": broken}, "not finite"),
        ({"classifier": large, "half": True}, "float16"),
        ({"name": "two\nlines"}, "not printable"),
        ({"training": {"x": math.nan}}, "described"),
        ({"data": {"x": object()}}, "described"),
        ({"scores": {"nose": Score(measure="r2", value=0.5)}}, "no attribute"),
    ]:
        with pytest.raises(CheckpointError, match=word) as caught:
            save(path, **fault)
        assert "\n" not in str(caught.value)
    assert path.read_bytes() == content
    with pytest.raises(CheckpointError, match="does not exist"):
        save(tmp_path / "missing" / "c.safetensors")


def test_other_files_are_named(tmp_path):
    path = tmp_path / "c.safetensors"
    with pytest.raises(CheckpointError, match="no file"):
        load_classifier(path)
    with pytest.raises(CheckpointError, match="folder"):
        load_classifier(tmp_path)
    safetensors.torch.save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="no attribute classifier"):
        load_classifier(path)
    save(path)
    with pytest.raises(CheckpointError, match="another program"):
        read_header(path)


def rewritten(path, change_header=lambda fields: None, change_tensors=lambda tensors: None):
    """The file with a changed description or tensors; the rest as it was."""
    with safetensors.safe_open(path, "pt") as file:
        fields = json.loads(file.metadata()[KEY])
    tensors = safetensors.torch.load_file(path)
    change_header(fields)
    change_tensors(tensors)
    safetensors.torch.save_file(tensors, path, metadata={KEY: json.dumps(fields)})


HOSTILE = {
    "a newer version": (lambda f: f.update(version=2), "newer"),
    "version 0": (lambda f: f.update(version=0), "version"),
    "a network of gigabytes": (lambda f: f["config"].update(width=1 << 20), "width"),
    "a wider one": (lambda f: f["config"].update(width=64, max_width=256), "shape"),
    "many attributes": (
        lambda f: f["config"].update(attributes=f["config"]["attributes"] * 1000),
        "attributes",
    ),
    "an unknown argument": (lambda f: f["config"].update(shell="rm"), "shell"),
    "a missing one": (lambda f: f["config"].pop("dim"), "dim"),
    "text for a number": (lambda f: f["config"].update(dim="8"), "dim"),
    "a false hash": (lambda f: f.update(content_hash="0" * 64), "content hash"),
    "no hash": (lambda f: f.update(content_hash="x"), "sha256"),
    "a date": (lambda f: f.update(created="yesterday"), "yesterday"),
    "control characters": (lambda f: f.update(name="a\x1b[2Jb"), "printable"),
    "another measure": (
        lambda f: f.update(scores={"hat": {"measure": "magic", "value": 1}}),
        "measure|magic",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_descriptions_give_one_sentence(tmp_path, case):
    path = tmp_path / "c.safetensors"
    save(path)
    change, word = HOSTILE[case]
    rewritten(path, change_header=change)
    with pytest.raises(CheckpointError, match=word) as caught:
        load_classifier(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_hostile_tensors_give_one_sentence(tmp_path):
    path = tmp_path / "c.safetensors"
    changes = {
        "lacks": lambda t: t.pop("center"),
        "superfluous": lambda t: t.update(extra=torch.zeros(1)),
        "shape": lambda t: t.update(center=torch.zeros(9)),
        "stored as": lambda t: t.update(center=torch.zeros(8, dtype=torch.int32)),
        "content hash": lambda t: t.update(center=torch.ones(8)),
    }
    for word, change in changes.items():
        save(path)
        rewritten(path, change_tensors=change)
        with pytest.raises(CheckpointError, match=word):
            load_classifier(path)


def test_a_true_hash_does_not_excuse_impossible_numbers(tmp_path):
    path = tmp_path / "c.safetensors"
    classifier = small()
    classifier.spread.zero_()
    save(path, classifier)
    with pytest.raises(CheckpointError, match="not finite"):
        load_classifier(path)


def mutated(content, rng):
    result = bytearray(content)
    length = int.from_bytes(content[:8], "little")
    place = rng.randrange(8 + length if rng.random() < 0.7 else len(content))
    kind = rng.randrange(5)
    if kind == 0:
        result[place] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del result[place:]
    elif kind == 2:
        result[place:place] = rng.randbytes(rng.randrange(1, 20))
    elif kind == 3:
        other = rng.randrange(len(content))
        result[place : place + 30] = content[other : other + 30]
    else:
        digits = [i for i in range(8, 8 + length) if chr(result[i]).isdigit()]
        result[rng.choice(digits)] = ord(rng.choice("0123456789"))
    return bytes(result)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 2**32))
def test_damage_gives_a_sentence_or_the_same_weights(tmp_path, seed):
    path = tmp_path / "c.safetensors"
    classifier = small()
    save(path, classifier)
    path.write_bytes(mutated(path.read_bytes(), random.Random(seed)))
    try:
        loaded, _ = load_classifier(path)
    except CheckpointError as error:
        assert str(path) in str(error) and "\n" not in str(error)
    else:
        wanted = classifier.state_dict()
        assert all(torch.equal(v, wanted[k]) for k, v in loaded.state_dict().items())
        assert loaded.config() == classifier.config()


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=300).map(lambda b: len(b).to_bytes(8, "little") + b) | st.binary())
def test_arbitrary_bytes_give_a_sentence(tmp_path, content):
    path = tmp_path / "c.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        read_classifier_header(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
