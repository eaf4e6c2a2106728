"""What is known about the pictures of a data set: attributes, and one value a picture each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from latentstudio.data.attributes import Attribute
from latentstudio.data.errors import DataError


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


def read_labels(folder: Path, info: Mapping[str, Any], count: int) -> Labels:
    """Labels of a cache folder; none when it announces no attributes.

    Parameters
    ----------
    folder, info
        The folder and the contents of its ``dataset.json``.
    count
        How many pictures it holds.

    Raises
    ------
    DataError
        If labels are announced but missing, or do not fit the pictures or their attributes.
    """
    path = folder / "labels.npz"
    attributes = to_attributes(info.get("attributes", []), str(folder / "dataset.json"))
    if not attributes:
        return Labels()
    try:
        # Opened here, for numpy leaves a damaged file open.
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {a.name: file[a.name] for a in attributes if a.name in file}
    except FileNotFoundError:
        raise DataError(f"{folder} holds no {path.name}, though it has attributes.") from None
    except Exception as error:  # a damaged zip or array raises whatever its parser does
        raise DataError(f"{path} cannot be read: {error}.") from error
    return checked(attributes, arrays, count, str(path))


def to_attributes(raw: Any, where: str) -> tuple[Attribute, ...]:
    """Attributes from plain JSON data.

    Raises
    ------
    DataError
        If one is malformed or contradicts itself; ``where`` names the file.
    """
    try:
        attributes = msgspec.convert(raw, tuple[Attribute, ...])
    except (msgspec.ValidationError, RecursionError) as error:
        raise DataError(f"{where}: its attributes are malformed: {error}.") from error
    if len({a.name for a in attributes}) < len(attributes):
        raise DataError(f"{where} names an attribute twice.")
    for a in attributes:
        real = a.kind == "continuous"
        sizes = {"continuous": len(a.values) == 0, "binary": len(a.values) == 2}
        if not a.name or not a.name.isprintable() or not sizes.get(a.kind, len(a.values) > 0):
            raise DataError(f"{where}: attribute {a.name!r} has the wrong number of values.")
        if not np.isfinite([a.low, a.high, a.period]).all() or (real and not a.low < a.high):
            raise DataError(f"{where}: attribute {a.name!r} has no range from low to high.")
        if a.flip == "negate" and not real:
            raise DataError(f"{where}: attribute {a.name!r} has classes and no negative.")
    return attributes


def checked(
    attributes: tuple[Attribute, ...], arrays: Mapping[str, NDArray[Any]], count: int, where: str
) -> Labels:
    """Labels whose arrays fit their attributes, as int64 and float32.

    Raises
    ------
    DataError
        If an array is missing, of another length, or holds what is no class or number.
    """
    values: dict[str, NDArray[Any]] = {}
    for a in attributes:
        array = arrays.get(a.name)
        real = a.kind == "continuous"
        if array is None or array.shape != (count,) or array.dtype.kind not in "iuf"[: 2 + real]:
            raise DataError(f"{where} does not hold {count} labels of attribute {a.name!r}.")
        if real and not np.isfinite(array).all():
            raise DataError(f"{where}: attribute {a.name!r} has values that are no numbers.")
        if not real and not ((array >= 0) & (array < len(a.values))).all():
            raise DataError(f"{where}: attribute {a.name!r} has labels beyond its classes.")
        values[a.name] = array.astype(np.float32 if real else np.int64)
    return Labels(attributes, values)
