"""Weights of small networks to files and back: what encoders and classifiers share."""

import hashlib
import json

import pytest
import safetensors
import torch
from torch import nn

from latentstudio.checkpoints import layout, weights
from latentstudio.checkpoints.content import ContentHash
from latentstudio.checkpoints.description import Description, check_digest, check_lines
from latentstudio.checkpoints.difference_header import DifferenceHeader
from latentstudio.checkpoints.errors import CheckpointError

CONFIG = {"side": 2}


def network(value=0.5):
    made = nn.BatchNorm2d(3)  # floats, and a count as int64
    nn.init.constant_(made.weight, value)
    return made.eval().requires_grad_(False)


def counting():
    """The same names and shapes, but whole numbers for weights."""
    made = network()
    del made.weight
    made.register_buffer("weight", torch.zeros(3, dtype=torch.int64))
    return made


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "n.safetensors"
    weights.write(path, weights.stored(network(), True, "It"), {"a": "b"}, "It")
    return path


def fill(path, into, content_hash):
    with layout.open_untrusted(path) as (file, size):
        found = layout.read_layout(file, size, path).tensors
        header = DifferenceHeader(1, "", "", "", content_hash, found)
        weights.fill(into, file, header, ContentHash("norm", CONFIG), path)


def true_hash(path):
    return weights.hash_of("norm", CONFIG, weights.stored(network(), True, "It"))


def test_what_was_written_fills_another_network_to_the_bit(path):
    with safetensors.safe_open(path, "pt") as file:
        assert file.metadata() == {"a": "b"}
        assert file.get_tensor("weight").dtype == torch.float16
        assert file.get_tensor("num_batches_tracked").dtype == torch.int64
    other = network(9.0)
    fill(path, other, true_hash(path))
    for name, tensor in network().state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor), name


def test_the_hash_is_sha256_of_parts_behind_their_lengths():
    tensors = {"a": torch.ones(2), "b": torch.zeros(0, dtype=torch.int64)}
    parts = [
        b"latentstudio generator 1", b"norm", b'{"side":2}',
        b"a", b"F32 [2]", b"\0\0\x80\x3f" * 2, b"b", b"I64 [0]", b"",
    ]  # fmt: skip
    stream = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
    assert weights.hash_of("norm", CONFIG, tensors) == hashlib.sha256(stream).hexdigest()


def test_weights_that_do_not_fill_it_are_named(path):
    good = true_hash(path)
    for into, word in (
        (nn.BatchNorm2d(4), "'bias' has the shape"),
        (nn.BatchNorm2d(3, track_running_stats=False), "superfluous tensor 'num_batches_tracked'"),
        (nn.Conv2d(1, 1, 1), "superfluous"),
        (counting(), "'weight' is stored as F16"),
    ):
        with pytest.raises(CheckpointError, match=word):
            fill(path, into, good)
    with pytest.raises(CheckpointError, match="content hash"):
        fill(path, network(), "0" * 64)


def test_what_is_not_finite_is_neither_written_nor_believed(path):
    for half, value, word in ((False, torch.nan, "train it again"), (True, 1e6, "full precision")):
        with pytest.raises(CheckpointError, match=f"^It has weights in 'weight'.*{word}"):
            weights.stored(network(value), half, "It")
    weights.look_at_grey(network(), 3, 2, path)
    broken = network()
    broken.running_var.fill_(-1.0)
    with pytest.raises(CheckpointError, match="grey picture"):
        weights.look_at_grey(broken, 3, 2, path)


def test_a_header_that_could_not_be_read_again_is_not_written(path):
    before = path.read_bytes()
    for file, metadata, word in (
        (path, {"a": "x" * layout.MAX_HEADER}, "^It has a header above 8 MiB"),
        (path.parent / "no" / "n", {}, "does not exist"),
    ):
        with pytest.raises(CheckpointError, match=word):
            weights.write(file, {"a": torch.zeros(1)}, metadata, "It")
    assert path.read_bytes() == before


# -- descriptions ------------------------------------------------------------------------


def check(header):
    check_lines(header.name)
    check_digest(header.content_hash, "content_hash")


THING = Description("thing", 2, DifferenceHeader, check, "thing", "holds no thing: choose another")
HEADER = DifferenceHeader(2, "", "Mug", "", "ab" * 32)


def read(path, metadata):
    weights.write(path, {"a": torch.zeros(2)}, metadata, "It")
    with layout.open_untrusted(path) as (file, size):
        return THING.read(file, size, path)


def test_a_description_comes_back_with_its_layout(path):
    header = read(path, THING.encode(HEADER))
    assert (header.name, header.version) == ("Mug", 2)
    assert header.tensors["a"].shape == (2,)
    assert "tensors" not in json.loads(THING.encode(HEADER)["thing"])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"version": 3, "name": 1},
            r"newer latentstudio \(thing version 3, this one reads up to 2",
        ),
        ({"version": None}, "its description is wrong .*version"),
        ({"name": "a\nb"}, r"wrong \(the name is too long or not printable: 'a\\nb'\)"),
        ({"name": "a" * 501}, "too long"),
        ({"content_hash": "AB" * 32}, "content_hash is not a sha256 in hex"),
    ],
)
def test_a_description_that_cannot_be_is_one_sentence(path, fields, words):
    text = json.dumps(json.loads(THING.encode(HEADER)["thing"]) | fields)
    with pytest.raises(CheckpointError, match=words) as caught:
        read(path, {"thing": text})
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_a_file_without_one_is_another_kind(path):
    with pytest.raises(CheckpointError, match="holds no thing: choose another"):
        read(path, {})


def test_what_could_not_be_read_again_is_not_encoded():
    with pytest.raises(ValueError, match="name"):
        THING.encode(DifferenceHeader(2, "", "\x1b", "", "ab" * 32))
