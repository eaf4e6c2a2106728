"""A run's own numbers, and the warning of a collapse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import latentstudio
from latentstudio.document.sampling import Sampling
from latentstudio.metrics.frechet import Statistics, frechet_distance
from latentstudio.metrics.quality import generate_features
from latentstudio.metrics.spaces.features import load_features
from trainer import loop
from trainer.averages import refresh_statistics
from trainer.config import RunConfig
from trainer.data.dataset import open_dataset
from trainer.errors import TrainingError
from trainer.evaluation import Evaluation, open_evaluation, read_rows
from trainer.export import export_run
from trainer.networks import build_state
from trainer.state import Snapshots, TrainingState, encode

Small = Callable[..., RunConfig]


def quiet(sentence: str) -> None:
    pass


def opened(config: RunConfig, out: Path, said: list[str] | None = None) -> Evaluation | None:
    data = open_dataset(config.data, 16, Path(config.data_root), condition=config.condition)
    out.mkdir(exist_ok=True)
    return open_evaluation(config, data, out, (said if said is not None else []).append)


def collapse(state: TrainingState) -> None:
    """All points are mapped to one w, so all samples are the same picture."""
    with torch.no_grad():
        for network in (state.generator, state.average):
            for name, value in network.named_parameters():
                if name.startswith("mapping"):
                    value.zero_()


def enliven(state: TrainingState) -> None:
    """As varied as the data: an untrained generator's pictures are pale."""
    with torch.no_grad():
        for network in (state.generator, state.average):
            for name, value in network.named_parameters():
                if name.endswith("torgb.weight"):
                    value.mul_(4.0)


def test_numbers_are_those_of_the_metrics(tmp_path: Path, small: Small, features: Path) -> None:
    config = small(features=str(features), metrics_samples=24)
    state = build_state(config, 3)
    evaluation = opened(config, tmp_path / "run")
    assert evaluation is not None
    before = encode(state, config)
    row, _ = evaluation.measure(state)
    assert encode(state, config) == before  # looking changes nothing
    assert json.loads((tmp_path / "run" / "metrics.jsonl").read_text()) == json.loads(
        json.dumps(row)
    )
    assert evaluation.done(state)

    space = load_features(features)
    pictures = torch.from_numpy(np.load(Path(config.data) / "images.npy"))
    real = space(pictures.float() / 127.5 - 1)
    refresh_statistics(state.average, samples=1024)
    fake = generate_features(state.average, space, Sampling(seed=config.seed), 24, 7)
    expected = frechet_distance(Statistics.of(real), Statistics.of(fake))
    assert row["fid"] == pytest.approx(expected, rel=1e-3)
    assert (row["n"], row["n_real"], row["images"], row["resolution"]) == (24, 40, 0, 16)
    assert {"kid", "precision", "recall", "density", "coverage", "fid_interval"} <= row.keys()


def test_collapse_is_told_at_once_and_health_is_not(
    tmp_path: Path, small: Small, features: Path
) -> None:
    config = small(features=str(features), metrics_samples=24)
    state = build_state(config, 3)
    enliven(state)
    evaluation = opened(config, tmp_path / "run")
    assert evaluation is not None
    row, warnings = evaluation.measure(state)
    assert row["spread_share"] > 0.3
    assert row["nearest_share"] > 0.1
    assert warnings == []
    collapse(state)
    row, warnings = evaluation.measure(state)
    assert row["spread_share"] < 0.01
    assert row["nearest_share"] < 0.01
    assert len(warnings) == 1
    assert "is collapsing" in warnings[0]


