"""Samples shared out among processes are those of one process, to the bit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from latentstudio.checkpoints.store import load_generator, save_generator
from latentstudio.document.sampling import Sampling
from latentstudio.metrics.measure.plan import CHUNK
from latentstudio.metrics.quality import generate_features
from latentstudio.metrics.spaces.features import load_features
from tests.trainer.test_parallel import environment, free_port
from trainer.config import RunConfig
from trainer.measure import shared_features
from trainer.networks import build_state
from trainer.parallel import World

N = 2 * CHUNK + 5  # three chunks: two for the first process, one for the second
WORKER = Path(__file__).with_name("measure_worker.py")


@pytest.fixture
def checkpoint(features: Path, small: Callable[..., RunConfig]) -> Path:
    path = features.with_name("model.safetensors")
    generator = build_state(small(), 3).average
    save_generator(path, generator, name="squares", data={}, training={}, half=False)
    return path


def test_alone_it_is_what_the_panel_draws(checkpoint: Path, features: Path) -> None:
    generator, space = load_generator(checkpoint), load_features(features)
    got = shared_features(generator, space, Sampling(seed=3), N, World())
    want = generate_features(generator, space, Sampling(seed=3), N, CHUNK)
    assert got is not None and torch.equal(got, want)


def test_two_processes_draw_what_one_draws(checkpoint: Path, features: Path) -> None:
    port, folder = free_port(), checkpoint.parent
    command = [sys.executable, "-W", "error", str(WORKER), str(folder), str(N)]
    processes = [
        subprocess.Popen(command, env=environment(rank, port), stderr=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    try:
        said = [process.communicate(timeout=120)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert [process.returncode for process in processes] == [0, 0], said
    generator, space = load_generator(checkpoint), load_features(features)
    alone = shared_features(generator, space, Sampling(seed=3), N, World())
    assert alone is not None
    assert torch.equal(torch.load(folder / "gathered.pt", weights_only=True), alone)
    shares = [int((folder / f"told-{rank}").read_text()) for rank in range(2)]
    assert shares == [CHUNK + 5, CHUNK]
