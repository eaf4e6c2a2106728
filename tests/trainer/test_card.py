"""The model card says what the checkpoint and the statistics say, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import latentstudio
from trainer.card import COLUMNS, ROWS
from trainer.cli import main
from trainer.config import RunConfig
from trainer.export import export_run
from trainer.grid import make_grid
from trainer.loop import train

Small = Callable[..., RunConfig]


@pytest.fixture
def run(tmp_path: Path, small: Small) -> Path:
    train(small(), tmp_path / "run", report=print)
    return tmp_path / "run"


def card_of(run: Path, checkpoint: Path, faults: str = "Ears are missing.") -> str:
    text = run.parent / "faults.md"
    text.write_text(faults, encoding="utf-8")
    args = ["card", str(run), "--checkpoint", str(checkpoint), "--faults", str(text)]
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 0, result.output
    return checkpoint.with_suffix(".md").read_text(encoding="utf-8")


def test_card_holds_facts_faults_and_pictures(run: Path, tmp_path: Path) -> None:
    checkpoint = export_run(run, tmp_path / "squares.safetensors", name="Squares")
    card = card_of(run, checkpoint)
    hash_start = latentstudio.load(checkpoint).content_hash[:16]
    rows = [json.loads(line) for line in (run / "stats.jsonl").read_text().splitlines()]
    for needle in ("# Squares", hash_start, "80 (with", "Ears are missing.", "--preset stylegan2"):
        assert needle in card
    assert f"generator {rows[-1]['loss_g']:.2f}" in card
    with Image.open(tmp_path / "squares-loss.png") as loss:
        assert loss.size == (960, 360)


def test_sheet_shows_the_named_seeds(run: Path, tmp_path: Path) -> None:
    checkpoint = export_run(run, tmp_path / "squares.safetensors")
    card_of(run, checkpoint)
    generator = latentstudio.load(checkpoint)
    picture = make_grid(generator(generator.sample_z(1, COLUMNS + 2)))
    with Image.open(tmp_path / "squares-samples.png") as sheet:
        assert sheet.size == (COLUMNS * 128, ROWS * 128)
        # Seed 10 stands in the second row, third from the left; 8 screen pixels to one of 16.
        tile = np.asarray(sheet)[128:256:8, 256:384:8]
    assert np.abs(tile.astype(int) - picture.astype(int)).max() <= 1


@pytest.mark.parametrize("empty", [True, False])
def test_without_statistics_nothing_is_claimed(run: Path, tmp_path: Path, empty: bool) -> None:
    checkpoint = export_run(run, tmp_path / "squares.safetensors")
    (run / "stats.jsonl").unlink()
    if empty:
        (run / "stats.jsonl").write_text("")
    text = tmp_path / "faults.md"
    text.write_text("None.")
    args = ["card", str(run), "--checkpoint", str(checkpoint), "--faults", str(text)]
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 1
    assert "holds no statistics" in result.output
    assert not checkpoint.with_suffix(".md").exists()
