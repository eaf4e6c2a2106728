"""Snapshots: whole or not at all, and equal to what was saved."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from latentstudio.generators.growth import Growth
from trainer.config import RunConfig
from trainer.errors import TrainingError
from trainer.minibatch import Minibatch
from trainer.networks import build_state
from trainer.state import Snapshots, TrainingState, encode, read_snapshot, restore
from trainer.stats import add_stats
from trainer.steps import Method, train_step

Small = Callable[..., RunConfig]


def trained(config: RunConfig, steps: int = 2) -> TrainingState:
    state = build_state(config, channels=3)
    for _ in range(steps):
        real = torch.rand(8, 3, config.resolution, config.resolution) * 2 - 1
        add_stats(state, train_step(state, [Minibatch(real)], Method(config.preset)))
        state.step += 1
        state.images += 8
    state.seconds = 1.5
    return state


@pytest.mark.parametrize("name", ["dcgan", "stylegan2"])
def test_restored_state_is_the_same_to_the_bit(tmp_path: Path, small: Small, name: str) -> None:
    config = small(name, pl_weight=1.0 if name == "stylegan2" else 0.0)
    state = trained(config)
    path = Snapshots(tmp_path).save(state, config)
    expected = torch.randn(3)

    torch.manual_seed(99)
    fresh = build_state(config, channels=3)
    header, tensors = read_snapshot(path)
    restore(fresh, header, tensors)
    assert torch.equal(torch.randn(3), expected)
    restore(fresh, header, tensors)
    assert header.config == config
    assert (fresh.images, fresh.step, fresh.seconds) == (16, 2, 1.5)
    torch.set_rng_state(tensors["random.cpu"])
    assert encode(fresh, config) == path.read_bytes()


def test_last_two_and_milestones_stay(tmp_path: Path, small: Small) -> None:
    config = small()
    state = build_state(config, channels=3)
    snapshots = Snapshots(tmp_path)
    for images in (8, 16, 24, 32, 40):
        state.images = images
        snapshots.save(state, config, keep=images == 16)
    assert [path.name for path in snapshots.paths()] == [
        "snapshot-0000000016-keep.safetensors",
        "snapshot-0000000032.safetensors",
        "snapshot-0000000040.safetensors",
    ]


def damage_cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def damage_bit(data: bytes) -> bytes:
    return data[:-9] + bytes([data[-9] ^ 4]) + data[-8:]


def damage_all(data: bytes) -> bytes:
    return b"\xff" * len(data)


def damage_empty(data: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [damage_cut, damage_bit, damage_all, damage_empty])
def test_damaged_newest_falls_back(
    tmp_path: Path, small: Small, damage: Callable[[bytes], bytes]
) -> None:
    config = small()
    state = build_state(config, channels=3)
    snapshots = Snapshots(tmp_path)
    for images in (8, 16):
        state.images = images
        newest = snapshots.save(state, config)
    newest.write_bytes(damage(newest.read_bytes()))
    _, header, _, complaints = snapshots.load()
    assert header.images == 8
    assert len(complaints) == 1
    assert "Falling back" in complaints[0]
    assert newest.name in complaints[0]


def test_none_whole_is_one_sentence(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path / "snapshots")
    with pytest.raises(TrainingError, match="There is no snapshot"):
        snapshots.load()
    snapshots.folder.mkdir()
    (snapshots.folder / "snapshot-0000000008.safetensors").write_bytes(b"no")
    with pytest.raises(TrainingError, match="No whole snapshot"):
        snapshots.load()


def test_other_networks_are_refused(tmp_path: Path, small: Small) -> None:
    path = Snapshots(tmp_path).save(build_state(small(), 3), small())
    other = build_state(small("dcgan"), 3)
    with pytest.raises(TrainingError, match="does not fit"):
        restore(other, *read_snapshot(path))


def test_full_disk_is_one_sentence_and_leaves_the_last(
    tmp_path: Path, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = small()
    state = build_state(config, 3)
    snapshots = Snapshots(tmp_path / "run")
    first = snapshots.save(state, config)
    before = first.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("latentstudio.atomic.os.fsync", full)
    state.images = 8
    with pytest.raises(TrainingError, match=r"disk is full.*; the earlier snapshots are intact"):
        snapshots.save(state, config)
    assert list((tmp_path / "run").iterdir()) == [first]
    assert first.read_bytes() == before


def test_everything_that_is_no_network_comes_back(tmp_path: Path, small: Small) -> None:
    config = small("progan", grow_from=4)
    state = build_state(config, 3)
    state.grow(Growth(8, 0.25))
    state.augment_p.fill_(0.375)
    state.best, state.cpu_seconds = 12.5, 7.25
    state.tally = {"loss_g": torch.tensor([3.0, 2.0])}
    path = Snapshots(tmp_path).save(state, config)
    fresh = build_state(config, 3)
    restore(fresh, *read_snapshot(path))
    assert fresh.growth == Growth(8, 0.25)
    for name in ("generator", "average", "discriminator"):
        assert getattr(fresh, name).growth == Growth(8, 0.25)
    assert (float(fresh.augment_p), fresh.best, fresh.cpu_seconds) == (0.375, 12.5, 7.25)
    assert fresh.tally["loss_g"].tolist() == [3.0, 2.0]


def test_restoring_forgets_what_the_optimisers_knew(tmp_path: Path, small: Small) -> None:
    config = small("dcgan")
    path = Snapshots(tmp_path).save(build_state(config, 3), config)
    state = trained(config)
    assert len(state.opt_g.state) > 0
    restore(state, *read_snapshot(path))
    assert len(state.opt_g.state) == 0
    assert state.images == 0


def test_best_takes_the_place_of_the_best(tmp_path: Path, small: Small) -> None:
    config = small("dcgan")
    state = build_state(config, 3)
    snapshots = Snapshots(tmp_path)
    assert snapshots.best() is None
    for images in (8, 16, 24, 32, 40):
        state.images = images
        snapshots.save(state, config)
        if images in (8, 24):
            snapshots.save(state, config, best=True)
    assert [path.name for path in snapshots.paths()] == [
        "snapshot-0000000024-best.safetensors",
        "snapshot-0000000032.safetensors",
        "snapshot-0000000040.safetensors",
    ]
    assert snapshots.best() == tmp_path / "snapshot-0000000024-best.safetensors"


def test_best_of_a_moment_is_read_before_the_other(tmp_path: Path, small: Small) -> None:
    # It was written later, and knows its FID.
    config = small("dcgan")
    state = build_state(config, 3)
    snapshots = Snapshots(tmp_path)
    snapshots.save(state, config)
    state.best = 3.0
    snapshots.save(state, config, best=True)
    path, header, _, _ = snapshots.load()
    assert path.name == "snapshot-0000000000-best.safetensors"
    assert header.best == 3.0
