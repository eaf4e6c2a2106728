"""Numbers as a table: CSV for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.document.sampling import Sampling
    from latentstudio.metrics.quality import Quality

_Value = str | int | float | None

_SAMPLING: dict[str, Callable[[Sampling], _Value]] = {
    "psi [1]": lambda sampling: sampling.truncation.psi,
    "cutoff [layers]": lambda sampling: sampling.truncation.cutoff,
    "noise": lambda sampling: sampling.noise.mode,
    "label [class]": lambda sampling: sampling.label,
    "mixing [share]": lambda sampling: sampling.mixing,
    "seed": lambda sampling: sampling.seed,
}
_COUNTS = ("n", "n_real", "n_matched")
# The units of each number. FID is a square, of features that have no unit of their own.
_UNITS = {
    "fid": "features²",
    "fid_extrapolated": "features²",
    "kid": "1",
    "precision": "share",
    "recall": "share",
    "density": "1",
    "coverage": "share",
}
_ORIGIN = ("features", "features_hash", "data", "data_hash")


def to_csv(qualities: Sequence[Quality], names: Sequence[str]) -> str:
    """One line for each measurement, in columns that stay: new ones are added on the right.

    Parameters
    ----------
    qualities
        In any number, of any feature spaces: the columns say which.
    names
        As many: what each line begins with, such as the checkpoint's name.

    Returns
    -------
    str
        A heading, then the lines, as RFC 4180 has them. Intervals are of 95%, as columns low and
        high. A cell is empty where there is no number.

    Raises
    ------
    ValueError
        If there are not as many names as qualities.
    """
    lines = [_line(name, quality) for name, quality in zip(names, qualities, strict=True)]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_heading())
    writer.writerows(lines)
    return text.getvalue()


def _heading() -> list[str]:
    numbers = [
        f"{name}{part} [{unit}]" for name, unit in _UNITS.items() for part in ("", " low", " high")
    ]
    counts = [f"{name} [pictures]" for name in _COUNTS]
    return ["name", "kind", *_SAMPLING, *counts, *numbers, *_ORIGIN, "checkpoint"]


def _line(name: str, quality: Quality) -> list[_Value]:
    sampling = quality.sampling
    settings = [None if sampling is None else read(sampling) for read in _SAMPLING.values()]
    numbers: list[_Value] = []
    for field in _UNITS:
        interval = getattr(quality, f"{field}_interval") or (None, None)
        numbers += [getattr(quality, field), *interval]
    counts, origin = ([getattr(quality, field) for field in group] for group in (_COUNTS, _ORIGIN))
    checkpoint = sampling.generator if sampling else None
    return [name, quality.kind, *settings, *counts, *numbers, *origin, checkpoint]
