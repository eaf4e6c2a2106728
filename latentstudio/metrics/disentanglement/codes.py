"""Codes as tables of float64, and how they are standardised, checked and dealt into folds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from latentstudio.metrics.api import Table
    from latentstudio.metrics.disentanglement.factors import Factor

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]

FOLDS = 5
LEAST = 50  # samples; below, every number here is mostly chance


def floats(table: Table, name: str) -> Floats:
    """A tensor or array as float64 on the CPU; ValueError where it is not finite, or empty."""
    values = table if isinstance(table, np.ndarray) else table.detach().cpu().numpy()
    wide = np.asarray(values, dtype=np.float64)
    if wide.size == 0 or not np.isfinite(wide).all():
        raise ValueError(f"{name}: some numbers are missing or not finite")
    return wide


def steady(values: Floats) -> Truth:
    """Which columns of [n, d] are constant but for rounding."""
    still: Truth = np.ptp(values, axis=0) <= 1e-9 * np.abs(values).max(axis=0)
    return still


def checked(codes: Table, factors: Sequence[Factor]) -> Floats:
    """Codes as float64 [n, d] that the factors belong to.

    A single code that is constant carries nothing, and counts as such.

    Raises
    ------
    ValueError
        One sentence: on too few samples, codes or factors, codes that are all constant, sizes
        that do not fit, or a factor on which nothing can be measured.
    """
    wide = floats(codes, "the codes")
    if wide.ndim != 2 or wide.shape[1] < 2:
        raise ValueError(f"codes of the shape {list(wide.shape)}; expected [n, d], d 2 or more")
    n = len(wide)
    if n < LEAST:
        raise ValueError(f"{n} samples are too few to judge codes by: draw {LEAST} or more")
    if steady(wide).all():
        raise ValueError("all codes are constant: they say nothing")
    if not factors:
        raise ValueError("there is no factor to judge codes by")
    for factor in factors:
        if len(factor.values) != n:
            raise ValueError(f"{factor.name} has {len(factor.values)} values for {n} codes")
        if factor.lack:
            raise ValueError(factor.lack)
    return wide


def standardised(values: Floats) -> Floats:
    """Columns of mean 0 and standard deviation 1; constant ones 0."""
    still = steady(values)
    spread = np.where(still, 1.0, values.std(axis=0))
    return np.where(still, 0.0, (values - values.mean(axis=0)) / spread)


def dealt(order: Floats, folds: int = FOLDS) -> Whole:
    """A fold [n] for each sample: all have as much of each class, or of small and large numbers.

    Samples are sorted and dealt like cards; equal ones fall as a fixed shuffle has them.
    """
    shuffled = np.random.RandomState(0).permutation(len(order))
    fold = np.empty(len(order), dtype=np.int64)
    fold[shuffled[np.argsort(order[shuffled], kind="stable")]] = np.arange(len(order)) % folds
    return fold
