"""The plan of a run: what it is, what it costs, and nothing written."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from latentstudio.data.errors import DataError
from trainer import plan
from trainer.cli import main
from trainer.config import RunConfig
from trainer.errors import TrainingError
from trainer.networks import build_state
from trainer.plan import describe_plan, look_at
from trainer.state import Snapshots

Small = Callable[..., RunConfig]


def everything_in(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_plan_says_what_and_how_long(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = small(kimg=50.0, pl_weight=1.0, loss="hinge", threads=1)
    # 3 s for 1000 pictures.
    monkeypatch.setattr(plan, "seconds_of", lambda state, config, resolution: 3.0)
    state = build_state(config, 3)
    first = Snapshots(tmp_path / "first").save(state, config)
    before = everything_in(tmp_path)
    text = describe_plan(config, first)
    count = sum(p.numel() for p in state.generator.parameters()) / 1e6
    assert f"generator {count:.2f} M parameters" in text
    assert "40 pictures and mirrored, 16 px" in text
    assert "hinge, R1 1 every 4 steps, path length 1 every 4 steps" in text
    assert "50 kimg in minibatches of 8: 3.0 s/kimg, 333 images a second" in text
    assert "0.04 hours for 50 kimg" in text  # 150 s
    assert "float32 on cpu, 1 thread(s)" in text
    assert re.search(r"Memory +\d+ MiB", text)
    assert f"Begins with {first}" in text
    assert everything_in(tmp_path) == before


def test_growing_runs_have_a_line_for_each_resolution(small: Small) -> None:
    config = small("progan", grow_from=4, steady_kimg=10.0, fade_kimg=5.0, kimg=40.0)
    text = describe_plan(config)
    found = re.findall(r"^ *(\d+) px +([\d.]+) kimg in minibatches of \d+: ([\d.]+) s", text, re.M)
    assert [(size, kimg) for size, kimg, _ in found] == [("4", "10"), ("8", "15"), ("16", "15")]
    assert all(float(seconds) > 0 for _, _, seconds in found)


def test_lazy_steps_count_with_their_share(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    config = small(gamma=1.0, r1_interval=16, pl_weight=1.0, pl_interval=4, n_critic=2)

    def seconds(state: object, preset: object, config: object) -> float:
        # A plain step of 1 s, R1 of 1.6 s, path lengths of 0.8 s.
        assert hasattr(preset, "gamma") and hasattr(preset, "pl_weight")
        return 1.0 + 1.6 * (preset.gamma > 0) + 0.8 * (preset.pl_weight > 0)

    monkeypatch.setattr(plan, "_step_seconds", seconds)
    state = build_state(config, 3)
    # (1 + 1.6 / 16 + .8 / 4) s for two minibatches of 8.
    assert plan.seconds_of(state, config, 16) == pytest.approx(1.3 / 16 * 1000)


@pytest.mark.parametrize("condition", ["", "hair_style"])
def test_portraits_are_not_rendered_for_a_plan(
    tmp_path: Path, small: Small, condition: str
) -> None:
    from trainer.data.portrait_factors import FACTORS

    named = {factor.name: factor.classes for factor in FACTORS if factor.classes}
    condition = condition and next(iter(named))
    out = tmp_path / "run"
    words = "--preset dcgan --width 4 --batch 8 --data portraits --resolution 16 --kimg 1 --dry-run"
    more = ["--data-root", str(tmp_path / "data"), "--out", str(out)]
    more += ["--condition", condition] if condition else []
    result = CliRunner().invoke(main, [*words.split(), *more])
    assert result.exit_code == 0, result.output
    assert "24,000 portraits, to be rendered first" in result.output
    assert not (tmp_path / "data").exists()
    assert not out.exists()
    config = small(data="portraits", data_root=str(tmp_path / "data"), condition="moustache")
    with pytest.raises(TrainingError, match="--condition moustache: portraits have "):
        look_at(config)


def test_pictures_are_not_prepared_for_a_plan(tmp_path: Path, small: Small) -> None:
    folder = tmp_path / "photos"
    for kind in ("cats", "dogs"):
        (folder / kind).mkdir(parents=True)
        for i in range(2):
            pixels = np.full((20, 20, 3), 40 * i, dtype=np.uint8)
            Image.fromarray(pixels).save(folder / kind / f"{i}.png")
    root = tmp_path / "data"
    seen = look_at(small(data=str(folder), data_root=str(root), condition="class"))
    assert (seen.channels, seen.classes) == (3, 2)
    assert "4 pictures, to be prepared first" in seen.words
    assert not root.exists()
    seen = look_at(small(data="torchvision:CIFAR10", data_root=str(root)))
    assert "to be downloaded first" in seen.words
    assert not root.exists()
    with pytest.raises(TrainingError, match="no classes named 'size'"):
        look_at(small(data=str(folder), data_root=str(root), condition="size"))
    with pytest.raises(DataError, match="There is no data folder"):
        look_at(small(data=str(tmp_path / "none"), data_root=str(root)))


def test_classes_are_part_of_the_plan(small: Small, labelled: Path) -> None:
    seen = look_at(small(condition="colour"))
    assert seen.classes == 3
    assert "3 classes of colour" in seen.words
    assert "3 classes of colour" in describe_plan(small("dcgan", condition="colour"))


def test_device_that_is_not_there_is_a_sentence(small: Small) -> None:
    with pytest.raises(TrainingError, match="--device toaster cannot be used"):
        describe_plan(small(device="toaster"))
