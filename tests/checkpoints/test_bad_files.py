"""Files that are no checkpoint, or not a whole one: one sentence each, before any weight."""

import io
import json
import os
import pickle
import struct
import sys
import zipfile
import zlib

import pytest
import safetensors.torch
import torch

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import read_header
from latentstudio.checkpoints.layout import MAX_HEADER
from latentstudio.checkpoints.sniff import is_foreign
from latentstudio.checkpoints.store import load_generator


def refusal(path):
    """The one sentence with which both ways of opening refuse a file."""
    with pytest.raises(CheckpointError) as caught:
        read_header(path)
    with pytest.raises(CheckpointError) as again:
        load_generator(path)
    sentence = str(caught.value)
    assert str(again.value) == sentence
    assert "\n" not in sentence and len(sentence) < 500
    assert str(path) in sentence
    return sentence


class Bomb:
    def __reduce__(self):
        return (os._exit, (66,))


def png():
    body = b"IHDR" + struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


def zipped():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("a.txt", "hello")
    return stream.getvalue()


def torch_file():
    stream = io.BytesIO()
    torch.save({"g": torch.zeros(3)}, stream)
    return stream.getvalue()


FOREIGN = {
    "png": (png(), "is a PNG picture"),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(60), "is a JPEG picture"),
    "zip": (zipped(), "is a zip archive"),
    "torch": (torch_file(), "is a PyTorch file of a layout that is not known"),
    "pickle": (pickle.dumps({"G_ema": Bomb()}), "posix._exit"),
    "pickle 2": (pickle.dumps([1, 2], protocol=2), "is a pickle"),
    "gzip": (b"\x1f\x8b\x08" + bytes(60), "unpack it first"),
    "web page": (b"\n<!DOCTYPE html><html><title>404", "is a web page: the download went wrong"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
    "json": (b'{"format": "latentstudio session", "version": 1}', "is a JSON text"),
    "text": ("Grüße, kein Modell\n".encode(), "is a text"),
    "long text": (("é" * 5000).encode(), "is a text"),
    "numpy": (b"\x93NUMPY\x01\x00" + bytes(60), "is a numpy array"),
    "nothing": (b"", "is empty"),
    "short": (b"\x01\x02", "not a file that latentstudio knows"),
    "zeros": (bytes(5000), "not a file that latentstudio knows"),
    "noise": (bytes(range(255, 0, -1)) * 30, "not a file that latentstudio knows"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_renamed_file_is_called_what_it_is(tmp_path, kind):
    content, what = FOREIGN[kind]
    path = tmp_path / "renamed.safetensors"
    path.write_bytes(content)
    assert what in refusal(path)


def test_safetensors_of_another_program(tmp_path):
    path = tmp_path / "lora.safetensors"
    safetensors.torch.save_file({"lora.up": torch.zeros(3)}, path, metadata={"format": "pt"})
    assert "another program" in refusal(path)
    safetensors.torch.save_file({"lora.up": torch.zeros(3)}, path)
    assert "another program" in refusal(path)


def test_not_a_file(tmp_path):
    assert "There is no file" in refusal(tmp_path / "missing.safetensors")
    assert "is a folder or device" in refusal(tmp_path)
    (tmp_path / "file").write_bytes(b"x")
    assert "cannot be read" in refusal(tmp_path / "file" / "inside.safetensors")
    with pytest.raises(CheckpointError, match="null character"):
        read_header("a\0b")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes among its files")
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "folder or device" in refusal(tmp_path / "pipe")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(save, dcgan):
    path = save(dcgan)
    path.chmod(0)
    assert "permissions" in refusal(path)


def test_cut_anywhere(save, dcgan):
    path = save(dcgan)
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    for size in [9, 100, 8 + length - 1, 8 + length, len(content) - 1]:
        path.write_bytes(content[:size])
        sentence = refusal(path)
        assert "cut short" in sentence and f"{size:,}" in sentence
    path.write_bytes(content + b"\0")
    assert "longer than its header says" in refusal(path)


def test_the_length_of_the_header_is_bounded(tmp_path):
    path = tmp_path / "a.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", MAX_HEADER + 1) + b"{")
        file.truncate(8 + MAX_HEADER + 100)  # a hole: no such space is needed
    assert "not a file that latentstudio knows" in refusal(path)


ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"{nonsense}", "no readable JSON"),
        (b'{"a": 1, "a": 2}', "a key occurs twice"),
        (b'{"a": NaN}', "NaN is not"),
        (b'{"a":' + b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "no readable JSON"),
        (b'{"\xff": 1}', "no readable JSON"),
        (b'{"\\ud800": 1}', "no readable JSON"),
        ({"__metadata__": {"latentstudio": 3}}, "not texts by name"),
        ({"__metadata__": []}, "not texts by name"),
        ({"a": 3}, "not dtype, shape, place"),
        ({"a": ENTRY | {"extra": 1}}, "not dtype, shape, place"),
        ({"a": ENTRY | {"dtype": "OBJECT"}}, "which is none of F64, F32"),
        ({"a": ENTRY | {"dtype": []}}, "which is none of"),
        ({"a": ENTRY | {"shape": [-2]}}, "shape of its tensor 'a' is impossible"),
        ({"a": ENTRY | {"shape": [True]}}, "shape of its tensor 'a' is impossible"),
        ({"a": ENTRY | {"shape": [2.0]}}, "shape of its tensor 'a' is impossible"),
        ({"a": ENTRY | {"shape": [1] * 9}}, "shape of its tensor 'a' is impossible"),
        ({"a": ENTRY | {"shape": [10**30]}}, "shape of its tensor 'a' is impossible"),
        ({"a": ENTRY | {"shape": [2**31, 2**31, 2**31]}}, "disagree"),
        ({"a": ENTRY | {"data_offsets": [8, 0]}}, "disagree"),
        ({"a": ENTRY | {"data_offsets": [-8, 0]}}, "place of its tensor 'a' is impossible"),
        ({"a": ENTRY | {"data_offsets": [8, 16]}}, "overlaps another or leaves a gap"),
        ({"a": ENTRY, "b": ENTRY}, "overlaps another or leaves a gap"),
        ({"a": ENTRY, "b": ENTRY | {"data_offsets": [4, 12]}}, "overlaps another"),
        ({"a\n": ENTRY}, "not printable"),
        ({"a" * 300: ENTRY}, "too long"),
    ],
)
def test_an_impossible_header(tmp_path, kit, header, words):
    path = tmp_path / "a.safetensors"
    path.write_bytes(kit.join(header, bytes(8)))
    assert words in refusal(path)


