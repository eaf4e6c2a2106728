"""Tiny generators, and checkpoint files made by hand to be wrong in one respect."""

import hashlib
import json
import struct

import pytest
import torch

from latentstudio.checkpoints.store import save_generator
from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.stylegan2 import StyleGAN2

DATA = {"name": "portraits", "seed": 0, "resolution": 32, "count": 1000}
TRAINING = {"command": "latentstudio-train --preset dcgan", "images_seen": 5000, "seconds": 1.5}


def make_dcgan(seed=0, **changes):
    torch.manual_seed(seed)
    config = {"z_dim": 4, "resolution": 32, "ngf": 2} | changes
    return DCGAN(**config).eval()


def make_stylegan2(seed=0, **changes):
    torch.manual_seed(seed)
    config = {"z_dim": 8, "w_dim": 8, "resolution": 32, "mapping_layers": 2}
    config |= {"channel_base": 128, "channel_max": 8} | changes
    return StyleGAN2(**config).eval()


def join(header, data):
    """A safetensors file from its JSON object (or bytes) and its data."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def split(content):
    """The JSON object and the data of a safetensors file."""
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def true_hash(header, data):
    """The content hash, written down once more from its description."""
    document = json.loads(header["__metadata__"]["latentstudio"])
    sha = hashlib.sha256()

    def part(raw):
        sha.update(struct.pack("<Q", len(raw)) + raw)

    part(b"latentstudio generator 1")
    part(document["info"]["family"].encode())
    part(json.dumps(document["config"], sort_keys=True, separators=(",", ":")).encode())
    for name in sorted(set(header) - {"__metadata__"}):
        entry = header[name]
        part(name.encode())
        part(f"{entry['dtype']} {entry['shape']}".encode())
        begin, end = entry["data_offsets"]
        part(data[begin:end])
    return sha.hexdigest()


class Forge:
    """Takes a good checkpoint apart, lets a test change it, and puts it together again."""

    def __init__(self, path):
        self.path = path
        self.header, data = split(path.read_bytes())
        self.data = bytearray(data)
        self.document = json.loads(self.header["__metadata__"]["latentstudio"])

    def tensor(self, name):
        """A writable view of the tensor's bytes."""
        begin, end = self.header[name]["data_offsets"]
        return memoryview(self.data)[begin:end]

    def write(self, *, rehash=True):
        """Write the file, with the content hash that fits unless told otherwise."""
        self.header["__metadata__"] = {"latentstudio": json.dumps(self.document)}
        if rehash:
            self.document["info"]["content_hash"] = true_hash(self.header, bytes(self.data))
            self.header["__metadata__"] = {"latentstudio": json.dumps(self.document)}
        self.path.write_bytes(join(self.header, bytes(self.data)))
        return self.path


@pytest.fixture
def dcgan():
    return make_dcgan()


@pytest.fixture
def stylegan2():
    return make_stylegan2()


@pytest.fixture
def save(tmp_path):
    """Save a generator under a name in the test's folder; returns the path."""

    def run(generator, file="g.safetensors", *, name="A name", training=TRAINING, **rest):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        save_generator(path, generator, name=name, data=DATA, training=training, **rest)
        return path

    return run


@pytest.fixture
def forge(save, dcgan):
    """A good DCGAN checkpoint, taken apart."""
    return Forge(save(dcgan))


@pytest.fixture
def kit():
    """The helpers above, for tests that need them as they are."""
    import types

    return types.SimpleNamespace(
        join=join, split=split, true_hash=true_hash, Forge=Forge, DATA=DATA, TRAINING=TRAINING
    )


@pytest.fixture
def make():
    """Constructors of tiny generators."""
    import types

    return types.SimpleNamespace(dcgan=make_dcgan, stylegan2=make_stylegan2)
