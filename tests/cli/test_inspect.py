"""``inspect`` without a window: numbers, files, and one line for what is wrong."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image

from latentstudio.checkpoints.store import load_generator, save_generator
from latentstudio.data.attributes import Attribute
from latentstudio.document.direction import Direction
from latentstudio.document.direction_file import write_direction
from latentstudio.document.vector import Vector
from latentstudio.generators.dcgan import DCGAN
from latentstudio.metrics.inspect import run as inspecting
from latentstudio.metrics.inspect.report import Report
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import save_classifier

SMALL = ("--num", 60, "--paths", 4, "--moved", 3, "--batch", 16)
ATTRIBUTES = (
    Attribute(name="hat", kind="binary", values=("no", "yes")),
    Attribute(name="hair", kind="categorical", values=("red", "brown")),
    Attribute(name="size", kind="continuous", low=-1.0, high=1.0),
)


def classifier(path: Path, on: Path, *, pretext: bool = False, grey: bool = False) -> Path:
    """One of noise that reads each class in about half of a generator's pictures."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = AttributeClassifier(
            ATTRIBUTES,
            resolution=16,
            channels=1 if grey else 3,
            width=4,
            max_width=8,
            dim=4,
            pretext=pretext,
        ).eval()
    generator = load_generator(on)
    with torch.no_grad():
        outputs = network(generator(generator.sample_z(60, 0)))
        rate = 2.0 / outputs.std(dim=0)
        network.heads.bias.copy_((network.heads.bias - outputs.mean(dim=0)) * rate)
        network.heads.weight.mul_(rate[:, None])
    save_classifier(path, network, name="noise", data={}, training={}, scores={})
    return path


