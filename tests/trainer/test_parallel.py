"""Several processes: the run on two follows the run on one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from trainer import loop
from trainer.config import RunConfig
from trainer.errors import TrainingError
from trainer.parallel import World, joined, local_device
from trainer.state import Snapshots

Small = Callable[..., RunConfig]
WORKER = Path(__file__).with_name("two_processes.py")

# Noise planes and batch statistics are each process's own, so runs are compared without them.
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "regularised": ("stylegan2", {"mixing": 0.5, "pl_weight": 0.5, "pl_interval": 2}),
    # A level begins at 16, fades in until 32, and another one begins at 48.
    "growing": (
        "progan",
        {
            "grow_from": 4,
            "steady_kimg": 0.016,
            "fade_kimg": 0.016,
            "loss": "wasserstein",
            "gp_weight": 10.0,
            "drift": 1e-3,
            "gamma": 1.0,
            "kimg": 0.064,
        },
    ),
    "conditional": ("stylegan2", {"condition": "colour", "ada_target": 0.1, "ada_kimg": 0.05}),
    "critic": ("stylegan2", {"n_critic": 2, "loss": "relativistic", "gamma_fake": 1.0}),
    "drifting": ("dcgan", {"kimg": 0.048}),
    "uneven": ("dcgan", {"batch": 7}),
}
SAME = ("regularised", "growing", "conditional", "critic")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(rank: int, port: int) -> dict[str, str]:
    own = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "MASTER_PORT": port}
    return {
        **os.environ,
        **{key: str(value) for key, value in own.items()},
        "MASTER_ADDR": "127.0.0.1",
        "GLOO_SOCKET_IFNAME": "lo" if sys.platform == "linux" else "",
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("two")


@pytest.fixture
def configs(small: Small, labelled: Path) -> dict[str, RunConfig]:
    # Sheets, evaluations and snapshots fall together: looking must not set the first apart.
    often = {"kimg": 0.048, "grid_kimg": 0.016, "milestone_kimg": 0.016, "noise_kimg": 1e9}
    return {name: small(family, **often | changes) for name, (family, changes) in CASES.items()}


@pytest.fixture
def ends(folder: Path, configs: dict[str, RunConfig], features: Path) -> list[dict[str, str]]:
    """How the cases ended on each of two processes, which run once for all tests."""
    if not (folder / "ends-1.json").exists():
        measured = {"features": str(features), "metrics_kimg": 0.016, "metrics_samples": 8}
        changed = {n: msgspec.structs.replace(c, **measured) for n, c in configs.items()}
        (folder / "configs.json").write_bytes(msgspec.json.encode(changed))
        port = free_port()
        command = [sys.executable, "-W", "error", str(WORKER), str(folder)]
        processes = [
            subprocess.Popen(
                command,
                env=environment(rank, port),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for rank in range(2)
        ]
        try:
            said = [process.communicate(timeout=240) for process in processes]
        finally:
            for process in processes:
                process.kill()
                process.wait()
        assert [process.returncode for process in processes] == [0, 0], said
    return [json.loads((folder / f"ends-{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.parametrize("name", SAME)
def test_two_processes_learn_what_one_learns(
    name: str, folder: Path, ends: list[dict[str, str]], configs: dict[str, RunConfig]
) -> None:
    assert [end[name] for end in ends] == ["finished", "finished"]
    one = folder / f"{name}-alone"
    loop.train(configs[name], one, report=lambda sentence: None)
    _, header, alone, _ = Snapshots(one / "snapshots").load()
    _, shared, both, _ = Snapshots(folder / name / "snapshots").load()
    assert (header.images, header.step, header.growth) == (
        shared.images,
        shared.step,
        shared.growth,
    )
    assert alone.keys() == both.keys()
    assert torch.equal(alone["random.cpu"], both["random.cpu"])
    for key, value in alone.items():
        if key.partition(".")[0] in ("generator", "average", "discriminator", "augment_p"):
            torch.testing.assert_close(
                both[key], value, rtol=1e-4, atol=2e-5, msg=lambda m, k=key: f"{k}: {m}"
            )
    assert len((folder / name / "metrics.jsonl").read_text().splitlines()) >= 2


def test_processes_that_drift_apart_are_stopped(ends: list[dict[str, str]], folder: Path) -> None:
    for end in ends:
        assert "no longer hold the same discriminator; nothing was saved" in end["drifting"]
    # The step that set them apart ended at 32.
    assert Snapshots(folder / "drifting" / "snapshots").load()[1].images == 16


def test_batch_that_cannot_be_shared_out(ends: list[dict[str, str]], folder: Path) -> None:
    for end in ends:
        assert end["uneven"] == (
            "A batch of 7 cannot be shared out among 2 processes: pass a --batch that is a "
            "multiple."
        )
    assert not (folder / "uneven").exists()


def test_own_rows_of_the_same_random_numbers() -> None:
    cpu = torch.device("cpu")

    def draw(world: World) -> list[torch.Tensor]:
        torch.manual_seed(3)
        n = world.local(8)
        return [
            world.randn(n, 2, device=cpu),
            world.rand(n, device=cpu),
            world.randint(0, 100, n, cpu),
            torch.randn(1),
        ]

    whole, first, second = draw(World()), draw(World(0, 2)), draw(World(1, 2))
    for all_rows, even, odd in zip(whole[:3], first[:3], second[:3], strict=True):
        assert torch.equal(all_rows[0::2], even)
        assert torch.equal(all_rows[1::2], odd)
    # The streams go on alike.
    assert whole[3] == first[3] == second[3]
    assert [World(r, 2).rows(8) for r in (0, 1)] == [slice(0, 8, 2), slice(1, 8, 2)]


def test_one_process_needs_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined("cpu") as world:
        assert (world.rank, world.size, world.first) == (0, 1, True)
        assert world.agree([True, False]) == [True, False]
        assert world.mean(torch.tensor(3.0)) == 3.0
    with pytest.raises(TrainingError, match="A batch of 9 cannot be shared out among 2"):
        World(0, 2).rows(9)


def test_each_process_takes_its_own_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    assert local_device("cuda") == "cuda"
    assert local_device("cuda:1") == "cuda:1"
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert local_device("cuda") == "cuda:1"
    assert local_device("cuda:0") == "cuda:1"  # a resumed run, of which the first process wrote
    assert local_device("cpu") == "cpu"


@pytest.mark.slow
def test_torchrun_trains_and_exports(tmp_path: Path, pictures: Path) -> None:
    out = tmp_path / "run"
    options = f"--preset dcgan --data {pictures} --resolution 16 --width 4 --batch 8 --kimg 0.032"
    launcher = f"-m torch.distributed.run --standalone --nproc-per-node=2 -m trainer --out {out}"
    hidden = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    clean = {key: value for key, value in os.environ.items() if key not in hidden}
    subprocess.run(
        [sys.executable, *launcher.split(), *options.split(), "--features", "none"],
        check=True,
        timeout=240,
        env={**clean, "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[2],
    )
    assert Snapshots(out / "snapshots").load()[1].images == 32
