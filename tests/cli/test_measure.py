"""``measure`` without a window: numbers, files, and one line for what is wrong."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from latentstudio.checkpoints.store import load_generator
from latentstudio.cli.measure import MAX_SWEEP, parse_sweep
from latentstudio.data.attributes import Attribute
from latentstudio.document.recipe import Noise, Truncation
from latentstudio.document.sampling import Sampling
from latentstudio.metrics.fairness import Parity
from latentstudio.metrics.measure import run as measuring
from latentstudio.metrics.measure.composed import Gap
from latentstudio.metrics.quality import evaluate
from latentstudio.metrics.reals import open_reals
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import save_classifier
from latentstudio.metrics.spaces.register import open_space


def pictures(folder: Path, count: int, size: int = 32) -> Path:
    folder.mkdir()
    random = np.random.RandomState(count)
    for number in range(count):
        pixels = random.randint(0, 256, (size, size, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03d}.png")
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of pictures with features of its own."""
    folder = pictures(tmp_path / "data", 20)
    attribute = Attribute(name="hat", kind="binary", values=("no", "yes"))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = AttributeClassifier([attribute], resolution=32, width=4, max_width=8, dim=4)
    path = folder / "features.safetensors"
    save_classifier(path, network.eval(), name="noise", data={}, training={}, scores={})
    return folder


