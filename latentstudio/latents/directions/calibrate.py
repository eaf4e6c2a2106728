"""How far amount 1 of a slider goes."""

from __future__ import annotations

from latentstudio.latents.directions.arrays import (
    Floats,
    Numbers,
    codes_of,
    column_of,
    plain,
    unit,
)
from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.ridge import fit_ridge

_LEAST = 0.02  # of the scores' deviation, for one deviation along the direction


def calibrate(direction: Numbers, codes: Numbers, scores: Numbers | None = None) -> Floats:
    """Scale a direction so that amount 1 means the same for every slider.

    Parameters
    ----------
    direction
        [d], of any length above 0.
    codes
        [n, d], of samples from the prior.
    scores
        [n], what the direction is to raise; None where nothing was scored.

    Returns
    -------
    Floats
        float64 [d]: the step that raises the score by one standard deviation of the scores, by
        a ridge regression on all codes. Without scores, one standard deviation of the codes'
        projections.

    Raises
    ------
    DirectionError
        On shapes that do not fit, values that are not finite, codes that do not vary along the
        direction, or a direction that does not raise the score.
    """
    step = unit(plain(direction, "direction"), "the direction has no length")
    x = codes_of(codes)
    if x.shape[1:] != step.shape:
        raise DirectionError(
            f"a direction of shape {list(step.shape)} does not fit codes of {x.shape[1]} numbers"
        )
    spread = float((x @ step).std(ddof=1))
    if spread == 0.0:
        raise DirectionError("the codes do not vary along the direction")
    if scores is None:
        return step * spread
    y = column_of(scores, len(x))
    fit = fit_ridge(x, y)
    slope = fit.slope * float(fit.direction @ step)
    deviation = float(y.std(ddof=1))
    if slope * spread < _LEAST * deviation:
        raise DirectionError("the direction does not raise what it was made for: keep fewer")
    return step * (deviation / slope)
