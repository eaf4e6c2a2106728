"""Directions between points, between groups of points, and from examples kept by eye."""

from __future__ import annotations

import numpy as np

from latentstudio.latents.directions.arrays import Bools, Floats, Numbers, plain
from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.logistic import LogisticFit, fit_logistic
from latentstudio.latents.directions.validation import cross_validate
from latentstudio.latents.directions.verdict import Validation


def difference_of(more: Numbers, less: Numbers) -> Floats:
    """From the mean of one group to the mean of another: adding it to ``less`` gives ``more``.

    Parameters
    ----------
    more, less
        Points of z or w [a, d] and [b, d], or of w+ [a, layers, d] and [b, layers, d]; at least
        one each.

    Returns
    -------
    Floats
        float64 [d] or [layers, d], of whatever length: amount 1 is the whole way.

    Raises
    ------
    DirectionError
        On shapes that do not fit, an empty group, values that are not finite, or equal means.
    """
    high, low = _sides(more, less)
    gap = high.mean(axis=0) - low.mean(axis=0)
    if not gap.any():
        raise DirectionError("both sides are the same on average: no direction lies between them")
    return np.asarray(gap)


def fit_examples(more: Numbers, less: Numbers) -> LogisticFit:
    """The direction from few examples, such as ten to twenty-five on either side.

    Logistic regression with the penalty that predicts left-out examples best. Where there are
    fewer examples than numbers in a code, whitening by the covariance of w (linear discriminant
    analysis, shrunk or not) brings its noise into the direction; the plain penalty does not.

    Parameters
    ----------
    more, less
        [a, d] and [b, d]: samples that show it, and samples that do not; at least 2 each.

    Raises
    ------
    DirectionError
        As for :func:`difference_of`, and for fewer than 2 on a side.
    """
    return fit_logistic(*_labelled(more, less))


def validate_examples(more: Numbers, less: Numbers, seed: int = 0) -> Validation:
    """What :func:`fit_examples` is worth on examples that it was not fitted to."""
    return cross_validate(fit_logistic, *_labelled(more, less), seed=seed)


def _labelled(more: Numbers, less: Numbers) -> tuple[Floats, Bools]:
    high, low = _sides(more, less)
    if min(len(high), len(low)) < 2 or high.ndim != 2:
        raise DirectionError("a direction from examples needs at least 2 points [d] on either side")
    return np.concatenate([high, low]), np.repeat([True, False], [len(high), len(low)])


def _sides(more: Numbers, less: Numbers) -> tuple[Floats, Floats]:
    high, low = plain(more, "points"), plain(less, "points")
    if high.ndim < 2 or high.shape[1:] != low.shape[1:]:
        raise DirectionError(
            f"groups of shape {list(high.shape)} and {list(low.shape)} cannot be compared"
        )
    if not (len(high) and len(low)):
        raise DirectionError("one side has no points: add one")
    return high, low
