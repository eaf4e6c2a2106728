"""Heat maps hold their numbers and names, and open in any viewer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from latentstudio.export.figures import FigureError
from latentstudio.export.heatmap import HeatMap, heat_map

SVG = "{http://www.w3.org/2000/svg}"


def shown(rows: int = 2, columns: int = 3) -> HeatMap:
    values = np.linspace(-1.0, 1.0, rows * columns).reshape(rows, columns)
    return HeatMap(
        title="What moves what",
        caption="40 samples, 95% intervals",
        rows=[f"row {i}" for i in range(rows)],
        columns=[f"column {i}" for i in range(columns)],
        row_title="direction",
        column_title="attribute",
        values=values,
        low=values - 0.3,
        high=values + 0.3,
        unit="standard deviations",
        end=1.0,
    )


def texts(path: Path) -> list[str]:
    return [text.text or "" for text in ElementTree.parse(path).getroot().iter(f"{SVG}text")]


def test_names_numbers_and_doubts_are_text(tmp_path: Path) -> None:
    heat_map(shown(), tmp_path / "m.svg")
    found = texts(tmp_path / "m.svg")
    for words in ("What moves what", "row 1", "column 2", "direction", "standard deviations"):
        assert words in found
    assert {"-1.00", "-0.60", "-0.20 ·", "0.20 ·", "0.60", "1.00"} < set(found)


def test_many_columns_show_their_doubts_alone(tmp_path: Path) -> None:
    heat_map(shown(4, 30), tmp_path / "m.svg")
    found = texts(tmp_path / "m.svg")
    assert "-1.00" not in found and "column 29" in found
    assert found.count("·") == int((np.abs(shown(4, 30).values) <= 0.3).sum())


def test_what_is_not_known_stays_empty(tmp_path: Path) -> None:
    holes = shown()
    holes.values[0, 0] = np.nan
    heat_map(holes, tmp_path / "m.svg")
    assert "nan" not in " ".join(texts(tmp_path / "m.svg")).lower()


@pytest.mark.parametrize(("value", "side"), [(1.0, 0), (-1.0, 2)])
def test_red_is_above_and_blue_below(tmp_path: Path, value: float, side: int) -> None:
    one = replace(shown(1, 2), values=np.array([[value, -value]]))
    heat_map(one, tmp_path / "m.png")
    pixels = np.asarray(Image.open(tmp_path / "m.png").convert("RGB")).astype(int)
    strong = [
        pixels[..., side] - pixels[..., 2 - side] > 60,
        pixels[..., 2 - side] - pixels[..., side] > 60,
    ]
    # The bar of colours stands to the right of both cells.
    first, second = (np.nonzero(mask[:, : pixels.shape[1] * 6 // 10])[1].mean() for mask in strong)
    assert first < second


def test_shares_have_no_blue(tmp_path: Path) -> None:
    shares = replace(shown(), values=np.abs(shown().values))
    heat_map(shares, tmp_path / "m.svg")
    assert not [text for text in texts(tmp_path / "m.svg") if text.startswith(("-", "−"))]


def test_equal_numbers_give_equal_files(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg", "a.pdf", "b.pdf"):
        heat_map(shown(), tmp_path / name)
    for kind in ("svg", "pdf"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_what_cannot_be_drawn_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FigureError, match=r"end it in \.svg"):
        heat_map(shown(), tmp_path / "m.jpg")
    with pytest.raises(FigureError, match="no matrix of 0 by 0"):
        empty = np.zeros((0, 0))
        heat_map(replace(shown(), rows=[], columns=[], values=empty), tmp_path / "m.svg")
    with pytest.raises(FigureError, match="no matrix of 2 by 3"):
        heat_map(replace(shown(), low=np.zeros(3)), tmp_path / "m.svg")
    assert not list(tmp_path.iterdir())
