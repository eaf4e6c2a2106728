"""Tables, figures and the card's section hold the numbers of the report."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from latentstudio.export.inspection import CARD, LAYERS, LEAKAGE, TABLE, save_figures, write_section
from latentstudio.export.inspection_figures import layer_map, leakage_map
from latentstudio.export.inspection_table import COLUMNS, to_csv
from latentstudio.export.inspection_text import in_markdown, written
from latentstudio.metrics.inspect.report import Headline, Report
from tests.export.reports import inspected

SVG = "{http://www.w3.org/2000/svg}"


def rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(report), newline="")))


def one(report: Report, **where: str) -> dict[str, str]:
    (found,) = [row for row in rows(report) if where.items() <= row.items()]
    return found


def test_every_number_has_a_line() -> None:
    report = inspected()
    assert to_csv(report).splitlines()[0] == ",".join(COLUMNS)
    path = one(report, part="ppl", space="w", value="full")
    assert (float(path["mean"]), float(path["low"]), int(path["n"])) == (250.0, 230.4, 90)
    bits = one(report, part="separability", space="z", attribute="glasses: no|ne")
    assert (bits["mean"], bits["low"], bits["method"]) == ("0.82", "", "of tests")
    told = one(report, part="dci", space="w", attribute="smile", value="informativeness")
    assert told["mean"] == "0.35"
    assert one(report, part="sap", space="z", attribute="glasses")["mean"] == "0.1"
    layer = one(report, part="layers", attribute="smile", value="layer 1")
    assert (layer["mean"], layer["high"], layer["space"]) == ("0.25", "0.3", "w")
    leak = one(report, part="leakage", attribute="smile", value="along glasses: round")
    assert [float(leak[end]) for end in ("mean", "low", "high")] == pytest.approx(
        [-0.5, -0.7, -0.3]
    )
    assert len(rows(report)) == 2 * (2 + 3 + 7 + 3 + 3) + 2 * 3 + 2 * 3


def test_a_weak_direction_is_called_weak() -> None:
    report = inspected()
    fits = tuple(
        msgspec.structs.replace(f, r2=-0.001, weak=True) for f in report.leakage.directions
    )
    weak = msgspec.structs.replace(report.leakage, directions=fits)
    shown = leakage_map(msgspec.structs.replace(report, leakage=weak))
    assert shown is not None and shown.rows[0] == "Smile (0.00, weak)"


def test_what_was_not_asked_for_has_none() -> None:
    report = msgspec.structs.replace(inspected(), spaces=(), layers=None, leakage=None)
    assert to_csv(report) == ",".join(COLUMNS) + "\r\n"
    assert leakage_map(report) is None and layer_map(report) is None
    assert layer_map(msgspec.structs.replace(inspected(), shown=())) is None


def test_maps_show_what_samples_differ_in() -> None:
    leakage, layers = leakage_map(inspected()), layer_map(inspected())
    assert leakage is not None and layers is not None
    assert leakage.rows == ["Smile (0.70)", "Glasses: round (0.70)"]
    assert leakage.columns == ["Smile", "Glasses: round"]
    assert leakage.values.tolist() == [[1.0, 0.1], [-0.5, 0.9]]
    assert "40 samples at psi 1, fitted to 500; 95% intervals, ± 0.20" in leakage.caption
    assert layers.values.tolist() == [[0.75, 0.25], [0.5, 0.5]] and layers.columns == ["0", "1"]


def test_a_section_stands_beside_a_card(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("as it was")
    sheet = tmp_path / "traversal-z-1.png"
    path = write_section(tmp_path, inspected(), [sheet])
    assert path == tmp_path / CARD and (tmp_path / "card.md").read_text() == "as it was"
    text = path.read_text(encoding="utf-8")
    assert (
        "| path length (full) | 250.0 (230.4 to 269.6) | 250.0 (230.4 to 269.6) | lower |" in text
    )
    assert "| MIG | 0.200 | 0.200 | higher |" in text
    assert "| Glasses: round | 0.70 | +0.90 (+0.70 to +1.10) | smile -0.50 |" in text
    assert "Factors: classifier labels on samples: portraits" in text and "no|ne" in text
    for name in (LEAKAGE, LAYERS, sheet.name):
        assert f"]({name})" in text
    assert (tmp_path / TABLE).read_bytes().decode() == to_csv(inspected())
    assert "latentstudio inspect tiny.safetensors" in text


def test_figures_are_drawn_into_a_folder(tmp_path: Path) -> None:
    made = save_figures(inspected(), tmp_path / "new")
    assert [path.name for path in made] == [LEAKAGE, LAYERS]
    for path in made:
        texts = [text.text for text in ElementTree.parse(path).getroot().iter(f"{SVG}text")]
        assert "Glasses: round" in texts and "tiny" in " ".join(filter(None, texts))


def test_an_empty_section_is_short() -> None:
    report = msgspec.structs.replace(
        inspected(), spaces=(inspected().spaces[0].__class__(space="z", dim=8),), leakage=None
    )
    assert "| " not in in_markdown(report)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, ""),
        (Headline("x", "lower", 0.12345), "0.123"),
        (Headline("x", "lower", 1234.56, (1000.0, 1500.04)), "1234.6 (1000.0 to 1500.0)"),
    ],
)
def test_numbers_are_as_long_as_they_are_sure(number: Headline | None, text: str) -> None:
    assert written(number) == text
