"""The verdict on a direction: a number, how sure it is, and a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

# A slider below does nothing to see, however sure the number is.
_USEFUL_ORDER, _USEFUL_SHARE = 0.6, 0.05


@dataclass(frozen=True)
class Validation:
    """How well a direction does on what it was not fitted to.

    Attributes
    ----------
    score, kind
        ``R²``: share of the scores' variance that is explained, below 0 when the mean does
        better. ``AUC``: share of pairs, one sample of either label, in the right order.
    stderr, chance
        The score's standard error, and its value for a direction of no use.
    weak
        Whether chance would do as well, or the score is too low to be of use.
    sentence
        The same in words.
    n
        Samples.
    """

    score: float
    kind: Literal["R²", "AUC"]
    stderr: float
    chance: float
    weak: bool
    sentence: str
    n: int


def by_order(score: float, stderr: float, more: int, less: int) -> Validation:
    """The verdict on an AUC, of so many examples on either side."""
    n = more + less
    # A perfect order of a few has no spread, and yet is no certainty: luck alone would spread as
    # Mann and Whitney's statistic does, and no answer is surer than one example.
    luck = math.sqrt((n + 1) / (12 * more * less))
    lucky = score < 0.5 + 2.0 * max(stderr, luck)
    weak = lucky or score < _USEFUL_ORDER
    stderr = max(stderr, 1.0 / n)
    figures = f"(AUC {score:.2f} ± {stderr:.2f} of {n:,})"
    sentence = (
        f"Too weak: on pictures it was not fitted to, it sorts {'no' if lucky else 'hardly'}"
        f" better than chance {figures}. Add clearer examples."
        if weak
        else f"On pictures it was not fitted to, it puts {score:.0%} of pairs in the right order"
        f" {figures}."
    )
    return Validation(score, "AUC", stderr, 0.5, weak, sentence, n)


def by_variance(score: float, stderr: float, n: int) -> Validation:
    """The verdict on an R², of so many samples."""
    lucky = score < 2.0 * stderr
    weak = lucky or score < _USEFUL_SHARE
    figures = f"(R² {round(score, 2) + 0.0:.2f} ± {stderr:.2f} of {n:,})"
    sentence = (
        f"Too weak: on pictures it was not fitted to, it predicts {'no' if lucky else 'hardly'}"
        f" better than chance {figures}. Take more pictures or another attribute."
        if weak
        else f"On pictures it was not fitted to, it explains {score:.0%} of the differences"
        f" {figures}."
    )
    return Validation(score, "R²", stderr, 0.0, weak, sentence, n)
