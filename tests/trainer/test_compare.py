"""Runs measured after the fact, and beside one another."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from trainer.cli import main
from trainer.compare import draw_comparison, evaluate_run
from trainer.config import RunConfig
from trainer.data.dataset import data_of
from trainer.errors import TrainingError
from trainer.evaluation import read_rows
from trainer.loop import train

Small = Callable[..., RunConfig]


def quiet(sentence: str) -> None:
    pass


def call(*words: object) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert "Traceback" not in result.output
    return result


def line(**changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "images": 1000,
        "kimg": 1.0,
        "cpu_seconds": 60.0,
        "fid": 50.0,
        "kid": 0.05,
    }
    row |= {"precision": 0.5, "recall": 0.25, "n": 100, "features_hash": "aa"}
    return row | changes


def write(folder: Path, *rows: dict[str, Any]) -> Path:
    folder.mkdir(parents=True)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "metrics.jsonl").write_text(text)
    return folder


@pytest.fixture
def run(tmp_path: Path, small: Small) -> tuple[RunConfig, Path]:
    """A run that was not measured, with snapshots at 0, 16, 32, 48 pictures."""
    config, out = small(kimg=0.048, milestone_kimg=0.016), tmp_path / "run"
    train(config, out, report=quiet)
    return config, out


def test_kept_snapshots_are_measured_in_order(run: tuple[RunConfig, Path], features: Path) -> None:
    config, out = run
    assert not (out / "metrics.jsonl").exists()
    rows = evaluate_run(out, str(features), 8, data_of(config), config)
    assert [row["images"] for row in rows] == [16, 32, 48]
    assert [row["kimg"] for row in rows] == [0.016, 0.032, 0.048]
    assert read_rows(out / "metrics.jsonl") == json.loads(json.dumps(rows))
    assert {row["n"] for row in rows} == {8}
    # Other weights, other numbers; the same weights again, the same numbers.
    assert len({row["fid"] for row in rows}) == 3
    again = evaluate_run(out, str(features), 8, data_of(config), config)
    assert [row["fid"] for row in again] == [row["fid"] for row in rows]
    assert len(read_rows(out / "metrics.jsonl")) == 3


def test_run_that_never_measured_itself_can_be(
    run: tuple[RunConfig, Path], features: Path, small: Small
) -> None:
    config, out = run
    config = small(kimg=0.048, milestone_kimg=0.016, metrics_kimg=0.0)
    assert len(evaluate_run(out, str(features), 8, data_of(config), config)) == 3


def test_what_cannot_be_measured_leaves_the_old_numbers(
    run: tuple[RunConfig, Path], features: Path
) -> None:
    config, out = run
    (out / "metrics.jsonl").write_text('{"fid": 1.0}\n')
    data = data_of(config)
    for chosen, samples, sentence in (
        (str(features.with_name("none")), 8, "cannot be read"),
        ("auto", 8, "No FID: .* --resolution 16"),
        (str(features), 3, "--samples must be at least 4"),
    ):
        with pytest.raises(TrainingError, match=sentence):
            evaluate_run(out, chosen, samples, data, config)
    with pytest.raises(TrainingError, match="There is no snapshot in"):
        evaluate_run(out / "grids", str(features), 8, data, config)
    assert read_rows(out / "metrics.jsonl") == [{"fid": 1.0}]


def test_command_measures_and_says_what_it_found(
    run: tuple[RunConfig, Path], features: Path
) -> None:
    _, out = run
    result = call("evaluate", out, "--features", features, "--samples", 8)
    assert result.exit_code == 0, result.output
    rows = read_rows(out / "metrics.jsonl")
    said = [text for text in result.output.splitlines() if "kimg: FID" in text]
    assert len(said) == len(rows) == 3
    assert all(f"FID {row['fid']:.2f}" in text for row, text in zip(rows, said, strict=True))
    result = call("evaluate", out.with_name("none"))
    assert result.exit_code == 1
    assert "There is no snapshot in" in result.output


def test_comparison_draws_and_tells(tmp_path: Path) -> None:
    first = write(tmp_path / "first", line(fid=40.0), line(kimg=2.0, cpu_seconds=180.0, fid=44.0))
    second = write(tmp_path / "second", line(fid=99.0, kid=0.123, recall=0.75))
    picture = tmp_path / "new" / "both.svg"
    table = draw_comparison({"small": first, "wgan": second}, picture).splitlines()
    assert table[2] == "| small | 2 | 3 | 44.0 | 0.050 | 0.50 | 0.25 | 40.0 (1) |"
    assert table[3] == "| wgan | 1 | 1 | 99.0 | 0.123 | 0.50 | 0.75 | 99.0 (1) |"
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")


@pytest.mark.parametrize("other", [{"n": 200}, {"features_hash": "bb"}])
def test_runs_measured_differently_are_not_compared(tmp_path: Path, other: dict[str, Any]) -> None:
    runs = {"a": write(tmp_path / "a", line()), "b": write(tmp_path / "b", line(**other))}
    with pytest.raises(TrainingError, match="were measured in different features or with"):
        draw_comparison(runs, tmp_path / "c.png")
    assert not (tmp_path / "c.png").exists()


def test_runs_of_one_name_are_both_drawn(tmp_path: Path) -> None:
    one, two = write(tmp_path / "x" / "run", line()), write(tmp_path / "y" / "run", line())
    result = call("compare", one, two, "--out", tmp_path / "c.png")
    assert result.exit_code == 0, result.output
    assert f"| {one} |" in result.output
    assert f"| {two} |" in result.output
    with Image.open(tmp_path / "c.png") as drawn:
        assert drawn.size == (1170, 468)


def test_bad_input_is_one_sentence(tmp_path: Path) -> None:
    result = call("compare", tmp_path / "none", "--out", tmp_path / "c.png")
    assert result.exit_code == 1
    assert "was not measured yet: latentstudio-train evaluate" in result.output
    run = write(tmp_path / "run", line())
    result = call("compare", run, "--out", tmp_path / "c.odd")
    assert result.exit_code == 1
    assert "c.odd" in result.output
    (run / "metrics.jsonl").write_text("{")
    result = call("compare", run, "--out", tmp_path / "c.png")
    assert result.exit_code == 1
    assert "metrics.jsonl is damaged in line 1" in result.output
