"""The linear SVM of the extremes, as InterFaceGAN publishes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentstudio.latents.directions.arrays import Numbers, codes_of, column_of, unit
from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.fitted import Fit

_TRAINED = 0.7
_LEAST = 5  # at either end: three to train with and two to hold out


@dataclass(frozen=True)
class SvmFit(Fit):
    """A fit with what the published procedure reports.

    Attributes
    ----------
    accuracy
        Share of the held-out extremes on their right side, 0 to 1.
    held
        How many were held out.
    """

    accuracy: float
    held: int


def fit_svm(codes: Numbers, scores: Numbers, share: float = 0.02, seed: int = 0) -> SvmFit:
    """The normal of the plane between the highest and the lowest scores.

    Shen et al., "Interpreting the Latent Space of GANs for Semantic Face Editing" (2020),
    section 3.1, and the authors' code: the samples of highest and lowest scores, 70% of either
    end to train with and 30% to test, a linear support vector machine with C = 1.

    Parameters
    ----------
    codes
        [n, d].
    scores
        [n].
    share
        At either end, above 0 to 0.5.
    seed
        Of the split.

    Returns
    -------
    SvmFit
        The slope is that of the scores' regression on the projection, since the machine's own
        margin has no unit.

    Raises
    ------
    DirectionError
        On shapes that do not fit, values that are not finite, or fewer than 5 at either end.
    """
    from sklearn.svm import SVC  # late: takes seconds

    if not 0.0 < share <= 0.5:
        raise DirectionError(f"share is {share}; it must be above 0 and at most 0.5")
    x = codes_of(codes)
    y = column_of(scores, len(x))
    count = int(len(x) * share)
    if count < _LEAST:
        raise DirectionError(
            f"the highest and lowest {share:.0%} of {len(x)} samples are {count} each, too few for"
            f" a support vector machine: it needs {-int(-_LEAST // share)} samples, or ridge"
        )
    order = np.argsort(y, kind="stable")
    random = np.random.RandomState(seed)
    low = order[:count][random.permutation(count)]
    high = order[-count:][random.permutation(count)]
    trained = int(count * _TRAINED)
    machine = SVC(kernel="linear", C=1.0)
    machine.fit(x[np.r_[low[:trained], high[:trained]]], np.repeat([0, 1], trained))
    right = np.r_[machine.predict(x[low[trained:]]) == 0, machine.predict(x[high[trained:]]) == 1]
    direction = unit(machine.coef_[0], "the extremes do not differ: no plane lies between them")
    along = x @ direction
    slope = float(np.cov(along, y)[0, 1] / along.var(ddof=1))
    intercept = float(y.mean() - slope * along.mean())
    return SvmFit(direction, slope, intercept, float(right.mean()), len(right))
