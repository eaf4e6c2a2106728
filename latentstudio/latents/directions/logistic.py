"""Logistic regression of labels on codes, by Newton's method in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentstudio.latents.directions.arrays import (
    Bools,
    Floats,
    Numbers,
    codes_of,
    labels_of,
    unit,
)
from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.fitted import Fit
from latentstudio.latents.directions.spectrum import spectrum

_GRID = 10.0 ** np.arange(1.0, -6.0, -1.0)  # of the mean sum of squares along an axis
_STEPS = 100


@dataclass(frozen=True)
class LogisticFit(Fit):
    """A fit of log-odds with the penalty that it was made with."""

    alpha: float


def fit_logistic(codes: Numbers, labels: Numbers, alpha: float | None = None) -> LogisticFit:
    """The direction along which a label becomes likelier.

    Minimises ``Σ log(1 + exp(-s (b + codes @ a))) + alpha/2 |a|²``, s being 1 or -1, over a and
    b. The penalty keeps separable labels, which few examples always are, at a finite answer.

    Parameters
    ----------
    codes
        [n, d], at least 2.
    labels
        [n]: true or false, both of them present.
    alpha
        The penalty, above 0 by more than rounding of the codes' sums of squares; None takes the
        one under which left-out examples are likeliest, in the closed form of Rad & Maleki, "A
        scalable estimate of the out-of-sample prediction error via approximate leave-one-out"
        (2020).

    Raises
    ------
    DirectionError
        On shapes that do not fit, values that are not finite, one label alone, or codes that
        are all the same.
    """
    x = codes_of(codes)
    truth = labels_of(labels, len(x))
    parts = spectrum(x)
    if not len(parts.power):
        raise DirectionError("the codes are all the same: no direction tells them apart")
    least = float(parts.power[0] * np.finfo(np.float64).eps)
    if alpha is not None and not least < alpha < np.inf:  # below, no solver can see it
        raise DirectionError(f"alpha is {alpha:g}; for these codes it must be above {least:.0e}")
    # The penalised answer lies within the span of the codes, so r numbers stand for d. The
    # intercept, last, is not penalised.
    design = np.column_stack([parts.coordinates, np.ones(len(x))])
    if alpha is None:
        alpha = _best(design, truth, _GRID * float(parts.power.mean()))
    found = _minimum(design, truth, alpha, np.zeros(design.shape[1]))[0]
    slopes = parts.axes.T @ found[:-1]
    direction = unit(slopes, "the labels do not change with the codes: no direction moves them")
    slope = float(np.linalg.norm(slopes))
    return LogisticFit(direction, slope, float(found[-1] - parts.mean @ slopes), float(alpha))


def _minimum(
    design: Floats, truth: Bools, alpha: float, start: Floats
) -> tuple[Floats, Floats, Floats]:
    """Where the penalised loss is least, its curvature there, and each sample's p (1 - p)."""
    penalty = np.full(design.shape[1], alpha)
    penalty[-1] = 0.0
    signs = np.where(truth, 1.0, -1.0)

    def loss(at: Floats) -> float:
        return float(np.logaddexp(0.0, -signs * (design @ at)).sum() + 0.5 * penalty @ at**2)

    at, height = start, loss(start)
    for _ in range(_STEPS):
        p = _chance(design @ at)
        gradient = design.T @ (p - truth) + penalty * at
        curve = p * (1.0 - p)
        curvature = design.T @ (curve[:, None] * design) + np.diag(penalty)
        step = np.linalg.solve(curvature, -gradient)
        if -gradient @ step <= 1e-12 * height:  # twice what it saves; the next would save 1e-24
            at = at + step
            break
        # The loss is convex: halving a step that overshoots always ends below.
        while (lower := loss(at + step)) > height:
            step *= 0.5
        at, height = at + step, lower
    return at, curvature, curve


def _chance(odds: Floats) -> Floats:
    """The logistic function without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * odds)))


def _best(design: Floats, truth: Bools, grid: Floats) -> float:
    """The penalty of the grid under which left-out examples are likeliest."""
    at = np.zeros(design.shape[1])
    best, least = float(grid[0]), np.inf
    for alpha in grid:  # from strong to weak, each from where the last ended
        at, curvature, curve = _minimum(design, truth, alpha, at)
        spread = np.einsum("ij,ji->i", design, np.linalg.solve(curvature, design.T))
        odds = design @ at
        slope = _chance(odds) - truth
        left_out = odds + spread * slope / np.maximum(1.0 - spread * curve, 1e-12)
        error = np.logaddexp(0.0, np.where(truth, -left_out, left_out)).sum()
        if error > least:  # it falls to its lowest and rises from there
            break
        best, least = float(alpha), error
    return best
