"""Heat maps of matrices that speak of attributes: what leaks into what, what sits in which layer.

matplotlib is imported when something is drawn, as in :mod:`latentstudio.export.figures`, whose
letters and formats these share.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from latentstudio.atomic import write_atomic
from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.export.figures import GREY, STYLE, FigureError, check_drawable, metadata_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_CELL, _WIDE = 0.17, 0.34  # inches across, without and with numbers in the cells
_HIGH = 0.19
_WRITTEN = 14  # columns up to which cells hold their numbers
_LETTER = 0.06  # inches of a letter in a label


@dataclass(frozen=True, eq=False)
class HeatMap:
    """A matrix of numbers that are 0 or above and below it, with names.

    Attributes
    ----------
    title, caption
        What it shows; how it was measured: samples, intervals, by what.
    rows, columns
        Names, r and c of them.
    row_title, column_title
        What the rows and the columns are.
    values
        [r, c]; NaN for what is not known, which stays white.
    low, high
        [r, c]: 95% intervals of the values. A cell that may as well be 0 bears a point.
    unit
        What the values are in.
    end
        Where the colours end, on either side of 0: the same for maps that are to be compared.
    """

    title: str
    caption: str
    rows: Sequence[str]
    columns: Sequence[str]
    row_title: str
    column_title: str
    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    unit: str
    end: float


def heat_map(shown: HeatMap, path: str | os.PathLike[str]) -> None:
    """Draw it: white at 0, red above, and blue below where anything is below.

    Parameters
    ----------
    shown
        At least one row and one column.
    path
        Where to: SVG, PDF or PNG (300 dots an inch) by its ending.

    Raises
    ------
    FigureError
        One sentence: nothing to draw, shapes that do not fit, another ending, or matplotlib is
        missing.
    SaveError
        When the file cannot be written.
    """
    size = len(shown.rows), len(shown.columns)
    if 0 in size or not all(x.shape == size for x in (shown.values, shown.low, shown.high)):
        raise FigureError(f"{shown.title}: there is no matrix of {size[0]} by {size[1]} to draw")
    check_drawable(path)
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager

    for font in (resources_folder() / "fonts").glob("*.otf"):
        if font.name not in {Path(entry.fname).name for entry in fontManager.ttflist}:
            fontManager.addfont(font)
    content, suffix = io.BytesIO(), Path(path).suffix.lower()
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=_inches(shown), layout="constrained")
        _draw(figure, shown)
        figure.savefig(content, format=suffix[1:], dpi=300, metadata=metadata_of(suffix))
    write_atomic(path, content.getvalue())


def _inches(shown: HeatMap) -> tuple[float, float]:
    """So large that every cell and every label has its room."""
    cell = _cell(shown)
    left, above = (_LETTER * max(map(len, names)) for names in (shown.rows, shown.columns))
    width = left + cell * len(shown.columns) + 1.2
    return max(width, 3.3), above + _HIGH * len(shown.rows) + 1.2


def _cell(shown: HeatMap) -> float:
    return _WIDE if len(shown.columns) <= _WRITTEN else _CELL


def _draw(figure: Figure, shown: HeatMap) -> None:
    axes = figure.add_subplot()
    signed = bool(np.nanmin(shown.values) < 0.0)
    beyond = bool(np.nanmax(np.abs(shown.values)) > shown.end)
    image = axes.imshow(
        shown.values,
        cmap="RdBu_r" if signed else "Reds",
        vmin=-shown.end if signed else 0.0,
        vmax=shown.end,
        aspect="auto",
    )
    axes.set(xlabel=shown.column_title, ylabel=shown.row_title)
    letters = max(map(len, shown.columns))
    axes.set_xticks(range(len(shown.columns)), shown.columns, rotation=90 * (letters > 3))
    axes.set_yticks(range(len(shown.rows)), shown.rows)
    axes.tick_params(top=True, bottom=False, labeltop=True, labelbottom=False, length=0)
    axes.xaxis.set_label_position("top")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    # Lines between the cells.
    axes.set_xticks(np.arange(0.5, len(shown.columns) - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(shown.rows) - 1), minor=True)
    axes.grid(which="minor", color="white", linewidth=0.6)
    axes.tick_params(which="minor", length=0, top=False)
    _mark(axes, shown)
    bar = figure.colorbar(
        image,
        ax=axes,
        shrink=min(1.0, 2.0 / _inches(shown)[1]),
        aspect=14,
        extend=("both" if signed else "max") if beyond else "neither",
    )
    bar.set_label(shown.unit)
    bar.outline.set_visible(False)
    figure.suptitle(shown.title, x=0.01, ha="left", fontsize=8.5, fontweight="semibold")
    caption = f"{shown.caption}\n· the 95% interval includes 0"
    figure.supxlabel(caption, fontsize=7, color=GREY, x=0.01, ha="left")


def _mark(axes: Axes, shown: HeatMap) -> None:
    """Numbers where there is room, and a point in each cell that may as well be 0."""
    written = len(shown.columns) <= _WRITTEN
    for row, column in np.argwhere(np.isfinite(shown.values)).tolist():
        value = shown.values[row, column]
        uncertain = shown.low[row, column] <= 0.0 <= shown.high[row, column]
        number = f"{value:.2f}" if written and abs(value) >= 0.005 else ""
        text = f"{number} {'·' * bool(uncertain)}".strip()
        if text:
            colour = "white" if abs(value) > 0.65 * shown.end else STYLE["text.color"]
            axes.text(
                column, row, text, ha="center", va="center", fontsize=7 if written else 6,
                color=colour,
            )  # fmt: skip
