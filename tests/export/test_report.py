"""A card tells what was measured, how to measure it again, and shows what it speaks of."""

import csv
import re

import numpy as np
import pytest
from PIL import Image

from latentstudio.export.card_text import in_markdown
from latentstudio.export.report import Findings, write_card
from latentstudio.metrics.composition import Shares
from latentstudio.metrics.fairness import Parity
from latentstudio.metrics.measure.composed import Composition, Gap
from latentstudio.metrics.path_length import PathLength

COMMAND = "latentstudio measure m.safetensors --num 2000 --sweep 0.5,1 --card out"


@pytest.fixture
def found(quality):
    data = Shares("hat", ("no", "yes"), (0.75, 0.25), (0.7, 0.2), (0.8, 0.3), 100)
    samples = Shares("hat", ("no", "yes"), (0.9, 0.1), (0.88, 0.08), (0.92, 0.12), 100)
    length = PathLength(
        value=98.76, stderr=2.0, n=1500, kept=1470, space="w", sampling="end", epsilon=1e-4
    )
    return Findings(
        "Mugs | 64",
        [quality(0.5), quality(1.0)],
        floor=quality(fid=0.5, sampling=None),
        command=COMMAND,
        versions={"torch": "2.13"},
        path_lengths=[length],
        composition=[Composition(data, samples)],
        gaps=[Gap("hat", "age", Parity(()), Parity((), 0.2, (0.1, 0.3)))],
        shown=quality(0.5).sampling,
        samples=np.arange(5 * 4 * 4 * 3, dtype=np.uint8).reshape(5, 4, 4, 3),
        columns=2,
    )


def test_every_number_is_on_the_card(found):
    text = in_markdown(found)
    for words in (
        "| ψ = 0.5 | 70.00 (68.00 to 72.00) | 0.2500 (0.2300 to 0.2700) | 0.850 (0.700 to 0.950)",
        "| ψ = 1 | 20.00 (18.00 to 22.00)",
        "| real against real (2,000 each) | 0.50 ",
        "| w | end | 98.8 ± 3.9 | 1,500 |",
        "| hat | no | 75.0% | 90.0% (88.0% to 92.0%) |",
        "|  | yes | 25.0% | 10.0% (8.0% to 12.0%) |",
        "| hat | age | unknown | 20.0% (10.0% to 30.0%) |",
        "of samples at ψ = 0.5.",
        "| Data | faces (`cdcdcdcdcdcdcdcd…`), 24,000 pictures |",
        "| Checkpoint | `efefefefefefefef…` |",
        "| Samples | 2,000, seed 7, stored noise |",
        f"```\n{COMMAND}\n```",
        "torch 2.13",
    ):
        assert words in text


def test_tables_are_tables(found):
    lines = in_markdown(found).splitlines()
    for above, line, below in zip(lines, lines[1:], lines[2:], strict=False):
        if re.fullmatch(r"(\| --- )+\|", line):
            assert above.count("|") == line.count("|")
            assert below.replace("\\|", "").count("|") == line.count("|")


def test_files_lie_beside_the_card(found, tmp_path):
    path = write_card(tmp_path / "new" / "card", found)
    text = path.read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    assert sorted(shown) == ["curve.svg", "samples.png"]
    assert all((path.parent / file).stat().st_size for file in shown)
    with Image.open(path.parent / "samples.png") as sheet:
        assert sheet.size == (8, 12)
        assert np.array_equal(np.array(sheet)[:4, 4:], found.samples[1])
    with (path.parent / "numbers.csv").open(newline="") as file:
        assert [line["name"] for line in csv.DictReader(file)] == ["Mugs | 64"] * 2
    assert write_card(path.parent, found).read_text(encoding="utf-8") == text


def test_what_is_not_known_is_left_out(quality, tmp_path):
    plain = quality(sampling=None, fid_extrapolated=None, fid_extrapolated_interval=None)
    text = in_markdown(Findings("folder", [plain]))
    absent = ["Composition", "Measure it again", "Checkpoint", "path length", "Nearest"]
    for words in (*absent, "between", "below"):
        assert words not in text
    assert "too few samples to mean anything" in text and "| folder | 20.00" in text


def test_neighbours_have_a_sheet(found, tmp_path):
    rows = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 2, 2, 1).repeat(3, axis=-1)
    told = Findings("x", found.qualities, neighbours=rows)
    text = write_card(tmp_path, told).read_text(encoding="utf-8")
    assert "](neighbours.png)" in text
    with Image.open(tmp_path / "neighbours.png") as sheet:
        assert sheet.size == (6, 4)
        assert np.array_equal(np.array(sheet)[2:, 4:], rows[1, 2])
