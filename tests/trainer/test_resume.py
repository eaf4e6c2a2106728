"""A run that was killed and resumed is the run that was not, to the bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from latentstudio.generators.growth import Growth
from trainer import loop
from trainer.config import RunConfig
from trainer.networks import build_state
from trainer.state import Snapshots, TrainingState

Small = Callable[..., RunConfig]

# Levels begin at 16 (8 px) and 48 (16 px), and stand alone at 32 and 64.
GROWING = {"grow_from": 4, "steady_kimg": 0.016, "fade_kimg": 0.016}
CRITIC = {"loss": "wasserstein", "gp_weight": 10.0, "gamma": 0.0}


def quiet(sentence: str) -> None:
    pass


def lines(out: Path) -> list[dict[str, Any]]:
    clock = {"seconds", "cpu_seconds", "img_per_s", "memory_mb"}
    rows = [json.loads(line) for line in (out / "stats.jsonl").read_text().splitlines()]
    return [{k: v for k, v in row.items() if k not in clock} for row in rows]


def compare_with_unbroken(
    config: RunConfig, folder: Path, patch: pytest.MonkeyPatch, death: int
) -> TrainingState:
    """Train in one go, and with a snapshot after every step and death in step ``death``."""
    unbroken = loop.train(config, folder / "a", report=quiet)
    step = loop.train_step

    def deadly(state: TrainingState, *rest: Any) -> Any:
        if state.step == death:
            raise KeyboardInterrupt
        return step(state, *rest)

    patch.setattr(loop, "train_step", deadly)
    broken = msgspec.structs.replace(config, snapshot_seconds=0.0)
    with pytest.raises(KeyboardInterrupt):
        loop.train(broken, folder / "b", report=quiet)
    patch.undo()
    loop.train(config, folder / "b", resume=True, report=quiet)

    assert lines(folder / "a") == lines(folder / "b")
    one, other = (Snapshots(folder / run / "snapshots").load() for run in "ab")
    assert one[1].images == other[1].images
    assert one[1].growth == other[1].growth
    assert one[2].keys() == other[2].keys()
    for name in one[2]:
        assert torch.equal(one[2][name], other[2][name]), name
    return unbroken


@pytest.mark.parametrize("death", [1, 2, 5])
def test_growing_progan(
    tmp_path: Path, small: Small, monkeypatch: pytest.MonkeyPatch, death: int
) -> None:
    # Snapshots at 16 and 48 lie exactly where a level begins, the one at 24 within a fade.
    config = small("progan", batch_at={4: 16}, drift=1e-3, **GROWING, **CRITIC)
    compare_with_unbroken(config, tmp_path, monkeypatch, death)
    shown = [(row["resolution"], row["alpha"]) for row in lines(tmp_path / "a")]
    assert shown == [(4, 1.0), (8, 0.5), (8, 1.0), (16, 0.5), (16, 1.0)]


@pytest.mark.parametrize("death", [2, 4])
def test_growing_stylegan(
    tmp_path: Path, small: Small, monkeypatch: pytest.MonkeyPatch, death: int
) -> None:
    config = small("stylegan", mixing=0.9, r1_interval=1, **{**GROWING, "grow_from": 8})
    compare_with_unbroken(config, tmp_path, monkeypatch, death)


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("dcgan", {"n_critic": 2, "batch": 4, **CRITIC}),
        ("dcgan", {"ada_target": 0.6, "ada_kimg": 0.05}),
        ("dcgan", {"loss": "relativistic", "gamma_fake": 1.0}),
        ("dcgan", {"loss": "hinge", "spectral": True, "gamma": 0.0}),
        ("stylegan2", {"ada_target": 0.1, "ada_kimg": 0.05, "mixing": 0.5}),
    ],
    ids=["two critic steps and a gradient penalty", "ada", "relativistic", "spectral", "ada too"],
)
def test_methods(
    tmp_path: Path,
    small: Small,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    method: dict[str, Any],
) -> None:
    state = compare_with_unbroken(small(name, **method), tmp_path, monkeypatch, 5)
    if "ada_target" in method:
        assert state.augment_p > 0


def test_conditional(
    tmp_path: Path, small: Small, labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = small("stylegan2", condition="colour", mixing=0.5)
    state = compare_with_unbroken(config, tmp_path, monkeypatch, 5)
    assert state.generator.num_classes == 3
    assert state.average.labels == ("red", "green", "blue")


def test_optimisers_forget_where_a_level_begins(small: Small) -> None:
    config = small("progan", **GROWING, **CRITIC)
    state = build_state(config, 3)
    assert state.growth == Growth(4)
    moments = {p: {"step": torch.tensor(1.0)} for p in state.generator.parameters()}
    left = []
    for images in (8, 16, 24, 32, 40, 48):
        state.opt_g.state.update(moments)
        state.images = images
        loop.enter_level(state, config)
        left.append(len(state.opt_g.state) > 0)
    assert left == [True, False, True, True, True, False]

    keeping = small("progan", reset_adam=False, **GROWING, **CRITIC)
    state = build_state(keeping, 3)
    state.opt_g.state.update({p: {} for p in state.generator.parameters()})
    state.images = 16
    loop.enter_level(state, keeping)
    assert state.growth == Growth(8, 0.0)
    assert len(state.opt_g.state) > 0
