"""Encoders' files are untrusted: one sentence, whatever is in them."""

import json
import random

import pytest
import safetensors
import safetensors.torch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latentstudio.checkpoints import encoder_file
from latentstudio.checkpoints.encoder_file import (
    KEY,
    MAX_BYTES,
    bundled_encoder,
    read_encoder_header,
)
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import read_header
from latentstudio.generators.info import GeneratorInfo
from latentstudio.latents.inversion.encoder import Encoder, load_encoder, save_encoder

INFO = GeneratorInfo("dcgan", 5, 5, 1, 16, 3, 0, (), False, name="tiny", content_hash="ab" * 32)


def tiny():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Encoder(resolution=8, channels=3, dim=5, width=4, max_width=4).eval()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "e.safetensors"
    save_encoder(path, tiny(), INFO, training={}, scores={"r2": 0.5})
    return path


def rewritten(path, change_header=lambda fields: None, change_tensors=lambda tensors: None):
    """The file with a changed description or tensors; the rest as it was."""
    with safetensors.safe_open(path, "pt") as file:
        fields = json.loads(file.metadata()[KEY])
    tensors = safetensors.torch.load_file(path)
    change_header(fields)
    change_tensors(tensors)
    safetensors.torch.save_file(tensors, path, metadata={KEY: json.dumps(fields)})


def test_another_kind_of_file_is_named(path, tmp_path):
    with pytest.raises(CheckpointError, match="another program"):
        read_header(path)
    safetensors.torch.save_file({"a": torch.zeros(1)}, tmp_path / "o.safetensors")
    (tmp_path / "p.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    for name, word in (
        ("o.safetensors", "no encoder"),
        ("p.png", "PNG"),
        ("no", "no file"),
        (".", "folder"),
    ):
        with pytest.raises(CheckpointError, match=word):
            load_encoder(tmp_path / name)


