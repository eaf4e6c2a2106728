"""Statistics as JSON lines and event files."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from trainer import loop
from trainer.config import RunConfig
from trainer.errors import NotFinite, TrainingError
from trainer.networks import build_state
from trainer.stats import StatsLog, add_stats, check_losses, check_weights, memory_mb

Small = Callable[..., RunConfig]


def quiet(sentence: str) -> None:
    pass


def test_means_of_the_steps(small: Small) -> None:
    state = build_state(small("dcgan"), 3)
    for value in (1.0, 2.0, 6.0):
        add_stats(state, {"loss_g": torch.tensor(value)})
    # A penalty that comes at some steps only is averaged over those.
    add_stats(state, {"penalty": torch.tensor(5.0)})
    assert check_losses(state) == {"loss_g": 3.0, "penalty": 5.0}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_named(small: Small, value: float) -> None:
    state = build_state(small("dcgan"), 3)
    state.images = 1500
    add_stats(state, {"loss_d": torch.tensor(1.0), "loss_g": torch.tensor(value)})
    with pytest.raises(NotFinite, match=r"^loss_g is not finite \(.*\) at 1\.5 kimg\.$"):
        check_losses(state)
    check_weights(state)
    with torch.no_grad():
        state.generator.get_parameter("stem.weight").view(-1)[3] = value
    with pytest.raises(NotFinite, match=r"The generator's weight stem\.weight is not finite"):
        check_weights(state)


def test_lines_and_speed(tmp_path: Path, small: Small) -> None:
    state = build_state(small("dcgan"), 3)
    log = StatsLog(tmp_path, 0)
    state.images, state.seconds = 100, 2.0
    log.write(state, {"loss_g": 0.5}, rate=0.25)
    state.images, state.seconds = 400, 4.0
    row = log.write(state, {"loss_g": 0.25}, rate=0.125)
    lines = [json.loads(line) for line in (tmp_path / "stats.jsonl").read_text().splitlines()]
    assert lines[1] == row
    assert row["img_per_s"] == 150.0
    assert (row["kimg"], row["images"], row["loss_g"], row["rate"]) == (0.4, 400, 0.25, 0.125)
    assert (row["resolution"], row["alpha"]) == (16, 1.0)


def test_later_and_torn_lines_are_dropped(tmp_path: Path) -> None:
    for name in ("stats.jsonl", "metrics.jsonl"):
        whole = [json.dumps({"images": n}) for n in (8, 16, 24)]
        (tmp_path / name).write_text("\n".join(whole) + '\nnull\n{"images": 3')
    StatsLog(tmp_path, 16)
    for name in ("stats.jsonl", "metrics.jsonl"):
        text = (tmp_path / name).read_text()
        assert text == '{"images": 8}\n{"images": 16}\n'


def test_memory_is_known_here() -> None:
    if sys.platform != "win32":
        assert 10 < memory_mb(torch.device("cpu")) < 1e6


def test_event_files_hold_the_same_numbers(tmp_path: Path, small: Small, features: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    out = tmp_path / "run"
    config = small(
        "dcgan",
        tensorboard=True,
        grid_kimg=0.04,
        features=str(features),
        metrics_kimg=0.04,
        metrics_samples=8,
    )
    loop.train(config, out, report=quiet)
    events = accumulator.EventAccumulator(str(out / "tensorboard")).Reload()
    lines = [json.loads(line) for line in (out / "stats.jsonl").read_text().splitlines()]
    for name in ("loss_g", "loss_d", "augment_p", "rate"):
        scalars = [(event.step, event.value) for event in events.Scalars(name)]
        assert [step for step, _ in scalars] == [row["images"] for row in lines]
        np.testing.assert_allclose([v for _, v in scalars], [r[name] for r in lines], rtol=1e-6)
    measured = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [event.step for event in events.Scalars("fid")] == [row["images"] for row in measured]
    assert [event.step for event in events.Images("samples")] == [40, 80]
    assert (events.Images("samples")[0].width, events.Images("samples")[0].height) == (32, 32)


def test_event_files_go_on_where_the_run_does(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    for begin, steps in ((0, (8, 16, 24)), (16, (24, 32))):
        log = StatsLog(tmp_path, begin, tensorboard=True)
        for step in steps:
            log.scalars({"loss": begin + step}, step)
        log.close()
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [
        (8, 8.0),
        (16, 16.0),
        (24, 40.0),
        (32, 48.0),
    ]


def test_event_files_need_the_package(
    tmp_path: Path, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(TrainingError, match=r"--tensorboard needs .* pip install tensorboard"):
        loop.train(small("dcgan", tensorboard=True), tmp_path / "run", report=quiet)
