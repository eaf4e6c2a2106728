"""``measure`` and ``inspect`` of a generator that a difference has tuned."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from latentstudio.checkpoints.difference import (
    Difference,
    noise_planes,
    tunable,
    write_difference,
)
from latentstudio.checkpoints.differences import Differences
from latentstudio.checkpoints.store import load_generator, save_generator
from latentstudio.document.png import GRID_KEYWORD
from tests.cli.test_inspect import SMALL, classifier
from tests.cli.test_measure import pictures

NUM = ("--num", 24, "--metrics", "fid,kid,pr,dc,ppl-w", "--paths", 3)


@pytest.fixture(scope="module")
def difference(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of everything that can be changed, so that pictures differ widely."""
    generator, path = load_generator(checkpoint), tmp_path_factory.mktemp("tuned") / "d.safetensors"
    buffers = dict(generator.named_buffers())
    with torch.random.fork_rng():
        torch.manual_seed(5)
        weights = {
            name: (0.5 * torch.randn(len(w), 2), torch.randn(2, *w.shape[1:]))
            for name, w in tunable(generator).items()
        }
        noise = {i: torch.randn_like(buffers[n]) for i, n in noise_planes(generator).items()}
    write_difference(path, Difference(generator.content_hash, noise, weights, "Grandmother"))
    return path


