"""From a run to a checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import latentstudio
from trainer.cli import new_config
from trainer.cli import train as train_command
from trainer.errors import TrainingError
from trainer.export import command_of, export_run, load_average
from trainer.loop import train
from trainer.presets import RunConfig
from trainer.state import Snapshots

Small = Callable[..., RunConfig]


def quiet(sentence: str) -> None:
    pass


@pytest.mark.parametrize("name", ["dcgan", "stylegan2"])
def test_studio_opens_what_was_exported(tmp_path: Path, small: Small, name: str) -> None:
    run = tmp_path / "run"
    train(small(name), run, report=quiet)
    path = export_run(run, tmp_path / "new" / "model.safetensors", name="Squares", half=False)
    ours, _, facts = load_average(run)
    loaded = latentstudio.load(path)
    assert facts["images"] == 80
    assert loaded.name == "Squares"
    z = ours.sample_z(2, seed=5)
    with torch.no_grad():
        assert torch.equal(ours(z), loaded(z))


def test_half_precision_is_half_the_size(tmp_path: Path, small: Small) -> None:
    run = tmp_path / "run"
    train(small(), run, report=quiet)
    full = export_run(run, tmp_path / "full.safetensors", half=False)
    half = export_run(run, tmp_path / "half.safetensors")
    assert half.stat().st_size < 0.75 * full.stat().st_size
    a, b = latentstudio.load(full), latentstudio.load(half)
    assert a.name == "stylegan2 squares 16 px"
    with torch.no_grad():
        z = a.sample_z(2, seed=5)
        torch.testing.assert_close(a(z), b(z), rtol=0.02, atol=0.02)


def test_one_snapshot_can_be_exported(tmp_path: Path, small: Small) -> None:
    train(small(), tmp_path / "run", report=quiet)
    snapshot = Snapshots(tmp_path / "run" / "snapshots").paths()[-1]
    assert load_average(snapshot)[2]["snapshot"] == snapshot.name


def test_export_moves_no_training_data(tmp_path: Path, small: Small, pictures: Path) -> None:
    run = tmp_path / "run"
    train(small(), run, report=quiet)
    pictures.rename(tmp_path / "gone")
    assert latentstudio.load(export_run(run, tmp_path / "m.safetensors")).resolution == 16


def test_nothing_to_export_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="There is no snapshot"):
        export_run(tmp_path, tmp_path / "m.safetensors")


def test_command_line_starts_the_same_training() -> None:
    given = {
        "preset": "stylegan2",
        "data": "portraits",
        "resolution": 32,
        "kimg": 50.0,
        "width": 64,
        "gamma": 3.0,
        "lr": 0.001,
        "seed": 9,
        "flips": False,
    }
    config = new_config(given)
    words = command_of(config).split()
    assert words[0] == "latentstudio-train"
    parsed = train_command.make_context("train", [*words[1:], "--out", "x"]).params
    again = {key: value for key, value in parsed.items() if value is not None}
    for key in ("out", "resume"):
        del again[key]
    assert new_config(again) == config