HOSTILE = {
    "a newer version": (lambda f: f.update(version=2), "newer"),
    "version 0": (lambda f: f.update(version=0), "version"),
    "a network of gigabytes": (lambda f: f["config"].update(width=1 << 30), "width"),
    "a larger one": (lambda f: f["config"].update(dim=1024), "shape"),
    "a deeper one": (lambda f: f["config"].update(resolution=256), "lacks"),
    "a grey picture": (lambda f: f["config"].update(channels=1), "shape"),
    "an unknown argument": (lambda f: f["config"].update(shell="rm"), "shell"),
    "a missing one": (lambda f: f["config"].pop("dim"), "dim"),
    "text for a number": (lambda f: f["config"].update(dim="5"), "dim"),
    "another space": (lambda f: f.update(space="w+"), "space"),
    "a false hash": (lambda f: f.update(content_hash="0" * 64), "content hash"),
    "no hash": (lambda f: f.update(content_hash="x"), "sha256"),
    "no checkpoint": (lambda f: f.update(checkpoint="../../x"), "checkpoint is not"),
    "a date": (lambda f: f.update(created="yesterday"), "yesterday"),
    "control characters": (lambda f: f.update(name="a\x1b[2Jb"), "printable"),
    "a score of words": (lambda f: f.update(scores={"r2": "good"}), "scores"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_descriptions_give_one_sentence(path, case):
    change, word = HOSTILE[case]
    rewritten(path, change_header=change)
    with pytest.raises(CheckpointError, match=word) as caught:
        load_encoder(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_hostile_tensors_give_one_sentence(path):
    good = path.read_bytes()
    changes = {
        "lacks tensor 'mean'": lambda t: t.pop("mean"),
        "superfluous": lambda t: t.update(extra=torch.zeros(1)),
        "shape": lambda t: t.update(mean=torch.zeros(9)),
        "stored as I32": lambda t: t.update(mean=torch.zeros(5, dtype=torch.int32)),
        "stored as F64": lambda t: t.update(mean=torch.zeros(5, dtype=torch.float64)),
        "content hash": lambda t: t.update(mean=torch.ones(5, dtype=torch.float16)),
    }
    for word, change in changes.items():
        path.write_bytes(good)
        rewritten(path, change_tensors=change)
        with pytest.raises(CheckpointError, match=word):
            load_encoder(path)


def test_a_true_hash_does_not_excuse_impossible_numbers(path):
    encoder = tiny()
    encoder.body[0].norm.running_var.fill_(-1.0)
    save_encoder(path, encoder, INFO, training={}, scores={})
    with pytest.raises(CheckpointError, match="not finite"):
        load_encoder(path)


def test_a_file_that_is_too_large_is_not_read(path):
    with path.open("r+b") as file:
        file.truncate(MAX_BYTES + 1)  # a sparse file: no disk is used
    with pytest.raises(CheckpointError, match="larger than an encoder"):
        load_encoder(path)


def mutated(content, rng):
    result = bytearray(content)
    length = int.from_bytes(content[:8], "little")
    place = rng.randrange(8 + length if rng.random() < 0.7 else len(content))
    kind = rng.randrange(4)
    if kind == 0:
        result[place] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del result[place:]
    elif kind == 2:
        result[place:place] = rng.randbytes(rng.randrange(1, 20))
    else:
        digits = [i for i in range(8, 8 + length) if chr(result[i]).isdigit()]
        result[rng.choice(digits)] = ord(rng.choice("0123456789"))
    return bytes(result)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_damage_gives_a_sentence_or_the_same_weights(path, seed):
    good = path.read_bytes()
    wanted = load_encoder(path)[0].state_dict()
    try:
        path.write_bytes(mutated(good, random.Random(seed)))
        loaded, _ = load_encoder(path)
    except CheckpointError as error:
        assert str(path) in str(error) and "\n" not in str(error)
    else:
        assert all(torch.equal(v, wanted[k]) for k, v in loaded.state_dict().items())
    finally:
        path.write_bytes(good)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300).map(lambda b: len(b).to_bytes(8, "little") + b) | st.binary())
def test_arbitrary_bytes_give_a_sentence(tmp_path, content):
    path = tmp_path / "e.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"e\.safetensors"):
        load_encoder(path)


def test_bundled_ones_are_found_by_their_generator(tmp_path, monkeypatch):
    folder = tmp_path / "encoders"
    monkeypatch.setattr(encoder_file, "resources_folder", lambda: tmp_path)
    assert bundled_encoder("ab" * 32) is None
    folder.mkdir()
    (folder / "a.safetensors").write_bytes(b"damaged")
    save_encoder(folder / "b.safetensors", tiny(), INFO, training={}, scores={})
    assert bundled_encoder("ab" * 32) == folder / "b.safetensors"
    assert bundled_encoder("cd" * 32) is None


def test_one_s_own_encoder_lies_beside_its_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(encoder_file, "resources_folder", lambda: tmp_path / "none")
    checkpoint = tmp_path / "mugs.safetensors"
    own = tmp_path / "mugs.encoder.safetensors"
    assert encoder_file.encoder_of("ab" * 32, checkpoint) is None
    own.write_bytes(b"damaged")
    assert encoder_file.encoder_of("ab" * 32, checkpoint) is None
    save_encoder(own, tiny(), INFO, training={}, scores={})
    assert encoder_file.encoder_of("ab" * 32, checkpoint) == own
    assert encoder_file.encoder_of("cd" * 32, checkpoint) is None
    assert encoder_file.encoder_of("ab" * 32, None) is None


def test_every_bundled_encoder_is_of_a_bundled_generator_and_small():
    resources = encoder_file.resources_folder()
    hashes = {
        read_header(path).info.content_hash: path
        for path in (resources / "checkpoints").glob("*.safetensors")
    }
    for path in (resources / "encoders").glob("*.safetensors"):
        header = read_encoder_header(path)
        assert hashes[header.checkpoint].name == path.name
        assert path.stat().st_size < 5_000_000 and path.with_suffix(".md").is_file()
        load_encoder(path)