@pytest.fixture(scope="module")
def by_hand(checkpoint: Path, difference: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tuned generator as a checkpoint of its own."""
    from latentstudio.checkpoints.difference import applied, read_difference

    path = tmp_path_factory.mktemp("hand") / "hand.safetensors"
    tuned = applied(load_generator(checkpoint), read_difference(difference))
    save_generator(path, tuned, name="hand", data={}, training={})
    return path


@pytest.fixture(scope="module")
def data(by_hand: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = pictures(tmp_path_factory.mktemp("data") / "data", 20)
    classifier(folder / "features.safetensors", by_hand)
    return folder


def numbers(report: dict[str, Any]) -> list[Any]:
    """What was measured, without what names the generator."""
    rows = [{**row["quality"], "sampling": None} for row in report["rows"]]
    return [*rows, report["path_lengths"]]


def test_a_tuned_generator_measures_as_the_same_weights_of_another_file_do(
    checkpoint: Path, difference: Path, by_hand: Path, data: Path, tmp_path: Path, run: Any
) -> None:
    def measured(*args: object) -> dict[str, Any]:
        done = run("measure", *args, "--real", data, *NUM, "--workdir", tmp_path, "--json")
        assert done.code == 0, done
        found: dict[str, Any] = json.loads(done.out)
        return found

    plain = measured(checkpoint)  # what is kept of it must not be taken for the tuned one's
    tuned = measured(checkpoint, "--difference", difference)
    assert numbers(tuned) == numbers(measured(by_hand)) != numbers(plain)
    assert numbers(tuned["untouched"]) == numbers(plain) and plain["untouched"] is None
    assert numbers(measured(checkpoint)) == numbers(plain)
    assert tuned["fakes"].startswith("tiny, fine-tuned (") and tuned["untouched"]["fakes"] == "tiny"
    assert len(tuned["rows"][0]["quality"]["sampling"]["difference"]) == 64


def test_both_stand_side_by_side(
    checkpoint: Path, difference: Path, data: Path, tmp_path: Path, run: Any
) -> None:
    table = tmp_path / "t.csv"
    args = ("--difference", difference, "--real", data, *NUM, "--sweep", "0.5,1", "--csv", table)
    done = run("measure", checkpoint, *args)
    assert done.code == 0, done
    lines = done.out.splitlines()
    assert lines[1].split() == ["fine-tuned", "untouched"]
    for line in (*lines[3:9], lines[-1]):
        assert line[23:57].strip() and line[57:].strip(), line
    with table.open(newline="") as file:
        names = [(line["name"][:10], line["psi [1]"]) for line in csv.DictReader(file)]
    assert names == [("tiny, fine", "0.5"), ("tiny, fine", "1.0"), ("tiny", "0.5"), ("tiny", "1.0")]


def test_an_inspection_is_of_the_tuned_one_with_what_is_kept_of_the_other(
    checkpoint: Path, difference: Path, by_hand: Path, data: Path, tmp_path: Path, run: Any
) -> None:
    def inspected(*args: object) -> dict[str, Any]:
        reader = ("--classifier", data / "features.safetensors")
        words = (*SMALL, "--only", "ppl,mig,layers,leakage", "--workdir", tmp_path / "w", "--json")
        done = run("inspect", *args, *reader, *words)
        assert done.code == 0, done
        found: dict[str, Any] = json.loads(done.out)
        return found

    tuned = inspected(checkpoint, "--difference", difference)
    assert tuned["untouched"] == []
    plain, hand = inspected(checkpoint), inspected(by_hand)
    for part in ("spaces", "layers", "leakage"):
        assert tuned[part] == hand[part] != plain[part]
    card = tmp_path / "card"
    again = inspected(checkpoint, "--difference", difference, "--card", card, "--traversal", "z:1")
    assert again["spaces"] == tuned["spaces"] and again["untouched"] == plain["spaces"]
    text = (card / "inspection.md").read_text(encoding="utf-8")
    assert "| z, untouched (8) |" in text and "with the fine tuning `" in text
    with Image.open(card / "traversal-z-1.png") as sheet:
        recipes = json.loads(sheet.info[GRID_KEYWORD])
    assert again["difference"] in json.dumps(recipes), "its cells can be drawn again"


def test_the_spaces_of_both_in_words(
    checkpoint: Path, difference: Path, data: Path, run: Any, tmp_path: Path
) -> None:
    reader = ("--classifier", data / "features.safetensors", "--workdir", tmp_path / "w")
    words = (*SMALL, "--only", "mig", *reader)
    alone = run("inspect", checkpoint, "--difference", difference, *words)
    assert "inspect it once without --difference" in alone.out
    run("inspect", checkpoint, *words)
    both = run("inspect", checkpoint, "--difference", difference, *words, "--csv", tmp_path / "t")
    heads = next(line for line in both.out.splitlines() if line.startswith("     ")).split("  ")
    assert [head.strip() for head in heads if head] == ["z", "w", "z, untouched", "w, untouched"]
    assert (tmp_path / "t").read_text().count("untouched") == 2 * (1 + 3)


def test_a_content_hash_names_one_that_the_studio_keeps(
    checkpoint: Path,
    difference: Path,
    data: Path,
    tmp_path: Path,
    run: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from latentstudio.checkpoints.difference import read_difference

    kept = Differences(tmp_path)
    digest = kept.add(read_difference(difference))
    monkeypatch.setattr("latentstudio.checkpoints.differences.Differences", lambda: kept)
    done = run("measure", checkpoint, "--difference", digest, "--real", data, *NUM, "--json")
    assert done.code == 0, done
    assert json.loads(done.out)["rows"][0]["quality"]["sampling"]["difference"] == digest
    done = run("measure", checkpoint, "--difference", "ab" * 32, "--real", data)
    assert done.code == 1 and "no fine tuning with the content hash abababab…" in done.err


def hostile(path: Path) -> None:
    """Factors whose product is beyond any number that float32 has."""
    generator = load_generator(path.parent / "tiny.safetensors")
    name, w = next(iter(tunable(generator).items()))
    far = {name: (torch.full((len(w), 1), 1e30), torch.full((1, *w.shape[1:]), 1e30))}
    write_difference(path, Difference(generator.content_hash, {}, far, "far"))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "There is no file"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b"\0" * 99), "not a file that latentstudio knows"),
        (hostile, "not finite"),
        (
            lambda path: write_difference(
                path, Difference("ab" * 32, {0: torch.zeros(4, 4)}, {}, "another's")
            ),
            "is a fine tuning of the checkpoint abababab…",
        ),
    ],
)
@pytest.mark.parametrize("command", ["measure", "inspect"])
def test_what_cannot_be_applied_is_one_line(
    command: str,
    make: Callable[[Path], object],
    words: str,
    checkpoint: Path,
    data: Path,
    tmp_path: Path,
    run: Any,
) -> None:
    here = tmp_path / "tiny.safetensors"
    here.write_bytes(checkpoint.read_bytes())
    path = tmp_path / "d.safetensors"
    make(path)
    reader = data / "features.safetensors"
    option = ("--real", data) if command == "measure" else ("--classifier", reader)
    done = run(command, here, *option, "--difference", path)
    assert (done.code, done.out) == (1, ""), done
    assert words in done.err and done.err.count("\n") == 1


def test_a_difference_is_for_a_checkpoint(data: Path, difference: Path, run: Any) -> None:
    done = run("measure", "--fake", data, "--real", data, "--difference", difference)
    assert done.code == 2 and "--difference is for a CHECKPOINT" in done.err