def test_a_newer_version(forge):
    forge.document["version"] = 2
    del forge.document["info"]  # whatever else has changed
    sentence = refusal(forge.write(rehash=False))
    assert "newer latentstudio" in sentence and "update latentstudio" in sentence


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.pop("version"), "version"),
        (lambda d: d.update(version="1"), "version"),
        (lambda d: d.update(version=0), "version is '0'"),
        (lambda d: d.pop("info"), "info"),
        (lambda d: d.update(config=[]), "config"),
        (lambda d: d.update(created="yesterday"), "yesterday"),
        (lambda d: d["info"].update(resolution=10**9), "resolution is '1000000000'"),
        (lambda d: d["info"].update(z_dim=10**3000), "z_dim is"),
        (lambda d: d["info"].update(z_dim=0), "z_dim is '0'"),
        (lambda d: d["info"].update(z_dim=1.5), "z_dim"),
        (lambda d: d["info"].update(channels=7), "channels"),
        (lambda d: d["info"].update(labels=["a"]), "1 labels for 0 classes"),
        (lambda d: d["info"].update(name="a\x1b[2Jb"), "not printable"),
        (lambda d: d["info"].update(name="a" * 501), "too long"),
        (lambda d: d["info"].update(content_hash="0" * 63 + "G"), "sha256"),
        (lambda d: d["info"].update(has_mapping=True), "num_layers"),
    ],
)
def test_a_wrong_description(forge, change, words):
    change(forge.document)
    assert words in refusal(forge.write(rehash=False))


def test_the_description_is_parsed_strictly(forge, kit):
    text = json.dumps(forge.document)
    forge.header["__metadata__"]["latentstudio"] = text[:-1] + ', "version": 1}'
    forge.path.write_bytes(kit.join(forge.header, bytes(forge.data)))
    assert "a key occurs twice" in refusal(forge.path)


@pytest.mark.parametrize("length", [640, 896, 1152, 1408, 640 + 65536])
def test_a_header_whose_length_looks_like_a_pickle_is_none(length):
    assert not is_foreign(length.to_bytes(8, "little") + b'{"__metadata__"')
    assert is_foreign(pickle.dumps({}, protocol=2))