@pytest.mark.parametrize(
    ("text", "psis"),
    [
        ("0.7", [0.7]),
        ("0, 0.5,1", [0.0, 0.5, 1.0]),
        ("0,0.1,...,0.5", [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        ("1,0.75,...,0,-1", [1.0, 0.75, 0.5, 0.25, 0.0, -1.0]),
    ],
)
def test_sweeps_are_read(text: str, psis: list[float]) -> None:
    assert parse_sweep(text) == psis


@pytest.mark.parametrize(
    "text",
    [
        *("", "a", "0,", "0,...,1", "...", "0,0.1,...", "0,0,...,1", "0,0.3,...,1", "1,1"),
        *("0,nan", "1e999", "0,1,...,-1", "0,0.001,...,1", "0,0.1,...,..."),
    ],
)
def test_sweeps_that_are_none_get_a_sentence(text: str) -> None:
    with pytest.raises(click.UsageError, match=r"--sweep is .*0,0\.1,\.\.\.,1"):
        parse_sweep(text)


@settings(deadline=None)
@given(st.text(alphabet="0123456789-.,e ", max_size=20))
def test_any_text_is_a_sweep_or_a_sentence(text: str) -> None:
    try:
        psis = parse_sweep(text)
    except click.UsageError:
        return
    assert 0 < len(psis) <= MAX_SWEEP and len({*psis}) == len(psis)


def test_numbers_are_those_of_the_library(checkpoint: Path, data: Path, run: Any) -> None:
    options = ("--psi", 0.8, "--cutoff", 3, "--noise", "none", "--mixing", 0.5, "--seed", 9)
    done = run("measure", checkpoint, "--real", data, "--num", 24, *options, "--json")
    assert done.code == 0, done
    report = json.loads(done.out)
    generator, space = load_generator(checkpoint), open_space(data / "features.safetensors")
    sampling = Sampling(
        generator.content_hash, Truncation(0.8, 3), Noise("none"), mixing=0.5, seed=9
    )
    want = evaluate(space, generator, open_reals(data, space).side, sampling, 24)
    got = report["rows"][0]["quality"]
    for field in ("fid", "fid_stderr", "kid", "precision", "recall", "density", "coverage"):
        assert got[field] == pytest.approx(getattr(want, field), rel=1e-4, abs=1e-7)
    assert got["sampling"]["seed"] == 9 and got["features_hash"] == space.content_hash
    assert report["command"].endswith(
        f"--real {data} --num 24 {' '.join(map(str, options))} --json"
    )
    assert {"latentstudio", "torch", "numpy", "python"} == report["versions"].keys()
    assert report["data_hash"] and report["fakes_hash"] == generator.content_hash
    again = run("measure", checkpoint, "--real", data, "--num", 24, *options, "--json")
    assert json.loads(again.out)["rows"] == report["rows"]


def test_what_was_asked_for_is_said(checkpoint: Path, data: Path, run: Any) -> None:
    done = run(
        "measure", checkpoint, "--real", data, "--num", 24, "--metrics", "pr,ppl-w", "--paths", 3
    )
    assert done.code == 0, done
    first, *lines = done.out.splitlines()
    assert first == "tiny against data: 24 samples, features noise"
    assert [line.split("  ")[0] for line in lines] == [
        "precision",
        "recall",
        "path length w (full)",
    ]


def test_a_sweep_has_a_table_a_figure_and_a_card(
    checkpoint: Path, data: Path, tmp_path: Path, run: Any
) -> None:
    table, figure, card = tmp_path / "t.csv", tmp_path / "f.svg", tmp_path / "card"
    files = ("--csv", table, "--figure", figure, "--card", card)
    done = run("measure", checkpoint, "--real", data, "--num", 16, "--sweep", "0,0.5,1", *files)
    assert done.code == 0, done
    assert [line for line in done.out.splitlines() if line.startswith("psi")] == [
        "psi 0", "psi 0.5", "psi 1",
    ]  # fmt: skip
    with table.open(newline="") as file:
        assert [line["psi [1]"] for line in csv.DictReader(file)] == ["0.0", "0.5", "1.0"]
    assert figure.read_text().startswith("<?xml")
    text = (card / "card.md").read_text(encoding="utf-8")
    assert "| hat | no |" in text and f"--sweep 0,0.5,1 --csv {table}" in text
    with Image.open(card / "samples.png") as sheet:
        assert sheet.size == (8 * 32, 2 * 32)
    assert "Pictures and composition below are of samples at ψ = 1." in text
    with Image.open(card / "neighbours.png") as sheet:
        assert sheet.size == (6 * 32, 8 * 32)


def test_gaps_between_groups_are_in_the_report_and_on_the_card(
    checkpoint: Path, data: Path, tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gap = Gap("hat", "age", Parity((), 0.1, (0.0, 0.2)), Parity((), 0.5, (0.25, 0.75)))
    # An untrained classifier puts all pictures into one group.
    monkeypatch.setattr(measuring, "compositions", lambda *_sides: ((), (gap,)))
    card = tmp_path / "card"
    done = run("measure", checkpoint, "--real", data, "--num", 12, "--card", card, "--json")
    assert done.code == 0, done
    (row,) = json.loads(done.out)["rows"]
    assert row["gaps"][0]["samples"]["gap"] == 0.5
    text = (card / "card.md").read_text(encoding="utf-8")
    assert "| hat | age | 10.0% (0.0% to 20.0%) | 50.0% (25.0% to 75.0%) |" in text


def test_pictures_from_elsewhere(data: Path, tmp_path: Path, run: Any) -> None:
    fakes = pictures(tmp_path / "fakes", 12)
    done = run("measure", "--real", data, "--fake", fakes, "--json", "--metrics", "fid,swd,msssim")
    assert done.code == 0, done
    report = json.loads(done.out)
    assert (report["fakes"], report["n"], report["rows"][0]["sampling"]) == ("fakes", 12, None)
    assert report["rows"][0]["pixels"]["swd"]["n"] == 12
    same = run("measure", "--real", data, "--fake", data, "--json")
    assert json.loads(same.out)["rows"][0]["quality"]["fid"] == pytest.approx(0.0, abs=1e-6)


def test_the_bundled_checkpoint_knows_its_data(run: Any, monkeypatch: Any) -> None:
    from latentstudio.checkpoints.bundled import resources_folder

    bundled = resources_folder() / "checkpoints" / "portraits-stylegan2.safetensors"
    done = run("measure", bundled, "--num", 4)
    assert done.code == 0, done
    assert done.out.startswith("Portraits StyleGAN2 64 against portraits: 4 samples")
    assert "warming up" in done.out


def test_what_cannot_be_measured_gets_one_line(
    checkpoint: Path, data: Path, tmp_path: Path, run: Any
) -> None:
    no, small = tmp_path / "no", pictures(tmp_path / "small", 5, size=16)
    mixed, broken = pictures(tmp_path / "mixed", 4), pictures(tmp_path / "broken", 4)
    Image.new("RGB", (40, 32)).save(mixed / "wide.png")
    (broken / "001.png").write_bytes((broken / "001.png").read_bytes()[:200])
    real, features = ("--real", data), ("--features", data / "features.safetensors")
    cases: list[tuple[tuple[object, ...], int, str]] = [
        (real, 2, "either a CHECKPOINT or --fake"),
        ((checkpoint, "--fake", data, *real), 2, "either a CHECKPOINT or --fake"),
        ((checkpoint, *real, "--psi", 1, "--sweep", "0,1"), 2, "--psi does not go with"),
        ((checkpoint, *real, "--sweep", "0,..."), 2, "--sweep is"),
        (("--fake", data), 2, "--real DATASET"),
        (("--fake", data, *real, "--psi", 1), 2, "--psi is for a CHECKPOINT"),
        (("--fake", data, *real, "--label", "x"), 2, "--label is for a CHECKPOINT"),
        ((checkpoint,), 2, "--real DATASET"),
        ((no, *real), 1, "is not there"),
        ((checkpoint, "--real", no, *features), 1, "no"),
        ((checkpoint, *real, "--features", no), 1, "no"),
        ((checkpoint, *real, "--num", 3), 1, "at least 4"),
        ((checkpoint, *real, "--metrics", "beauty"), 1, "no metric 'beauty'"),
        ((checkpoint, *real, "--metrics", "is"), 1, "--features inception"),
        ((checkpoint, *real, "--label", "x"), 2, "no classes"),
        ((checkpoint, *real, "--mixing", 2), 1, "mixing"),
        ((checkpoint, *real, "--psi", "nan"), 1, "psi"),
        ((checkpoint, *real, "--device", "tpu"), 1, "'tpu'"),
        ((checkpoint, "--real", small, *features), 1, "32 px"),
        (("--fake", small, *real), 1, "16 px"),
        (("--fake", mixed, *real), 1, "mixed"),
        (("--fake", broken, *real), 1, "001.png"),
        (("--fake", small, "--real", small, *features, "--num", 9), 1, "holds 5 pictures"),
        (("--fake", data, *real, "--metrics", "ppl"), 1, "give a CHECKPOINT"),
        ((checkpoint, *real, "--num", 8, "--figure", tmp_path / "x.gif"), 1, ".svg"),
    ]  # fmt: skip
    for args, code, words in cases:
        result = run("measure", *args)
        assert (result.code, result.out) == (code, ""), (args, result)
        assert words in result.err and result.err.count("\n") == 1, (args, result)


def test_an_interrupted_run_goes_on(
    checkpoint: Path, data: Path, tmp_path: Path, run: Any, monkeypatch: Any
) -> None:
    from latentstudio.metrics.measure import run as measure

    usual, calls = measure.score, []

    def interrupted(*args: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return usual(*args)

    monkeypatch.setattr(measure, "score", interrupted)
    words = ("measure", checkpoint, "--real", data, "--num", 12, "--workdir", tmp_path / "w")
    first = run(*words)
    assert first.code == 130 and first.err.endswith("what was finished is saved\n")
    assert len(list((tmp_path / "w").rglob("*.npy"))) == 1

    def forbidden(*_: Any) -> Any:
        raise AssertionError("drawn again")

    monkeypatch.setattr("latentstudio.metrics.measure.fakes.sample_images", forbidden)
    assert run(*words).code == 0
    assert "drawn again" in run(*words, "--fresh").err
