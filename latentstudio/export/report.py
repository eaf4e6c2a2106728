"""A model card in a folder: what was measured, how to measure it again, and what it looks like."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from latentstudio.atomic import write_atomic
from latentstudio.export.card_text import CURVE, NEIGHBOURS, SAMPLES, in_markdown
from latentstudio.export.figures import curve_figure
from latentstudio.export.grid import grid
from latentstudio.export.picture import pixels_to_png
from latentstudio.export.table import to_csv

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentstudio.document.sampling import Sampling
    from latentstudio.metrics.measure.composed import Composition, Gap
    from latentstudio.metrics.path_length import PathLength
    from latentstudio.metrics.quality import Quality

CARD, TABLE = "card.md", "numbers.csv"


@dataclass(frozen=True)
class Findings:
    """All that a card tells; what is empty is left out.

    Attributes
    ----------
    name
        Of the checkpoint or the pictures.
    qualities
        At least one; several, of a swept truncation, make a curve. Equal features, data and n.
    floor
        The reals against themselves.
    command
        That measures the same again.
    path_lengths, composition, gaps
        What else was measured.
    shown
        What samples, composition, gaps and neighbours are of, where there are several qualities.
    samples
        Pictures uint8 [n, H, W, C], ``columns`` in a row.
    neighbours
        Pictures uint8 [n, k, H, W, C]: rows of a sample and the reals nearest to it.
    """

    name: str
    qualities: Sequence[Quality]
    floor: Quality | None = None
    command: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    path_lengths: Sequence[PathLength] = ()
    composition: Sequence[Composition] = ()
    gaps: Sequence[Gap] = ()
    shown: Sampling | None = None
    samples: NDArray[np.uint8] | None = None
    neighbours: NDArray[np.uint8] | None = None
    columns: int = 8


def write_card(folder: str | os.PathLike[str], found: Findings) -> Path:
    """Write ``card.md`` and what it shows into a folder, which is made if need be.

    Parameters
    ----------
    folder
        Files of an earlier card there are replaced.
    found
        What to tell.

    Returns
    -------
    Path
        The card.

    Raises
    ------
    FigureError
        One sentence: numbers that do not belong together, or matplotlib is missing.
    SaveError
        When a file cannot be written.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    curve_figure(found, place / CURVE)
    names = [found.name] * len(found.qualities)
    write_atomic(place / TABLE, to_csv(found.qualities, names).encode())
    if found.samples is not None:
        _sheet(place / SAMPLES, found.samples, found.columns)
    if found.neighbours is not None:
        _sheet(place / NEIGHBOURS, np.concatenate(found.neighbours), found.neighbours.shape[1])
    write_atomic(place / CARD, in_markdown(found).encode())
    return place / CARD


def _sheet(path: Path, pictures: NDArray[np.uint8], columns: int) -> None:
    write_atomic(path, pixels_to_png(grid(list(pictures), columns)))
