"""Numbers that are none, and disks that are full: sentences, and snapshots that stay whole."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from click.testing import CliRunner

from trainer import loop, losses
from trainer.cli import main
from trainer.config import RunConfig
from trainer.errors import TrainingError
from trainer.state import Snapshots, TrainingState, encode

Small = Callable[..., RunConfig]


def quiet(sentence: str) -> None:
    pass


def poison(patch: pytest.MonkeyPatch, call: int, times: int = 1) -> None:
    """Let the generator's loss be NaN at the given calls, so that its weights become NaN too."""
    usual = losses.LOSSES["nonsaturating"]
    calls = 0

    def generator(fake: torch.Tensor, real: torch.Tensor | None) -> torch.Tensor:
        nonlocal calls
        calls += 1
        loss = usual.generator(fake, real)
        return loss * float("nan") if call <= calls < call + times else loss

    patch.setitem(losses.LOSSES, "nonsaturating", usual._replace(generator=generator))


def caught_state(patch: pytest.MonkeyPatch) -> list[TrainingState]:
    states: list[TrainingState] = []
    usual = loop.build_state

    def build(*args: object) -> TrainingState:
        states.append(usual(*args))  # type: ignore[arg-type]
        return states[-1]

    patch.setattr(loop, "build_state", build)
    return states


def rows(path: Path) -> list[int]:
    return [json.loads(line)["images"] for line in path.read_text().splitlines()]


def test_loss_that_is_no_number_ends_the_run_where_it_was_good(
    tmp_path: Path, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = caught_state(monkeypatch)
    poison(monkeypatch, call=6)
    config = small("dcgan", milestone_kimg=0.032)
    with pytest.raises(TrainingError) as error:
        loop.train(config, tmp_path / "run", report=quiet)
    text = str(error.value)
    assert text.startswith("loss_g is not finite (nan) at 0.0 kimg. The run stands at 0.0 kimg")
    assert "--retries" in text
    path, header, _, complaints = Snapshots(tmp_path / "run" / "snapshots").load()
    assert (header.images, complaints) == (32, [])
    # Memory holds what the file holds, to the bit.
    assert encode(states[0], header.config) == path.read_bytes()
    assert rows(tmp_path / "run" / "stats.jsonl") == [16, 32]


def test_weights_that_are_no_numbers_are_never_the_best(
    tmp_path: Path, small: Small, features: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The evaluation comes before the next line of statistics.
    poison(monkeypatch, call=3)
    config = small(
        "dcgan", stats_kimg=1.0, metrics_kimg=0.008, features=str(features), metrics_samples=8
    )
    with pytest.raises(TrainingError, match="loss_g is not finite"):
        loop.train(config, tmp_path / "run", report=quiet)
    assert rows(tmp_path / "run" / "metrics.jsonl") == [8, 16]
    assert Snapshots(tmp_path / "run" / "snapshots").load()[1].images <= 16


def test_run_rolls_back_and_goes_on_more_slowly(
    tmp_path: Path, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, call=6)
    said: list[str] = []
    config = small("dcgan", milestone_kimg=0.032, retries=1)
    out = tmp_path / "run"
    state = loop.train(config, out, report=said.append)
    assert state.images == 80
    assert rows(out / "stats.jsonl") == [16, 32, 48, 64, 80]
    written = msgspec.json.decode((out / "run.json").read_bytes(), type=RunConfig)
    (sentence,) = written.history
    assert sentence in said
    assert "loss_g is not finite" in sentence
    assert "Rolled back to 0.0 kimg (snapshot-0000000032-keep.safetensors)" in sentence
    assert "half the learning rate" in sentence
    assert written.preset.lr_g == config.preset.lr_g / 2
    assert written.preset.lr_d == config.preset.lr_d / 2
    assert written.retries == 0
    assert Snapshots(out / "snapshots").load()[1].config == written


def test_retries_are_used_up(tmp_path: Path, small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    poison(monkeypatch, call=3, times=100)
    said: list[str] = []
    # One step later the discriminator's loss is none either.
    with pytest.raises(TrainingError, match=r"loss_[dg] is not finite"):
        loop.train(small("dcgan", retries=2), tmp_path / "run", report=said.append)
    assert sum("Rolled back" in sentence for sentence in said) == 2


def test_command_ends_with_the_sentence(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, call=2)
    words = f"--preset dcgan --data {pictures} --resolution 16 --width 4 --batch 8 --kimg 0.032"
    result = CliRunner().invoke(main, [*words.split(), "--out", str(tmp_path / "run")])
    assert result.exit_code == 1
    assert re.search(r"Error: loss_[dg] is not finite", result.output)
    assert "Traceback" not in result.output
    assert Snapshots(tmp_path / "run" / "snapshots").load()[1].images == 0


def test_full_disk_at_a_snapshot(
    tmp_path: Path, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    loop.train(small("dcgan", kimg=0.016), out, report=quiet)
    kept = {path: path.read_bytes() for path in Snapshots(out / "snapshots").paths()}

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    step = loop.train_step

    def fills(state: TrainingState, *rest: object) -> object:
        if state.images == 48:
            monkeypatch.setattr("latentstudio.atomic.os.fsync", full)
        return step(state, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "train_step", fills)
    with pytest.raises(TrainingError, match="disk is full"):
        loop.train(small("dcgan"), out, resume=True, report=quiet)
    assert {path: path.read_bytes() for path in kept} == kept
    assert Snapshots(out / "snapshots").load()[3] == []
    assert rows(out / "stats.jsonl")[-1] == 80
