"""``dataset.json`` of the StyleGAN world: ``{"labels": [["00000/img00000000.png", 3], ...]}``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from latentstudio.data.attributes import Attribute
from latentstudio.data.errors import DataError
from latentstudio.data.labels import Labels, checked, class_labels, to_attributes

MAX_CLASSES = 100_000
MAX_NUMBERS = 1024
# Our own key beside "labels", which other readers ignore: every attribute, with its names.
OWN = "latentstudio"


def parse_label_file(raw: bytes, names: Sequence[str], where: str) -> Labels:
    """Labels of the pictures of a zip or folder.

    Parameters
    ----------
    raw
        The contents of ``dataset.json``.
    names
        Paths of the pictures, with forward slashes, in their order.
    where
        Names the file in messages.

    Returns
    -------
    Labels
        Integer labels become the categorical attribute ``class`` with the names "0", "1", ...;
        vectors one continuous attribute a number: ``label0``, ``label1``, ... Files written by
        :mod:`trainer.data.stylegan_labels` give back all of their attributes. Empty without labels.

    Raises
    ------
    DataError
        If the file is malformed or leaves a picture without a label.
    """
    try:
        content = msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise DataError(f"{where} is not valid JSON: {error}.") from error
    if not isinstance(content, dict):
        raise DataError(f"{where} does not hold a JSON object.")
    own = content.get(OWN)
    if isinstance(own, dict) and own.get("names") == list(names):
        return _own_labels(own, len(names), where)
    pairs = content.get("labels")
    if not pairs:
        return Labels()
    labels = _by_name(pairs, where)
    missing = next((name for name in names if name not in labels), None)
    if missing is not None:
        raise DataError(f"{where} has no label for {missing}: add one, or set labels to null.")
    return _from_values([labels[name] for name in names], where)


def _by_name(pairs: Any, where: str) -> dict[str, Any]:
    form = f'{where}: "labels" must be a list of ["path", label] pairs, or null'
    if not isinstance(pairs, list):
        raise DataError(f"{form}.")
    labels = {}
    for number, pair in enumerate(pairs):
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str):
            raise DataError(f"{form}; entry {number} is not.")
        labels[pair[0].replace("\\", "/")] = pair[1]
    return labels


def _from_values(values: list[Any], where: str) -> Labels:
    if all(type(v) is int for v in values):
        if min(values) < 0 or max(values) >= MAX_CLASSES:
            raise DataError(f"{where}: class numbers must be from 0 to {MAX_CLASSES - 1}.")
        return class_labels([str(i) for i in range(max(values) + 1)], values)
    if not all(isinstance(v, list) and len(v) == len(values[0]) > 0 for v in values):
        raise DataError(f"{where}: labels must all be whole numbers, or lists of one length.")
    if len(values[0]) > MAX_NUMBERS:
        raise DataError(f"{where}: labels have more than {MAX_NUMBERS} numbers each.")
    if not all(_is_number(x) for v in values for x in v):
        raise DataError(f"{where}: a label holds something that is not a finite number.")
    columns = np.asarray(values, dtype=np.float32).T
    return Labels(
        tuple(_real(f"label{i}", column) for i, column in enumerate(columns)),
        {f"label{i}": np.ascontiguousarray(column) for i, column in enumerate(columns)},
    )


def _is_number(x: Any) -> bool:
    return type(x) in (int, float) and abs(x) < 1e30 and math.isfinite(x)


def _real(name: str, column: Any) -> Attribute:
    low, high = float(column.min()), float(column.max())
    high = high if high > low else low + max(1.0, abs(low))
    return Attribute(name=name, kind="continuous", low=low, high=high)


def _own_labels(own: Mapping[str, Any], count: int, where: str) -> Labels:
    attributes = to_attributes(own.get("attributes"), where)
    values = own.get("values")
    if not isinstance(values, dict):
        raise DataError(f'{where}: "{OWN}" holds no values.')
    arrays = {}
    for key, column in values.items():
        if not isinstance(column, list) or not all(_is_number(x) for x in column):
            raise DataError(f"{where}: values of {key!r} are not numbers.")
        whole = all(type(x) is int for x in column)
        arrays[key] = np.asarray(column, dtype=np.int64 if whole and _small(column) else np.float64)
    return checked(attributes, arrays, count, where)


def _small(column: list[int]) -> bool:
    return all(abs(x) < 2**62 for x in column)
