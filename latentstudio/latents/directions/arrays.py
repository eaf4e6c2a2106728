"""Codes, scores and directions as float64 arrays, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from latentstudio.latents.directions.errors import DirectionError

if TYPE_CHECKING:
    from torch import Tensor

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Numbers: TypeAlias = "NDArray[Any] | Tensor"


def plain(values: Numbers, what: str) -> Floats:
    """Any array or tensor, on any device, as a finite float64 array."""
    if not isinstance(values, np.ndarray) and hasattr(values, "detach"):
        values = values.detach().cpu().double().numpy()
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise DirectionError(f"the {what} hold values that are not finite")
    return array


def codes_of(values: Numbers, what: str = "codes", least: int = 2) -> Floats:
    """Rows [n, d], at least ``least`` of them."""
    array = plain(values, what)
    if array.ndim != 2 or array.shape[1] < 1:
        raise DirectionError(f"the {what} have the shape {list(array.shape)}, not [n, d]")
    if len(array) < least:
        raise DirectionError(f"{len(array)} {what} are too few: {least} are the least")
    return array


def column_of(values: Numbers, n: int, what: str = "scores") -> Floats:
    """Numbers [n] that are not all the same."""
    array = plain(values, what)
    if array.shape != (n,):
        raise DirectionError(f"{n} codes need {n} {what}, not the shape {list(array.shape)}")
    if np.ptp(array) == 0.0:
        raise DirectionError(f"the {what} are all the same: there is nothing to tell apart")
    return array


def labels_of(values: Numbers, n: int) -> Bools:
    """Labels [n], both of them present."""
    return np.asarray(column_of(values, n, "labels") != 0.0)


def unit(vector: Floats, sentence: str) -> Floats:
    """The vector at length 1; the sentence when it has none."""
    length = float(np.linalg.norm(vector))
    if not length > 0.0:
        raise DirectionError(sentence)
    return vector / length


def faced(rows: Floats) -> Floats:
    """Rows [k, d] with one sign: the entry of largest magnitude in each is positive."""
    peaks = np.take_along_axis(rows, np.abs(rows).argmax(axis=1)[:, None], axis=1)
    return np.asarray(rows * np.where(peaks < 0.0, -1.0, 1.0))
