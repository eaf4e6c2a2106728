"""Figures hold the numbers that they were given, at a size and in a form fit for a paper."""

import re
import sys
from dataclasses import dataclass
from xml.etree import ElementTree

import pytest
from PIL import Image

from latentstudio.export.figures import FigureError, curve_figure

SVG = "{http://www.w3.org/2000/svg}"


@dataclass
class Curve:
    qualities: list
    floor: object = None


@pytest.fixture
def curve(quality):
    return Curve([quality(psi / 10) for psi in (10, 0, 5, 2)], quality(fid=0.5))


def drawn(path):
    """The texts of an SVG, its size in inches, and the sizes of its letters."""
    root = ElementTree.parse(path).getroot()
    texts = [text.text for text in root.iter(f"{SVG}text")]
    inches = [float(root.get(side).removesuffix("pt")) / 72 for side in ("width", "height")]
    return (
        texts,
        inches,
        [float(size) for size in re.findall(r"font-size: ([\d.]+)px", path.read_text())],
    )


@pytest.mark.parametrize(("width", "inches"), [("column", 3.3), ("page", 6.9)])
def test_text_stays_text_and_can_be_read(curve, tmp_path, width, inches):
    path = tmp_path / "curve.svg"
    curve_figure(curve, path, names=["StyleGAN2"], width=width)
    texts, (across, _), letters = drawn(path)
    assert across == pytest.approx(inches)
    assert min(letters) >= 7
    for words in ("FID", "KID", "StyleGAN2", "truncation ψ", "ψ = 0", "0.2", "1"):
        assert words in texts
    assert texts.count("real against real") == 2
    assert any("2,000 samples, 24,000 reals" in text for text in texts)
    assert any("portraits (abababab)" in text for text in texts)


def test_points_stand_where_the_numbers_are(curve, tmp_path):
    """Recall grows to the right and precision falls downwards: straight lines, so equal steps."""
    path = tmp_path / "curve.svg"
    curve_figure(curve, path)
    root = ElementTree.parse(path).getroot()
    panel = next(g for g in root.iter(f"{SVG}g") if g.get("id") == "axes_1")
    uses = [u for u in panel.iter(f"{SVG}use") if "#0072b2" in (u.get("style") or "").lower()]
    places = [(float(u.get("x")), float(u.get("y"))) for u in uses]
    (x0, y0), (x2, y2), (x5, y5), (x10, y10) = places[-4:]
    assert (x2 - x0) / (x10 - x0) == pytest.approx(0.2, abs=0.01)
    assert (x5 - x0) / (x10 - x0) == pytest.approx(0.5, abs=0.01)
    assert (y5 - y0) / (y10 - y0) == pytest.approx(0.5, abs=0.01) and y10 > y2 > y0


def test_equal_numbers_give_equal_files(curve, tmp_path):
    paths = [tmp_path / f"{name}.svg" for name in "ab"]
    for path in paths:
        curve_figure(curve, path, present=0.5)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_pdf_has_letters_and_no_date(curve, tmp_path):
    curve_figure(curve, tmp_path / "c.pdf")
    content = (tmp_path / "c.pdf").read_bytes()
    assert content.startswith(b"%PDF") and b"/Type /Font" in content
    assert b"CreationDate" not in content


def test_a_png_is_fit_for_print(curve, tmp_path):
    curve_figure([curve, curve], tmp_path / "c.png", names=["a", "b"], width="column")
    with Image.open(tmp_path / "c.png") as picture:
        assert picture.width == 990
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 24)}
    assert {(0, 114, 178), (213, 94, 0)} <= colours


def test_one_measurement_is_a_point(quality, tmp_path):
    curve_figure(Curve([quality(0.7)]), tmp_path / "p.svg", present=0.7)
    assert "ψ = 0.7" in drawn(tmp_path / "p.svg")[0]


def test_interpolated_points_are_hollow(quality, tmp_path):
    def fills(**changes):
        curve_figure(Curve([quality(0.5, **changes), quality(1, **changes)]), tmp_path / "x.svg")
        return (tmp_path / "x.svg").read_text().count("fill: #ffffff; stroke: #0072b2")

    assert fills() == 0 < fills(kind="interpolated")


def test_few_samples_say_so_and_other_floors_stay_away(quality, tmp_path):
    warming = quality(fid_extrapolated=None, fid_extrapolated_interval=None)
    curve_figure(Curve([warming], quality(n=1000)), tmp_path / "w.svg")
    texts = drawn(tmp_path / "w.svg")[0]
    assert "FID, warming up" in texts and "real against real" not in texts


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"features_hash": "00"}, "different features"),
        ({"data_hash": "00"}, "different data"),
        ({"n": 1000}, "different numbers of samples"),
        ({"n_real": 1000}, "different numbers of samples"),
    ],
)
def test_what_cannot_be_compared_is_not_drawn(curve, quality, tmp_path, changes, words):
    other = Curve([quality(**changes)])
    with pytest.raises(FigureError, match=words):
        curve_figure([curve, other], tmp_path / "x.svg")
    assert not (tmp_path / "x.svg").exists()


def test_refusals(curve, tmp_path, monkeypatch):
    with pytest.raises(FigureError, match="nothing measured"):
        curve_figure(Curve([]), tmp_path / "x.svg")
    with pytest.raises(FigureError, match=r"end it in \.svg, \.png, \.pdf"):
        curve_figure(curve, tmp_path / "x.gif")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(FigureError, match="pip install matplotlib"):
        curve_figure(curve, tmp_path / "x.svg")
