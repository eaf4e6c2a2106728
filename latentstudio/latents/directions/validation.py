"""What a direction is worth on samples that it was not fitted to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentstudio.latents.directions.arrays import (
    Bools,
    Floats,
    Numbers,
    codes_of,
    column_of,
    labels_of,
)
from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.fitted import Fit
from latentstudio.latents.directions.verdict import Validation, by_order, by_variance

_FEW = 200  # samples; below, one split into folds is a matter of luck
_SPLITS = 5


def cross_validate(
    fit: Callable[[Floats, Any], Fit],
    codes: Numbers,
    target: Numbers,
    folds: int = 5,
    seed: int = 0,
) -> Validation:
    """Fit on all folds but one and predict that one, for each fold.

    Parameters
    ----------
    fit
        ``fit_ridge``, ``fit_logistic`` or alike: from codes and target to a direction.
    codes
        [n, d].
    target
        [n]: scores, judged by R²; or bool, judged by AUC, with both labels in every fold.
    folds
        At least 2; fewer are used where a label has fewer examples.
    seed
        Of the split. Below 200 samples, five splits are averaged.

    Returns
    -------
    Validation
        With the standard error of Nadeau & Bengio, "Inference for the Generalization Error"
        (2003), section 4.3, which counts that folds share what they are fitted to.

    Raises
    ------
    DirectionError
        On shapes that do not fit, values that are not finite, or fewer than 4 samples, or 2 of
        a label.
    """
    x = codes_of(codes, least=4)
    if folds < 2:
        raise DirectionError(f"folds is {folds}; 2 are the least")
    if "bool" in str(target.dtype):
        truth = labels_of(target, len(x))
        more, less = np.flatnonzero(truth), np.flatnonzero(~truth)
        smaller = min(len(more), len(less))
        if smaller < 2:
            raise DirectionError("one example on a side is too few to check: add another")
        found = _held_out(fit, x, truth, [more, less], min(folds, smaller), seed, _pairs)
        return by_order(*found, len(more), len(less))
    scores = column_of(target, len(x))
    every = [np.arange(len(x))]
    found = _held_out(fit, x, scores, every, min(folds, len(x) // 2), seed, _variance)
    return by_variance(*found, len(x))


def _held_out(
    fit: Callable[[Floats, Any], Fit],
    x: Floats,
    y: NDArray[Any],
    sides: list[NDArray[np.intp]],
    folds: int,
    seed: int,
    count: Callable[[Floats, Any, Any], tuple[float, float]],
) -> tuple[float, float]:
    """The score over all folds, and its standard error; ``count`` gives a fold's part in it."""
    parts = []
    for test in _tests(sides, folds, _SPLITS if len(x) < _FEW else 1, seed):
        guess = fit(x[~test], y[~test]).predict(x[test])
        parts.append(count(guess, y[test], y[~test]))
    got, whole = np.array(parts).T
    share = got.sum() / whole.sum()
    rest = (got - share * whole) / whole.mean()  # each fold's part in the error of the ratio
    return float(share), float(rest.std(ddof=1) * math.sqrt(1 / len(parts) + 1 / (folds - 1)))


def _tests(sides: list[NDArray[np.intp]], folds: int, splits: int, seed: int) -> Iterator[Bools]:
    """Which samples each fold holds out: every sample once a split, sides spread evenly."""
    random = np.random.RandomState(seed)
    fold = np.empty(sum(map(len, sides)), dtype=int)
    for _ in range(splits):
        for side in sides:
            fold[random.permutation(side)] = np.arange(len(side)) % folds
        for i in range(folds):
            yield fold == i


def _pairs(guess: Floats, truth: Any, _: Any) -> tuple[float, float]:
    """Pairs in the right order, ties half, and all pairs; within a fold, so by one direction."""
    gap = guess[truth][:, None] - guess[~truth]
    return float((gap > 0.0).sum() + 0.5 * (gap == 0.0).sum()), float(gap.size)


def _variance(guess: Floats, truth: Any, others: Any) -> tuple[float, float]:
    """Squared error that the guess saves beside the mean of what it was fitted to, and all."""
    whole = float(((truth - others.mean()) ** 2).sum())
    return whole - float(((truth - guess) ** 2).sum()), whole
