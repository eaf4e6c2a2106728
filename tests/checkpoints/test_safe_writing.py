"""Whatever stops a save, the file that was there stays, whole."""

import errno
import os
import subprocess
import sys
import textwrap

import pytest

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.store import load_generator

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and resource limits")


def run(script, *args):
    """Run Python code in a process of its own; returns what it prints."""
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_full_disk(save, make, tmp_path, monkeypatch):
    path = save(make.dcgan(0))
    before = path.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match="the disk is full") as caught:
        save(make.dcgan(1))
    assert str(path) in str(caught.value)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == before


def test_a_missing_folder(dcgan, tmp_path, kit):
    from latentstudio.checkpoints.store import save_generator

    with pytest.raises(CheckpointError, match="does not exist"):
        save_generator(tmp_path / "no" / "g.safetensors", dcgan, name="", data={}, training={})


MAKE = """
import os, random, resource, signal, sys, time
from pathlib import Path
import torch
torch.set_num_threads(1)
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.store import load_generator, save_generator
from latentstudio.generators.dcgan import DCGAN

path = Path(sys.argv[1])

def make(seed, **config):
    torch.manual_seed(seed)
    return DCGAN(**({"z_dim": 64, "resolution": 32, "ngf": 32} | config))

def save(generator):
    return save_generator(path, generator, name="", data={}, training={})
"""


@posix
def test_a_limit_of_the_system(tmp_path):
    script = MAKE + textwrap.dedent(
        """
        first = save(make(0))
        before = path.read_bytes()
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, -1))
        try:
            save(make(1))
        except CheckpointError as error:
            print(error)
        assert path.read_bytes() == before
        assert list(path.parent.iterdir()) == [path]
        """
    )
    assert "was not saved" in run(script, tmp_path / "g.safetensors")


@posix
def test_killed_while_saving(tmp_path):
    path = tmp_path / "g.safetensors"
    script = MAKE + textwrap.dedent(
        """
        a, b = make(0), make(1)
        hashes = {save(a), save(b)}
        rng = random.Random(0)
        kills = cut = 0
        began = time.monotonic()
        while kills < 6 or (cut == 0 and time.monotonic() - began < 60):
            child = os.fork()
            if child == 0:
                while True:
                    save(a)
                    save(b)
            # Half of the kills wait until a save is under way.
            while kills % 2 and not any(path.parent.glob(".*.tmp")):
                time.sleep(0.0005)
            time.sleep(rng.uniform(0.0, 0.02))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            kills += 1
            cut += any(path.parent.glob(".*.tmp"))
            assert load_generator(path).content_hash in hashes
            for left in path.parent.glob(".*.tmp"):
                left.unlink()
        print(cut)
        """
    )
    cut_in_the_middle = int(run(script, path))
    assert cut_in_the_middle > 0  # otherwise nothing was tested
    load_generator(path)


@posix
def test_memory_of_loading(tmp_path):
    script = MAKE + textwrap.dedent(
        """
        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

        save(make(0))
        load_generator(path)  # everything is imported
        child = os.fork()
        if child == 0:
            save(make(0, z_dim=256, ngf=256, max_features=1024))
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        before, size = peak(), path.stat().st_size
        load_generator(path)
        print(size, peak() - before)
        """
    )
    size, grown = map(int, run(script, tmp_path / "g.safetensors").split())
    assert size > 40e6
    assert grown < 2 * size
