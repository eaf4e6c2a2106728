"""From a run to a checkpoint."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

import latentstudio
from latentstudio.checkpoints.header import read_header
from latentstudio.generators.growth import Growth
from trainer.averages import refresh_statistics
from trainer.config import RunConfig
from trainer.errors import TrainingError
from trainer.export import export_run, load_average
from trainer.loop import train
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
    ours.settle()  # as loading does
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


def test_best_needs_an_evaluation(tmp_path: Path, small: Small) -> None:
    train(small(), tmp_path / "run", report=quiet)
    with pytest.raises(TrainingError, match="No evaluation has chosen a best snapshot"):
        export_run(tmp_path / "run", tmp_path / "m.safetensors", best=True)


@pytest.mark.parametrize("name", ["progan", "stylegan"])
@pytest.mark.parametrize(("kimg", "reached"), [(0.024, 8), (0.04, 8), (0.048, 16)])
def test_growing_runs_are_exported_at_what_they_reached(
    tmp_path: Path, small: Small, name: str, kimg: float, reached: int
) -> None:
    # 16 px fade in from 32 to 48; the last steps are at 16, 32 (alpha 0) and 40 (alpha .5).
    growth = {"grow_from": 4, "steady_kimg": 0.008, "fade_kimg": 0.016, "kimg": kimg}
    run = tmp_path / "run"
    state = train(small(name, **growth), run, report=quiet)
    loaded = latentstudio.load(export_run(run, tmp_path / "m.safetensors", half=False))
    assert loaded.resolution == reached
    z = loaded.sample_z(2, seed=1)
    state.average.set_growth(Growth(reached))
    refresh_statistics(state.average, 10_000)
    with torch.no_grad():
        torch.testing.assert_close(loaded(z), state.average(z), rtol=1e-4, atol=1e-4)


def test_four_pixels_are_too_few(tmp_path: Path, small: Small) -> None:
    train(small("progan", grow_from=4), tmp_path / "run", report=quiet)
    with pytest.raises(TrainingError, match="draws pictures of 4 px"):
        export_run(tmp_path / "run", tmp_path / "m.safetensors")


def test_classes_keep_their_names(tmp_path: Path, small: Small, labelled: Path) -> None:
    train(small(condition="colour", kimg=0.016), tmp_path / "run", report=quiet)
    loaded = latentstudio.load(export_run(tmp_path / "run", tmp_path / "m.safetensors"))
    assert loaded.labels == ("red", "green", "blue")
    assert loaded.num_classes == 3


def test_checkpoint_tells_how_it_was_made(tmp_path: Path, small: Small) -> None:
    train(small(), tmp_path / "run", report=quiet)
    path = export_run(tmp_path / "run", tmp_path / "m.safetensors")
    training = read_header(path).training
    assert training["command"].startswith("latentstudio-train --preset stylegan2 --data pictures")
    assert training["images_seen"] == 80
    assert training["history"] == []


def test_data_of_a_folder_of_pictures_is_described(tmp_path: Path, small: Small) -> None:
    folder = tmp_path / "mugs"
    folder.mkdir()
    for number in range(9):
        Image.new("RGB", (20, 16), (20 * number, 0, 99)).save(folder / f"{number}.png")
    config = small(data=str(folder), data_root=str(tmp_path / "data"), kimg=0.008)
    train(config, tmp_path / "run", report=quiet)
    path = export_run(tmp_path / "run", tmp_path / "mugs.safetensors")
    data = read_header(path).data
    assert (data["name"], data["count"], data["resolution"]) == ("mugs", 9, 16)
    assert data["sha256"]
    # The pictures may be gone by then; the generator is not.
    shutil.rmtree(folder)
    path = export_run(tmp_path / "run", tmp_path / "mugs.safetensors")
    assert read_header(path).data == {"name": "mugs"}
