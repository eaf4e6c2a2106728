"""What is known about the pictures of a data set: attributes, and one value a picture each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from latentstudio.atomic import write_atomic
from latentstudio.metrics.attributes import Attribute
from trainer.errors import TrainingError


@dataclass(frozen=True)
class Labels:
    """Labels of ``n`` pictures.

    Attributes
    ----------
    attributes
        What is labelled, in a fixed order.
    values
        For each attribute an array [n]: int64 class indices, or float32.
    """

    attributes: tuple[Attribute, ...] = ()
    values: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def rows(self, index: NDArray[np.int64]) -> Labels:
        """The labels of some of the pictures, in the order of ``index``."""
        return Labels(self.attributes, {k: v[index] for k, v in self.values.items()})

    def describe(self, row: int) -> str:
        """One picture's labels in words: ``hat=brim yaw=0.31``."""
        words = []
        for attribute in self.attributes:
            value = self.values[attribute.name][row]
            real = attribute.kind == "continuous"
            shown = f"{value:.3g}" if real else attribute.values[value]
            words.append(f"{attribute.name}={shown}")
        return " ".join(words)


def class_labels(names: Sequence[str], index: Sequence[int] | NDArray[Any]) -> Labels:
    """Labels of one categorical attribute, ``class``: its names, and a class index a picture."""
    attribute = Attribute(name="class", kind="categorical", values=tuple(names), help="class")
    return Labels((attribute,), {"class": np.asarray(index, dtype=np.int64)})


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


def read_labels(folder: Path, info: Mapping[str, Any], count: int) -> Labels:
    """Labels of a cache folder; of portraits also as they were kept before (``factors.npz``).

    Parameters
    ----------
    folder, info
        The folder and the contents of its ``dataset.json``.
    count
        How many pictures it holds.

    Raises
    ------
    TrainingError
        If labels are announced but missing, or do not fit the pictures or their attributes.
    """
    path = folder / "labels.npz"
    if "attributes" in info:
        attributes = to_attributes(info["attributes"], str(folder / "dataset.json"))
    elif info.get("name") == "portraits" and (folder / "factors.npz").exists():
        attributes, path = portrait_attributes(), folder / "factors.npz"
    else:
        return Labels()
    if not attributes:
        return Labels()
    try:
        # Opened here, for numpy leaves a damaged file open.
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {a.name: file[a.name] for a in attributes if a.name in file}
    except FileNotFoundError:
        raise TrainingError(f"{folder} holds no {path.name}, though it has attributes.") from None
    except Exception as error:  # a damaged zip or array raises whatever its parser does
        raise TrainingError(f"{path} cannot be read: {error}.") from error
    return checked(attributes, arrays, count, str(path))


def write_labels(path: Path, labels: Labels) -> None:
    """Write the values as an ``.npz`` file, beside and renamed; the same bytes every time."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        # Not numpy.savez: it takes names as keywords, and "file" is one of its own.
        for name, values in labels.values.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(values), allow_pickle=False)
    write_atomic(path, data.getvalue())


def to_attributes(raw: Any, where: str) -> tuple[Attribute, ...]:
    """Attributes from plain JSON data.

    Raises
    ------
    TrainingError
        If one is malformed or contradicts itself; ``where`` names the file.
    """
    try:
        attributes = msgspec.convert(raw, tuple[Attribute, ...])
    except (msgspec.ValidationError, RecursionError) as error:
        raise TrainingError(f"{where}: its attributes are malformed: {error}.") from error
    if len({a.name for a in attributes}) < len(attributes):
        raise TrainingError(f"{where} names an attribute twice.")
    for a in attributes:
        real = a.kind == "continuous"
        sizes = {"continuous": len(a.values) == 0, "binary": len(a.values) == 2}
        if not a.name or not a.name.isprintable() or not sizes.get(a.kind, len(a.values) > 0):
            raise TrainingError(f"{where}: attribute {a.name!r} has the wrong number of values.")
        if not np.isfinite([a.low, a.high, a.period]).all() or (real and not a.low < a.high):
            raise TrainingError(f"{where}: attribute {a.name!r} has no range from low to high.")
        if a.flip == "negate" and not real:
            raise TrainingError(f"{where}: attribute {a.name!r} has classes and no negative.")
    return attributes


def checked(
    attributes: tuple[Attribute, ...], arrays: Mapping[str, NDArray[Any]], count: int, where: str
) -> Labels:
    """Labels whose arrays fit their attributes, as int64 and float32.

    Raises
    ------
    TrainingError
        If an array is missing, of another length, or holds what is no class or number.
    """
    values: dict[str, NDArray[Any]] = {}
    for a in attributes:
        array = arrays.get(a.name)
        real = a.kind == "continuous"
        if array is None or array.shape != (count,) or array.dtype.kind not in "iuf"[: 2 + real]:
            raise TrainingError(f"{where} does not hold {count} labels of attribute {a.name!r}.")
        if real and not np.isfinite(array).all():
            raise TrainingError(f"{where}: attribute {a.name!r} has values that are no numbers.")
        if not real and not ((array >= 0) & (array < len(a.values))).all():
            raise TrainingError(f"{where}: attribute {a.name!r} has labels beyond its classes.")
        values[a.name] = array.astype(np.float32 if real else np.int64)
    return Labels(attributes, values)