def test_loop_tells_of_a_collapse(
    tmp_path: Path, small: Small, features: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = loop.train_step

    def planted(state: TrainingState, *rest: Any) -> Any:
        stats = step(state, *rest)
        enliven(state) if state.step == 0 else None
        collapse(state) if state.step == 3 else None
        return stats

    monkeypatch.setattr(loop, "train_step", planted)
    said: list[str] = []
    config = small(
        kimg=0.032, features=str(features), metrics_kimg=0.016, metrics_samples=8, lr_g=1e-5
    )
    loop.train(config, tmp_path / "run", report=said.append)
    told = [s for s in said if s.startswith("Warning: The generator is collapsing")]
    assert len(told) == 1
    assert [row["images"] for row in read_rows(tmp_path / "run" / "metrics.jsonl")] == [16, 32]
    assert any(s.startswith("0.0 kimg: FID ") for s in said)


def scripted(patch: pytest.MonkeyPatch, fids: dict[int, float]) -> None:
    usual = Evaluation.measure

    def measure(self: Evaluation, state: TrainingState) -> Any:
        row, warnings = usual(self, state)
        return row | {"fid": fids[state.images]}, warnings

    patch.setattr(Evaluation, "measure", measure)


def test_best_snapshot_is_kept_until_a_better_one(
    tmp_path: Path, small: Small, features: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, {16: 50.0, 32: 40.0, 48: 60.0, 64: 45.0, 80: 41.0, 96: 40.5})
    config = small(features=str(features), metrics_kimg=0.016, metrics_samples=8)
    out = tmp_path / "run"
    loop.train(config, out, report=quiet)
    names = sorted(path.name for path in (out / "snapshots").iterdir())
    assert names == [
        "snapshot-0000000000.safetensors",
        "snapshot-0000000032-best.safetensors",
        "snapshot-0000000080.safetensors",
    ]
    # A run that goes on still knows what the best was.
    loop.train(
        small(kimg=0.096, features=str(features), metrics_kimg=0.016, metrics_samples=8),
        out,
        resume=True,
        report=quiet,
    )
    best = Snapshots(out / "snapshots").best()
    assert best is not None
    assert best.name == "snapshot-0000000032-best.safetensors"

    chosen = latentstudio.load(export_run(out, tmp_path / "best.safetensors", best=True))
    of_file = latentstudio.load(export_run(best, tmp_path / "file.safetensors"))
    newest = latentstudio.load(export_run(out, tmp_path / "newest.safetensors"))
    z = chosen.sample_z(1, 0)
    with torch.no_grad():
        assert torch.equal(chosen(z), of_file(z))
        assert not torch.equal(chosen(z), newest(z))


def test_best_of_the_end_is_remembered(
    tmp_path: Path, small: Small, features: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, {80: 40.0, 88: 41.0})
    keys = {"features": str(features), "metrics_kimg": 1.0, "metrics_samples": 8}
    out = tmp_path / "run"
    loop.train(small(**keys), out, report=quiet)
    loop.train(small(kimg=0.088, **keys), out, resume=True, report=quiet)
    best = Snapshots(out / "snapshots").best()
    assert best is not None
    assert best.name == "snapshot-0000000080-best.safetensors"
    assert [row["images"] for row in read_rows(out / "metrics.jsonl")] == [80, 88]


def test_growing_networks_are_no_candidates(tmp_path: Path, small: Small, features: Path) -> None:
    growth = {"grow_from": 8, "steady_kimg": 0.016, "fade_kimg": 0.016, "kimg": 0.04}
    config = small(
        "progan", features=str(features), metrics_kimg=0.008, metrics_samples=8, **growth
    )
    out = tmp_path / "run"
    loop.train(config, out, report=quiet)
    rows = read_rows(out / "metrics.jsonl")
    assert [(row["images"], row["resolution"]) for row in rows] == [
        (8, 8),
        (16, 8),
        (24, 16),
        (32, 16),
        (40, 16),
    ]
    # Full at 32 thousand, and alone from there on.
    best = Snapshots(out / "snapshots").best()
    assert best is not None
    assert best.name == "snapshot-0000000040-best.safetensors"


def test_conditional_runs_are_measured_with_the_classes_of_the_data(
    tmp_path: Path, small: Small, labelled: Path, features: Path
) -> None:
    config = small(condition="colour", features=str(features), metrics_samples=8)
    evaluation = opened(config, tmp_path / "run")
    assert evaluation is not None
    assert evaluation.real.class_shares == pytest.approx((16 / 40, 16 / 40, 8 / 40))
    row, _ = evaluation.measure(build_state(config, 3, 3))
    assert row["n"] == 8


def test_without_features_a_sentence(tmp_path: Path, small: Small) -> None:
    said: list[str] = []
    config = small(features="auto")
    loop.train(config, tmp_path / "run", report=said.append)
    told = [sentence for sentence in said if sentence.startswith("No FID: ")]
    assert len(told) == 1
    assert f"latentstudio-train classifier --data {config.data}" in told[0]
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


@pytest.mark.parametrize("off", [{"features": "none"}, {"metrics_kimg": 0.0}])
def test_off_is_silent(tmp_path: Path, small: Small, off: dict[str, Any]) -> None:
    said: list[str] = []
    assert opened(small(**{"features": "auto", **off}), tmp_path, said) is None
    assert said == []


def test_own_features_are_found_beside_the_data(
    tmp_path: Path, small: Small, features: Path, pictures: Path
) -> None:
    features.rename(pictures / "features.safetensors")
    assert opened(small(features="auto"), tmp_path / "run") is not None
    # The reals were embedded once, and are remembered.
    assert list(pictures.glob("real-*.npz"))
    assert opened(small(features="auto"), tmp_path / "run") is not None


def test_unreadable_features_are_one_sentence(tmp_path: Path, small: Small) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no")
    for path in (broken, tmp_path / "none.safetensors"):
        with pytest.raises(TrainingError, match=r"--features .* cannot be read"):
            opened(small(features=str(path)), tmp_path / "run")


def test_no_file_no_rows(tmp_path: Path) -> None:
    assert read_rows(tmp_path / "metrics.jsonl") == []
