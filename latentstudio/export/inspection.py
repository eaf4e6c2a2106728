"""An inspection on its way out: figures in a folder, and a section beside a model card."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from latentstudio.atomic import write_atomic
from latentstudio.export.heatmap import heat_map
from latentstudio.export.inspection_figures import layer_map, leakage_map
from latentstudio.export.inspection_table import to_csv
from latentstudio.export.inspection_text import in_markdown

if TYPE_CHECKING:
    from latentstudio.metrics.inspect.report import Report

CARD, TABLE, LEAKAGE, LAYERS = "inspection.md", "inspection.csv", "leakage.svg", "layers.svg"


def save_figures(report: Report, folder: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Draw what there is into a folder, which is made if need be: the files written.

    Raises
    ------
    FigureError, SaveError
        As :func:`~latentstudio.export.heatmap.heat_map`.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    maps = {LEAKAGE: leakage_map(report), LAYERS: layer_map(report)}
    for name, shown in maps.items():
        if shown is not None:
            heat_map(shown, place / name)
    return tuple(place / name for name, shown in maps.items() if shown is not None)


def write_section(
    folder: str | os.PathLike[str], report: Report, traversals: Sequence[Path] = ()
) -> Path:
    """Write a card's section on disentanglement, ``inspection.md``, with figures and table.

    Parameters
    ----------
    folder
        Where a card may stand already; files of an earlier section are replaced.
    report
        What to tell.
    traversals
        Sheets in the same folder.

    Returns
    -------
    Path
        The section.
    """
    place = Path(folder)
    figures = save_figures(report, place)
    write_atomic(place / TABLE, to_csv(report).encode())
    text = in_markdown(report, [path.name for path in (*figures, *traversals)])
    write_atomic(place / CARD, text.encode())
    return place / CARD
