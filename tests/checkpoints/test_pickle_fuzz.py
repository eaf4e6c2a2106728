"""Pickles changed at random: a network, or one sentence; never anything else, and nothing runs."""

import os
import pickletools
import random
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.pickled_modules import read_network
from tests.pickles import EasyDict, Persistent, dumps

# A longer run: LATENTSTUDIO_FUZZ=20000
CHANGES = int(os.environ.get("LATENTSTUDIO_FUZZ", "1000"))
FIXTURE = Path(__file__).parents[1] / "fixtures" / "sg3t_32_small.pkl"
SECONDS = 10  # for one file, on a busy machine

OPCODES = bytes(ord(op.code) for op in pickletools.opcodes)
ATTACKS = [
    b"cos\nsystem\nX\x0c\0\0\0touch canary\x85R",
    b"X\x02\0\0\0osX\x06\0\0\0system\x93X\x0c\0\0\0touch canary\x85R",
    b"cbuiltins\nexec\nX\x0a\0\0\0raise Exit\x85R",
    b"cbuiltins\ngetattr\n",
    b"(X\x0c\0\0\0touch canaryios\nsystem\n",
    b"}X\x0c\0\0\0__setstate__Nsb",
    b"Q",
    b"\x85" * 50,
    b"\x8b\xff\xff\xff\x7f",
    b"\x8d" + b"\xff" * 8,
    b"h\x00a",
    b"N\x94",
]

# What only a real unpickler, or code that runs, would do (a name looked up, a shell, a socket).
FORBIDDEN = ("pickle.find_class", "os.system", "os.exec", "subprocess.Popen", "socket.connect")
seen: list[str] | None = None


def watch(event, args):
    if seen is not None and event in FORBIDDEN:
        seen.append(event)


sys.addaudithook(watch)  # cannot be taken away, but does nothing while seen is None


def small(protocol):
    """A snapshot with one of everything."""
    torch.manual_seed(0)
    conv = torch.randn(2, 3, 3, 3).to(memory_format=torch.channels_last)
    layer = Persistent(
        "SynthesisLayer",
        {"weight": torch.nn.Parameter(conv), "bias": None},
        {"half": conv[0].half(), "count": torch.tensor(3), "none": None},
        gain=np.float64(0.5),
        size=np.array([4, 4]),
        padding=[1, 2, (3, 4)],
    )
    mapping = Persistent("MappingNetwork", {}, {"w_avg": torch.zeros(4)}, flags={"a"})
    settings = EasyDict(z_dim=4, mapping_kwargs=EasyDict(num_layers=2))
    generator = Persistent(
        "Generator", modules={"synthesis": layer, "mapping": mapping}, _init_kwargs=settings
    )
    snapshot = {"G": Persistent("Generator"), "G_ema": generator, "augment_pipe": None}
    return dumps(snapshot, protocol)


def instructions(content):
    """Where the instructions begin."""
    return [position for _, _, position in pickletools.genops(content)]


def change(content, places, rng):
    """Change a pickle in one or several ways."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        at = rng.randrange(len(data))
        place = min(rng.choice(places), len(data) - 1)
        match rng.randrange(10):
            case 0:
                data[at] ^= 1 << rng.randrange(8)
            case 1:
                data[at : at + rng.randrange(1, 9)] = rng.randbytes(rng.randrange(9))
            case 2:
                del data[rng.choice([at, place]) :]
            case 3:
                start = rng.choice(places)
                data[place:place] = content[start : start + rng.randrange(1, 400)]
            case 4:
                data[place] = rng.choice(OPCODES)
            case 5:
                del data[place : place + rng.randrange(1, 60)]
            case 6:
                data[place:place] = rng.choice(ATTACKS)
            case 7:
                data[place + 1 : place + 5] = rng.choice([b"\xff" * 4, bytes(4), rng.randbytes(4)])
            case 8:
                data[place + 1 : place + 2] = rng.randbytes(1)
            case 9:
                data[place:place] = bytes([rng.choice(OPCODES)])
        if not data:
            return b"\x80"
    return bytes(data)


def use(network):
    """Do with a network what an importer would: look at everything."""
    repr(network.attributes)
    for ref in [*network.parameters.values(), *network.buffers.values()]:
        if ref is not None:
            array = ref.array()
            assert array.shape == ref.shape and array.dtype.name == ref.dtype
            array.tobytes()
    return 1 + sum(use(part) for part in network.modules.values())


def fuzz(path, content, places, count, seed):
    """Read changed files; returns how many were still networks."""
    global seen
    rng = random.Random(seed)
    networks = 0
    for _ in range(count):
        path.write_bytes(change(content, places, rng))
        start = time.perf_counter()
        seen = []
        try:
            networks += use(read_network(path)) > 0
        except CheckpointError as error:
            assert str(error).startswith(f"{path} ") and "\n" not in str(error)
            assert len(str(error)) < 500
        finally:
            events, seen = seen, None
        assert not events
        assert time.perf_counter() - start < SECONDS
    return networks


@pytest.fixture(autouse=True)
def no_canary(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_small_snapshots(tmp_path, protocol):
    content = small(protocol)
    networks = fuzz(tmp_path / "a.pkl", content, instructions(content), CHANGES, protocol)
    assert CHANGES / 100 < networks < CHANGES  # neither harmless nor always fatal


def test_a_real_snapshot(tmp_path):
    content = FIXTURE.read_bytes()
    fuzz(tmp_path / "a.pkl", content, instructions(content), CHANGES // 20, 0)


def test_the_watch_is_awake(tmp_path):
    """A real unpickler would be seen, and so would what runs."""
    global seen
    seen = []
    import pickle

    pickle.loads(b"cos\ngetcwd\n.")
    os.system("exit 0")
    events, seen = seen, None
    assert events == ["pickle.find_class", "os.system"]


def test_noise(tmp_path):
    rng = random.Random(0)
    path = tmp_path / "a.pkl"
    for _ in range(CHANGES):
        path.write_bytes(b"\x80\x04" + bytes(rng.choices(OPCODES, k=rng.randrange(60))))
        with pytest.raises(CheckpointError):
            read_network(path)
