"""Figures of measurements, fit for a paper: what truncation buys and what it costs.

matplotlib is imported when something is drawn, through ``Figure`` alone: no window, no global
figures. Text in an SVG stays text.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from latentstudio.atomic import write_atomic
from latentstudio.checkpoints.bundled import resources_folder

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from latentstudio.metrics.quality import Quality

Width = Literal["column", "page"]
# Inches: one column and the whole page of a two-column paper, and the heights that go with them.
_SIZES: dict[Width, tuple[float, float]] = {"column": (3.3, 5.3), "page": (6.9, 2.55)}
FORMATS = (".svg", ".png", ".pdf")
# Apart for all kinds of colour vision, and in grey (Okabe and Ito, "Color Universal Design", 2008).
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
GREY, _INK = "#8A8F98", "#22262E"
_LABELLED = 6  # points of a curve that bear their psi, at most
STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Inter", "Helvetica", "Arial", "DejaVu Sans"],
    "font.size": 7.5,
    "axes.labelsize": 7.5,
    "axes.titlesize": 7.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "semibold",
    "axes.linewidth": 0.6,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E4E6EA",
    "grid.linewidth": 0.6,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "latentstudio",  # the same numbers give the same file
    "pdf.fonttype": 42,
}


class FigureError(ValueError):
    """What cannot be drawn, and why: one sentence."""


class Curve(Protocol):
    """Measurements of one generator, such as those of a swept truncation."""

    @property
    def qualities(self) -> Sequence[Quality]: ...
    @property
    def floor(self) -> Quality | None: ...


def curve_figure(
    curves: Curve | Sequence[Curve],
    path: str | os.PathLike[str],
    *,
    names: Sequence[str] = (),
    present: float | None = None,
    width: Width = "page",
) -> None:
    """Draw precision against recall over psi, and FID and KID against psi.

    Intervals of 95% are crosses in the first and bands in the others; a band of grey is what the
    reals score against themselves. Interpolated values are drawn hollow.

    Parameters
    ----------
    curves
        One or several; each of one quality or more that know their sampling.
    path
        Where to: SVG, PDF or PNG (300 dots an inch) by its ending.
    names
        What the legend calls them.
    present
        A psi to be shown as a dot.
    width
        ``column`` (3.3 inches) or ``page`` (6.9 inches) of a two-column paper.

    Raises
    ------
    FigureError
        One sentence: nothing to draw, numbers that must not share an axis, another ending, or
        matplotlib is missing.
    SaveError
        When the file cannot be written.
    """
    several: list[Curve] = list(curves) if isinstance(curves, Sequence) else [curves]
    lines = [sorted(curve.qualities, key=_psi) for curve in several]
    _comparable([quality for line in lines for quality in line])
    check_drawable(path)
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager

    suffix = Path(path).suffix.lower()
    for font in (resources_folder() / "fonts").glob("*.otf"):
        if font.name not in {Path(entry.fname).name for entry in fontManager.ttflist}:
            fontManager.addfont(font)
    content = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=_SIZES[width], layout="constrained")
        _draw(figure, lines, several, names, present, width)
        figure.savefig(content, format=suffix[1:], dpi=300, metadata=metadata_of(suffix))
    write_atomic(path, content.getvalue())


def check_drawable(path: str | os.PathLike[str]) -> None:
    """See that a figure could be written under this name: FigureError as :func:`curve_figure`."""
    if Path(path).suffix.lower() not in FORMATS:
        raise FigureError(f"{path} is no figure's name: end it in {', '.join(FORMATS)}")
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise FigureError("a figure needs matplotlib: pip install matplotlib") from error


def _draw(
    figure: Figure,
    lines: Sequence[Sequence[Quality]],
    curves: Sequence[Curve],
    names: Sequence[str],
    present: float | None,
    width: Width,
) -> None:
    layout = ["pfk"] if width == "page" else ["pp", "pp", "fk"]
    panels = figure.subplot_mosaic("\n".join(layout))
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        name = names[number] if number < len(names) else None
        _precision_recall(panels["p"], line, colour, name, present, labelled=number == 0)
        for axes, field in ((panels["f"], "fid"), (panels["k"], "kid")):
            _against_psi(axes, line, field, colour, present)
    for axes in panels.values():
        axes.locator_params(nbins=6)
    first = lines[0][0]
    # Another number of samples has another floor.
    floor = next((c.floor for c in curves if c.floor and c.floor.n == first.n), None)
    for axes, field, title in (
        (panels["f"], "fid", "FID, warming up" if first.warming else "FID"),
        (panels["k"], "kid", "KID"),
    ):
        axes.set_xlabel("truncation ψ")
        axes.set_title(title)
        if floor:
            _floor(axes, floor, field)
    panels["p"].set(xlabel="recall (diversity)", ylabel="precision (fidelity)")
    panels["p"].set_title("Fidelity and diversity")
    if names:
        panels["p"].legend(loc="best", handlelength=1.4)
    between = ", " if width == "page" else ",\n"
    figure.supxlabel(_caption(first, between), fontsize=7, color=GREY, x=0.01, ha="left")


def _precision_recall(
    axes: Axes,
    line: Sequence[Quality],
    colour: str,
    name: str | None,
    present: float | None,
    labelled: bool,
) -> None:
    x, y = [quality.recall for quality in line], [quality.precision for quality in line]
    axes.errorbar(
        x,
        y,
        xerr=_bars(line, "recall"),
        yerr=_bars(line, "precision"),
        color=colour,
        ecolor=colour + "60",
        elinewidth=0.7,
        linewidth=1.1,
        label=name,
    )
    _points(axes, line, x, y, colour, present)
    if labelled:
        step = max(1, -(-(len(line) - 1) // (_LABELLED - 1)))
        last = len(line) - 1
        for number in (*range(0, last - step + 1, step), last):
            axes.annotate(
                f"{'' if number else 'ψ = '}{_psi(line[number]):g}",
                (x[number], y[number]),
                xytext=(4, 4),
                textcoords="offset points",
                fontsize=7,
            )
    axes.margins(0.12)


def _against_psi(
    axes: Axes, line: Sequence[Quality], field: str, colour: str, present: float | None
) -> None:
    x, y = [_psi(quality) for quality in line], [getattr(quality, field) for quality in line]
    low, high = zip(*(getattr(quality, f"{field}_interval") for quality in line), strict=True)
    if len(line) == 1:  # a band without width would not be seen
        axes.vlines(x, low, high, color=colour, alpha=0.6, linewidth=0.7)
    axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(x, y, color=colour, linewidth=1.1)
    _points(axes, line, x, y, colour, present)


def _points(
    axes: Axes,
    line: Sequence[Quality],
    x: Sequence[float],
    y: Sequence[float],
    colour: str,
    present: float | None,
) -> None:
    for quality, a, b in zip(line, x, y, strict=True):
        inside = "white" if quality.kind == "interpolated" else colour
        axes.plot(a, b, "o", color=colour, markerfacecolor=inside, markersize=2.6)
        if present is not None and abs(_psi(quality) - present) < 1e-9:
            axes.plot(
                a, b, "o", color=_INK, markerfacecolor=colour, markersize=6, markeredgewidth=1.0
            )


def _floor(axes: Axes, floor: Quality, field: str) -> None:
    low, high = getattr(floor, f"{field}_interval")
    axes.axhspan(low, high, color=GREY, alpha=0.25, linewidth=0)
    axes.axhline(getattr(floor, field), color=GREY, linewidth=0.8, linestyle=(0, (3, 2)))
    axes.annotate(
        "real against real",
        (0, getattr(floor, field)),
        xycoords=("axes fraction", "data"),
        xytext=(3, 3),
        textcoords="offset points",
        fontsize=7,
        color=GREY,
    )


def _bars(line: Sequence[Quality], field: str) -> list[list[float]]:
    """Distances below and above, as error bars want them."""
    ends = [(getattr(q, field), *getattr(q, f"{field}_interval")) for q in line]
    return [[max(0.0, v - low) for v, low, _ in ends], [max(0.0, high - v) for v, _, high in ends]]


def _psi(quality: Quality) -> float:
    return quality.sampling.truncation.psi if quality.sampling else 1.0


def _comparable(qualities: Sequence[Quality]) -> None:
    """Numbers of other features, data or sizes never share an axis."""
    if not qualities:
        raise FigureError("there is nothing measured to draw")
    facts: dict[str, set[Any]] = {
        "features": {quality.features_hash for quality in qualities},
        "data": {quality.data_hash for quality in qualities},
        "numbers of samples": {(quality.n, quality.n_real) for quality in qualities},
    }
    for what, found in facts.items():
        if len(found) > 1:
            raise FigureError(
                f"these were measured with different {what}, which never share an axis: measure"
                " them alike"
            )


def _caption(quality: Quality, between: str) -> str:
    counts = f"{quality.n:,} samples, {quality.n_real:,} reals, 95% intervals"
    return f"{counts}{between}features {quality.features} ({quality.features_hash[:8]})"


def metadata_of(suffix: str) -> dict[str, Any]:
    """No date, so that equal numbers give equal files."""
    return {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix, {})