@pytest.fixture(scope="module")
def reader(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return classifier(tmp_path_factory.mktemp("reader") / "noise.safetensors", checkpoint)


def test_everything_as_json(checkpoint: Path, reader: Path, tmp_path: Path, run: Any) -> None:
    args = ("inspect", checkpoint, "--classifier", reader, *SMALL, "--seed", 2, "--json")
    done = run(*args)
    assert done.code == 0, done
    found = json.loads(done.out)
    report = msgspec.json.decode(done.out, type=Report)
    assert json.loads(msgspec.json.encode(report)) == found, "nothing in it is unknown"
    assert report.command.endswith(" ".join(map(str, args[1:]))) and report.seed == 2
    assert report.checkpoint_hash == load_generator(checkpoint).content_hash
    assert [space.space for space in report.spaces] == ["z", "w"]
    assert found["spaces"][0]["ppl_full"]["features"] == "noise"
    assert found["factors"].startswith("classifier labels on samples: noise (")
    again = json.loads(run(*args).out)
    for key in ("spaces", "layers", "leakage", "left_out"):
        assert again[key] == found[key]


def test_what_is_asked_for_is_said(checkpoint: Path, reader: Path, run: Any) -> None:
    done = run("inspect", checkpoint, "--classifier", reader, *SMALL, "--only", "ppl,mig")
    assert done.code == 0, done
    lines = [line for line in done.out.splitlines() if not line.startswith("left out")]
    assert lines[0].startswith("tiny: 60 samples, classifier labels on samples: noise (")
    assert lines[1].split() == ["z", "w"]
    assert [line[:20].strip() for line in lines[2:5]] == [
        "path length (full)", "path length (end)", "MIG",
    ]  # fmt: skip
    assert lines[5] == "path lengths in noise"


def test_all_files_at_once(checkpoint: Path, reader: Path, tmp_path: Path, run: Any) -> None:
    table, figure, card = tmp_path / "t.csv", tmp_path / "f", tmp_path / "card"
    files = ("--csv", table, "--figure", figure, "--card", card, "--traversal", "z:1")
    done = run("inspect", checkpoint, "--classifier", reader, *SMALL, *files)
    assert done.code == 0, done
    with table.open(newline="") as file:
        parts = {line["part"] for line in csv.DictReader(file)}
    assert parts == {"ppl", "separability", "dci", "mig", "sap", "layers", "leakage"}
    for folder in (figure, card):
        assert (folder / "leakage.svg").read_text().startswith("<?xml")
        assert (folder / "layers.svg").is_file()
        with Image.open(folder / "traversal-z-1.png") as sheet:
            assert sheet.size == (7 * 32, 6 * 32)
    text = (card / "inspection.md").read_text(encoding="utf-8")
    assert "(traversal-z-1.png)" in text and "| Hat |" in text and "## Leakage" in text


@pytest.mark.parametrize(
    ("only", "shown"), [("leakage", "standard deviations"), ("layers", "layer")]
)
def test_one_figure(
    checkpoint: Path, reader: Path, tmp_path: Path, run: Any, only: str, shown: str
) -> None:
    figure = tmp_path / "f.svg"
    done = run(
        "inspect", checkpoint, "--classifier", reader, *SMALL, "--only", only, "--figure", figure
    )
    assert done.code == 0, done
    assert f">{shown}</text>" in figure.read_text()


def test_other_sizes_and_colours_are_converted(checkpoint: Path, tmp_path: Path, run: Any) -> None:
    grey = classifier(tmp_path / "grey.safetensors", checkpoint, grey=True)
    done = run("inspect", checkpoint, "--classifier", grey, *SMALL, "--only", "sap")
    assert done.code == 0 and "SAP" in done.out, done


def test_without_a_mapping_network(tmp_path: Path, run: Any) -> None:
    path = tmp_path / "plain.safetensors"
    torch.manual_seed(0)
    save_generator(path, DCGAN(z_dim=8, resolution=16, ngf=4), name="plain", data={}, training={})
    own = classifier(tmp_path / "own.safetensors", path)
    done = run("inspect", path, "--classifier", own, *SMALL)
    assert done.code == 0, done
    assert "left out: w: a dcgan has no mapping network: z only" in done.out
    assert "directions in z move," in done.out


def test_it_goes_on_after_an_interruption(
    checkpoint: Path, reader: Path, tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    args = ("inspect", checkpoint, "--classifier", reader, *SMALL, "--workdir", tmp_path, "--json")
    whole = json.loads(run(*args[:-3], "--fresh", "--json").out)
    step, calls = inspecting.Inspection.step, []

    def stopped(self: inspecting.Inspection) -> bool:
        calls.append(1)
        if len(calls) == 12:
            raise KeyboardInterrupt
        return step(self)

    monkeypatch.setattr(inspecting.Inspection, "step", stopped)
    done = run(*args)
    assert done.code == 130 and "what was finished is saved" in done.err
    first = len(calls)
    rest = json.loads(run(*args).out)
    total = len(calls) - first
    calls.clear()
    run(*args)
    assert len(calls) < total, "a repetition does less"
    for key in ("spaces", "layers", "leakage"):
        assert rest[key] == whole[key]


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("--only", "fid"), 1, "there is no part 'fid': choose from ppl, separability"),
        (("--only", ""), 1, "there is no part ''"),
        (("--num", "9"), 1, "--num is 9: at least 50"),
        (("--num", "x"), 2, "'x' is not a valid integer"),
        (("--features", "nowhere"), 1, "'nowhere' is no feature space and no file"),
        (("--classifier", "nowhere"), 1, "'nowhere' is no feature space and no file"),
        (("--figure", "f.jpg"), 1, "end it in .svg"),
        (("--figure", "f.svg", "--only", "mig"), 2, "--figure shows leakage or layers"),
        (("--traversal", "z:0"), 2, "--traversal needs --figure FOLDER or --card FOLDER"),
        (("--traversal", "z:0", "--figure", "f.svg"), 2, "--traversal needs"),
        (("--traversal", "z:8", "--card", "c"), 1, "this generator has z:0 to z:7"),
        (("--device", "abacus"), 1, "The device 'abacus' is not available"),
    ],
)
def test_what_is_wrong_is_one_line(
    checkpoint: Path,
    reader: Path,
    run: Any,
    args: tuple[str, ...],
    code: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    given = () if "--classifier" in args else ("--classifier", reader)
    done = run("inspect", checkpoint, *given, *args)
    assert (done.code, done.out) == (code, "")
    assert words in done.err and done.err.count("\n") == 1
    assert not list(tmp_path.iterdir()), "nothing was written"


def test_classifiers_that_know_no_attributes(checkpoint: Path, tmp_path: Path, run: Any) -> None:
    rotations = classifier(tmp_path / "r.safetensors", checkpoint, pretext=True)
    done = run("inspect", checkpoint, "--classifier", rotations)
    assert done.code == 1 and "learned from a pretext (hat, hair, size)" in done.err
    done = run("inspect", checkpoint, "--classifier", checkpoint)
    assert done.code == 1 and "holds no attribute classifier" in done.err
    assert run("inspect", tmp_path / "none.safetensors").code == 1


def test_a_direction_for_another_checkpoint(
    checkpoint: Path, reader: Path, tmp_path: Path, run: Any
) -> None:
    path = tmp_path / "smile.direction.json"
    vector = Vector.of("w", np.ones(8, np.float32))
    write_direction(path, Direction("Smile", "ab" * 32, vector))
    done = run(
        "inspect", checkpoint, "--classifier", reader, "--traversal", path, "--card", tmp_path / "c"
    )
    assert done.code == 1
    assert "the direction Smile belongs to the checkpoint abababab…" in done.err
