"""The loop: what it writes, how it goes on, and how it ends."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image

from trainer import loop
from trainer.averages import refresh_statistics
from trainer.config import RunConfig
from trainer.errors import TrainingError
from trainer.networks import build_state
from trainer.state import Snapshots, TrainingState

Small = Callable[..., RunConfig]


def quiet(sentence: str) -> None:
    pass


def rows(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "stats.jsonl").read_text().splitlines()]


def losses(out: Path) -> list[dict[str, Any]]:
    clock = {"seconds", "cpu_seconds", "img_per_s", "memory_mb"}
    return [{k: v for k, v in row.items() if k not in clock} for row in rows(out)]


def weights(state: TrainingState) -> list[torch.Tensor]:
    networks = (state.generator, state.average, state.discriminator)
    return [value for network in networks for value in network.state_dict().values()]


def test_run_leaves_its_files(tmp_path: Path, small: Small) -> None:
    config = small(grid_kimg=0.04, snapshot_seconds=1e9, milestone_kimg=0.04)
    state = loop.train(config, tmp_path / "run", report=quiet)
    assert state.images == 80
    out = tmp_path / "run"
    assert [row["images"] for row in rows(out)] == [16, 32, 48, 64, 80]
    assert {"kimg", "seconds", "img_per_s", "memory_mb", "loss_g", "loss_d", "sign_real"} <= set(
        rows(out)[0]
    )
    names = sorted(path.name for path in (out / "snapshots").iterdir())
    assert names == ["snapshot-0000000040-keep.safetensors", "snapshot-0000000080-keep.safetensors"]
    grids = {path.name for path in (out / "grids").iterdir()}
    assert grids == {"reals.png", "fakes-000000.png"}
    with Image.open(out / "grids" / "reals.png") as file:
        assert file.size == (32, 32)
    assert msgspec.json.decode((out / "run.json").read_bytes(), type=RunConfig) == config


@pytest.mark.parametrize("name", ["dcgan", "stylegan2"])
@pytest.mark.parametrize("bf16", ["off", "on"])
def test_killed_and_resumed_equals_unbroken(
    tmp_path: Path, small: Small, monkeypatch: pytest.MonkeyPatch, name: str, bf16: str
) -> None:
    config = small(name, bf16=bf16, mixing=0.5, pl_weight=0.5 if name == "stylegan2" else 0.0)
    unbroken = loop.train(config, tmp_path / "a", report=quiet)

    # A snapshot after every step, and death in the middle of the sixth.
    broken = msgspec.structs.replace(config, snapshot_seconds=0.0)
    step = loop.train_step

    def deadly(state: TrainingState, *rest: Any) -> Any:
        if state.step == 5:
            raise KeyboardInterrupt
        return step(state, *rest)

    monkeypatch.setattr(loop, "train_step", deadly)
    with pytest.raises(KeyboardInterrupt):
        loop.train(broken, tmp_path / "b", report=quiet)
    monkeypatch.undo()
    resumed = loop.train(config, tmp_path / "b", resume=True, report=quiet)

    assert losses(tmp_path / "a") == losses(tmp_path / "b")
    for one, other in zip(weights(unbroken), weights(resumed), strict=True):
        assert torch.equal(one, other)
    whole = [Snapshots(tmp_path / run / "snapshots").load()[2] for run in "ab"]
    assert whole[0].keys() == whole[1].keys()
    assert all(torch.equal(whole[0][key], whole[1][key]) for key in whole[0])


def test_lines_after_the_snapshot_are_dropped_on_resume(tmp_path: Path, small: Small) -> None:
    out = tmp_path / "run"
    loop.train(small(kimg=0.032), out, report=quiet)
    with (out / "stats.jsonl").open("a") as file:
        file.write('{"images": 48}\n{"images": 6')
    loop.train(small(), out, resume=True, report=quiet)
    assert [row["images"] for row in rows(out)] == [16, 32, 48, 64, 80]


def test_training_changes_the_pictures(tmp_path: Path, small: Small) -> None:
    config = small()
    before = build_state(config, 3).generator
    after = loop.train(config, tmp_path / "run", report=quiet).generator
    z = before.sample_z(2, 0)
    with torch.no_grad():
        assert (before.eval()(z) - after.eval()(z)).abs().mean() > 1e-3


def test_noise_inputs_begin_late(tmp_path: Path, small: Small) -> None:
    def strengths(kimg: float) -> list[torch.Tensor]:
        config = small(noise_kimg=kimg)
        state = loop.train(config, tmp_path / f"run{kimg}", report=quiet)
        named = state.generator.named_parameters()
        return [value.detach() for name, value in named if name.endswith("noise_strength")]

    assert not any(value.any() for value in strengths(0.08))
    assert all(value.any() for value in strengths(0.04))


def test_folder_in_use_is_refused(tmp_path: Path, small: Small) -> None:
    loop.train(small(kimg=0.016), tmp_path / "run", report=quiet)
    with pytest.raises(TrainingError, match="already holds a run"):
        loop.train(small(), tmp_path / "run", report=quiet)


def test_infinite_loss_stops_and_keeps_the_good_snapshot(
    tmp_path: Path, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = loop.train_step

    def poisoned(state: TrainingState, *rest: Any) -> Any:
        stats = step(state, *rest)
        return stats | {"loss_g": torch.tensor(float("nan"))} if state.step == 4 else stats

    monkeypatch.setattr(loop, "train_step", poisoned)
    with pytest.raises(TrainingError, match="loss_g is not finite"):
        loop.train(small(snapshot_seconds=0.0), tmp_path / "run", report=quiet)
    assert Snapshots(tmp_path / "run" / "snapshots").load()[1].images == 32


def test_infinite_weight_is_never_saved(
    tmp_path: Path, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = loop.train_step

    def poisoned(state: TrainingState, *rest: Any) -> Any:
        stats = step(state, *rest)
        if state.step == 4:
            with torch.no_grad():
                next(state.discriminator.parameters()).view(-1)[0] = float("inf")
        return stats

    monkeypatch.setattr(loop, "train_step", poisoned)
    with pytest.raises(TrainingError, match="discriminator's weight"):
        loop.train(small(snapshot_seconds=0.0), tmp_path / "run", report=quiet)
    assert Snapshots(tmp_path / "run" / "snapshots").load()[1].images == 32


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_saves_and_stops(
    tmp_path: Path, small: Small, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    step = loop.train_step

    def signalled(state: TrainingState, *rest: Any) -> Any:
        if state.step == 3:
            os.kill(os.getpid(), number)
        return step(state, *rest)

    usual = signal.getsignal(number)
    monkeypatch.setattr(loop, "train_step", signalled)
    with pytest.raises(loop.Stopped, match=r"Stopped at 0\.0 kimg") as stopped:
        loop.train(small(), tmp_path / "run", report=quiet)
    assert stopped.value.number == number
    assert Snapshots(tmp_path / "run" / "snapshots").load()[1].images == 32
    assert signal.getsignal(number) is usual


def test_full_disk_ends_the_run_with_a_sentence(
    tmp_path: Path, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.train(small(kimg=0.016), tmp_path / "run", report=quiet)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(loop.StatsLog, "write", full)
    with pytest.raises(TrainingError, match=r"No space left on device; the snapshots .* intact"):
        loop.train(small(), tmp_path / "run", resume=True, report=quiet)
    assert Snapshots(tmp_path / "run" / "snapshots").load()[1].images == 16


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_kill_at_any_moment_leaves_a_whole_snapshot(tmp_path: Path, small: Small) -> None:
    config = small(kimg=1000.0, snapshot_seconds=0.0, milestone_kimg=1e9, grid_kimg=1e9)
    path = tmp_path / "config.json"
    path.write_bytes(msgspec.json.encode(config))
    code = (
        "import msgspec, pathlib, sys; from trainer.loop import train; "
        "from trainer.config import RunConfig; "
        "raw = pathlib.Path(sys.argv[1]).read_bytes(); "
        "train(msgspec.json.decode(raw, type=RunConfig), pathlib.Path(sys.argv[2]))"
    )
    out = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path), str(out)], stderr=subprocess.DEVNULL
    )
    snapshots = Snapshots(out / "snapshots")
    try:
        give_up = time.monotonic() + 120
        while len(snapshots.paths()) < 2 and time.monotonic() < give_up:
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    _, header, _, complaints = snapshots.load()
    assert complaints == []
    assert header.images > 0
    more = small(kimg=header.images / 1000 + 0.016)
    loop.train(more, out, resume=True, report=quiet)


def test_looking_at_a_run_does_not_change_it(tmp_path: Path, small: Small, features: Path) -> None:
    # Batch statistics and mean latents are measured for every look.
    looks = {"grid_kimg": 0.008, "metrics_kimg": 0.008, "metrics_samples": 8}
    for name in ("dcgan", "stylegan2"):
        config = small(name, kimg=0.032, mixing=0.5)
        watched = small(name, kimg=0.032, mixing=0.5, features=str(features), **looks)
        loop.train(config, tmp_path / name / "a", report=quiet)
        loop.train(watched, tmp_path / name / "b", report=quiet)
        one, other = (Snapshots(tmp_path / name / run / "snapshots").load()[2] for run in "ab")
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)


def test_sheets_of_a_growing_network_are_of_full_size(tmp_path: Path, small: Small) -> None:
    config = small("progan", grow_from=4, steady_kimg=1.0, fade_kimg=1.0, kimg=0.016)
    loop.train(config, tmp_path / "run", report=quiet)
    with Image.open(tmp_path / "run" / "grids" / "fakes-000000.png") as file:
        assert file.size == (32, 32)
        pixels = np.asarray(file)
    # Pictures of 4 px, each pixel enlarged to 4 by 4.
    assert np.array_equal(pixels, pixels[::4, ::4].repeat(4, axis=0).repeat(4, axis=1))


def test_batch_norm_of_the_average_is_measured_anew(small: Small) -> None:
    generator = build_state(small("dcgan"), 3).average
    norm = generator.get_submodule("stem_norm")
    state = torch.get_rng_state()
    refresh_statistics(generator, samples=128)
    assert torch.equal(torch.get_rng_state(), state)
    assert not norm.training
    assert norm.momentum == 0.1
    features = generator.get_submodule("stem")(generator.sample_z(128, 0)[:, :, None, None])
    mean = features.mean(dim=(0, 2, 3))
    torch.testing.assert_close(norm.running_mean, mean, rtol=1e-4, atol=1e-5)


def test_mean_latent_is_measured_anew(small: Small) -> None:
    generator = build_state(small("stylegan2"), 3).average
    refresh_statistics(generator, samples=256)
    expected = generator.map(generator.sample_z(256, 0))[:, 0].mean(dim=0)
    torch.testing.assert_close(generator.mean_w, expected)
    assert generator.mean_w.abs().sum() > 0
