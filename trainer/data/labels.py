"""Labels of training pictures: written, mirrored, and those of the rendered portraits."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentstudio.atomic import write_atomic
from latentstudio.data.attributes import Attribute
from latentstudio.data.labels import Labels


def mirrored(
    attribute: Attribute, values: NDArray[Any], flipped: NDArray[np.bool_]
) -> NDArray[Any]:
    """Labels of pictures of which some are mirrored.

    Parameters
    ----------
    attribute
        Says what becomes of the label.
    values, flipped
        [n] labels of the pictures as they are, and which are mirrored.

    Returns
    -------
    ndarray
        [n]; where ``attribute.flip`` is ``drop`` a mirrored picture has the label -1, or NaN
        for a continuous attribute: unknown.
    """
    if attribute.flip == "keep":
        return values
    if attribute.flip == "negate":
        return np.where(flipped, -values, values).astype(values.dtype)
    unknown = np.nan if attribute.kind == "continuous" else -1
    return np.where(flipped, unknown, values).astype(values.dtype)


def portrait_attributes() -> tuple[Attribute, ...]:
    """The attributes of the rendered portraits: their factors. A hue runs in a circle."""
    # Imported late: the renderer needs torch, and worker processes do not.
    from trainer.data.portrait_factors import FACTORS

    return tuple(
        Attribute(
            name=f.name,
            kind=f.kind,
            values=f.classes,
            low=f.low,
            high=f.high,
            period=f.high - f.low if f.unit == "turn" else 0.0,
            flip="negate" if f.flip == "negate" else "keep",
            help=f.description,
        )
        for f in FACTORS
    )


def write_labels(path: Path, labels: Labels) -> None:
    """Write the values as an ``.npz`` file, beside and renamed; the same bytes every time."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        # Not numpy.savez: it takes names as keywords, and "file" is one of its own.
        for name, values in labels.values.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(values), allow_pickle=False)
    write_atomic(path, data.getvalue())
