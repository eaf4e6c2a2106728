"""A card's Markdown holds every number that was measured, and what it means."""

from __future__ import annotations

import re

import msgspec
import pytest

from latentstudio.document.sampling import Sampling
from latentstudio.metrics.path_length import PathLength
from latentstudio.metrics.quality import Quality
from trainer.assessment import Assessment
from trainer.card_numbers import describe_numbers
from trainer.readings import Reading
from trainer.references import Distance


def path(space: str, value: float, stderr: float, n: int) -> PathLength:
    return PathLength(
        value=value,
        stderr=stderr,
        n=n,
        kept=n,
        space=space,  # type: ignore[arg-type]
        sampling="full",
        epsilon=1e-4,
    )


@pytest.fixture
def found() -> Assessment:
    quality = Quality(
        features="mugs",
        features_hash="0123456789abcdef" * 4,
        n=10_000,
        n_real=24_000,
        n_matched=9_999,
        sampling=Sampling(seed=7),
        fid=12.3456,
        fid_stderr=0.5,
        fid_interval=(11.0, 13.0),
        fid_extrapolated=None,
        fid_extrapolated_interval=None,
        kid=0.01234,
        kid_stderr=0.001,
        kid_interval=(0.01, 0.014),
        precision=0.611,
        precision_interval=(0.601, 0.621),
        recall=0.422,
        recall_interval=(0.412, 0.432),
        density=1.533,
        density_interval=(1.503, 1.563),
        coverage=0.844,
        coverage_interval=(0.834, 0.854),
    )
    return Assessment(
        checkpoint="mugs.safetensors",
        content_hash="ffff",
        data="mugs64",
        quality=quality,
        references=(
            Distance(what="another half of the data", n=8_765, fid=1.234, kid=-0.00012),
            Distance(what="the data blurred twofold", n=8_765, fid=45.678, kid=0.0987),
        ),
        readings=(
            Reading(name="hat", values=("no", "yes"), data=(0.7, 0.3), samples=(0.54, 0.46)),
            Reading(name="yaw", values=(), data=(20.0,), samples=(15.0,)),
        ),
        path_lengths=(path("z", 321.04, 10.0, 1_000), path("w", 98.76, 2.5, 1_500)),
    )


def row(text: str, first: str) -> list[str]:
    """The cells of the table row that begins with this text."""
    lines = [line for line in text.splitlines() if line.startswith(f"| {first}")]
    assert len(lines) == 1
    return [cell.strip() for cell in lines[0].strip("|").split("|")]


def test_every_number_is_on_the_card(found: Assessment) -> None:
    text = describe_numbers(found)
    # ± is 1.96 standard errors.
    assert row(text, "**this model**")[1:] == ["**12.35** ± 0.98", "**0.0123** ± 0.0020"]
    assert row(text, "another half of the data (8,765 pictures)")[1:] == ["1.23", "-0.0001"]
    assert row(text, "the data blurred twofold (8,765 pictures)")[1:] == ["45.68", "0.0987"]
    assert row(text, "precision") == ["precision", "0.611", "0.601 to 0.621"]
    assert row(text, "recall") == ["recall", "0.422", "0.412 to 0.432"]
    assert row(text, "density") == ["density", "1.533", "1.503 to 1.563"]
    assert row(text, "coverage") == ["coverage", "0.844", "0.834 to 0.854"]
    assert row(text, "path length in z")[1:] == ["321.0", "± 19.6, 1,000 paths"]
    assert row(text, "path length in w")[1:] == ["98.8", "± 4.9, 1,500 paths"]
    assert row(text, "hat") == ["hat", "no 70, yes 30", "no 54, yes 46", "≤ 16 points"]
    assert row(text, "yaw") == ["yaw", "20.000", "15.000", "× 0.75"]


def test_card_says_how_it_was_measured(found: Assessment) -> None:
    first = describe_numbers(found).splitlines()[0]
    command = "latentstudio-train measure mugs.safetensors --data mugs64 --samples 10000"
    assert f"`{command}`" in first
    for needle in ("mugs (`0123456789abcdef…`)", "10,000 samples", "seed 7", "24,000 real"):
        assert needle in first


def test_tables_are_tables(found: Assessment) -> None:
    """Rows of one table have equally many cells, and an empty line comes before each."""
    lines = ["", *describe_numbers(found).splitlines()]
    rules = [i for i, line in enumerate(lines) if re.fullmatch(r"\|(---\|)+", line)]
    assert len(rules) == 3
    for rule in rules:
        assert lines[rule - 2] == ""
        cells = lines[rule].count("|")
        for line in lines[rule - 1 :]:
            if not line:
                break
            assert line.count("|") == cells


def test_unlabelled_data_has_no_table_of_attributes(found: Assessment) -> None:
    text = describe_numbers(msgspec.structs.replace(found, readings=()))
    assert "ttribute" not in text
    assert text.rstrip().endswith("1,500 paths |")
