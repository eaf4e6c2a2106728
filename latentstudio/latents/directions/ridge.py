"""Ridge regression of a score on codes, in closed form.

The codes are centred but not standardised: the penalty is the same in every direction, so the
answer turns with the space and does not depend on its axes, which mean nothing in w.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentstudio.latents.directions.arrays import Floats, Numbers, codes_of, column_of, unit
from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.fitted import Fit
from latentstudio.latents.directions.spectrum import Spectrum, spectrum

_GRID = 10.0 ** np.arange(-8.0, 4.25, 0.25)  # of the largest sum of squares along an axis


@dataclass(frozen=True)
class RidgeFit(Fit):
    """A fit with the penalty that it was made with."""

    alpha: float


def fit_ridge(codes: Numbers, scores: Numbers, alpha: float | None = None) -> RidgeFit:
    """The direction along which a score rises, least squares with a penalty.

    Minimises ``|scores - b - codes @ a|² + alpha |a|²`` over a and b (Hoerl & Kennard, "Ridge
    Regression", 1970), by whichever Gram matrix is smaller. All scores take part, so it comes
    nearer to the truth than a classifier of the extremes.

    Parameters
    ----------
    codes
        [n, d], at least 2.
    scores
        [n].
    alpha
        The penalty, 0 or more; None takes the one with the least leave-one-out error, which has
        a closed form (Allen's PRESS, 1974).

    Raises
    ------
    DirectionError
        On shapes that do not fit, values that are not finite, or scores that are all the same
        or unrelated to the codes.
    """
    x = codes_of(codes)
    y = column_of(scores, len(x))
    if alpha is not None and not 0.0 <= alpha < np.inf:
        raise DirectionError(f"alpha is {alpha}; it must be 0 or more")
    parts = spectrum(x)
    centred = y - y.mean()
    if alpha is None:
        alpha = _best(parts, centred)
    slopes = parts.axes.T @ (parts.coordinates.T @ centred / (parts.power + alpha))
    direction = unit(slopes, "the scores do not change with the codes: no direction moves them")
    slope = float(np.linalg.norm(slopes))
    return RidgeFit(direction, slope, float(y.mean() - parts.mean @ slopes), float(alpha))


def _best(parts: Spectrum, y: Floats) -> float:
    """The penalty of the grid with the least sum of squared leave-one-out residuals.

    Without sample i its residual is ``e_i / (1 - h_i)``, h_i being its leverage.
    """
    if not len(parts.power):
        return 0.0
    grid = _GRID * parts.power[0]
    shrunk = 1.0 / (parts.power[:, None] + grid)  # [r, penalties]
    fitted = parts.coordinates @ ((parts.coordinates.T @ y)[:, None] * shrunk)
    leverage = 1.0 / len(y) + parts.coordinates**2 @ shrunk
    # A leverage of 1 is a sample that is fitted whatever it is: nothing is known without it.
    free = np.maximum(1.0 - leverage, 1e-12)
    errors = (((y[:, None] - fitted) / free) ** 2).sum(axis=0)
    return float(grid[int(errors.argmin())])
