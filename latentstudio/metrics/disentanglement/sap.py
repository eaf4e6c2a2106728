"""Separated attribute predictability: whether one code alone predicts a factor.

Kumar et al., "Variational Inference of Disentangled Latent Concepts from Unlabeled Observations"
(2018), section 3: for each factor the score of the code that predicts it best, less that of the
second best; the mean over factors. The score of a number is its squared correlation with the code.
Of classes it is the balanced accuracy of thresholds on the code, chosen on the very samples: here
exactly, by trying all, one for two classes, and for each of more classes the interval that holds it
best against the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from latentstudio.metrics.disentanglement.codes import Floats, Truth, checked, standardised, steady
from latentstudio.metrics.disentanglement.factors import Factor
from latentstudio.metrics.disentanglement.mig import Gaps, gaps_of

if TYPE_CHECKING:
    from latentstudio.metrics.api import Table


def sap(codes: Table, factors: Sequence[Factor], *, source: str) -> Gaps:
    """The gap in separate predictability.

    Parameters
    ----------
    codes
        [n, d].
    factors
        Of any kind. A periodic one is predicted with its sine and cosine together (Mardia and
        Jupp, "Directional Statistics", 2000, section 11.2.1).
    source
        Who named the factors.

    Returns
    -------
    Gaps
        0 to 1 for numbers; to 0.5 for classes where the second best code is chance, as a coin's
        balanced accuracy is one half.

    Raises
    ------
    ValueError
        As :func:`~latentstudio.metrics.disentanglement.codes.checked`.
    """
    wide = checked(codes, factors)
    # Constant codes are ties throughout, and have no correlation.
    wide = np.where(steady(wide), 0.0, wide)
    ranked = _Ranked(wide)
    unit = standardised(wide)
    columns = [
        ranked.accuracy(factor) if factor.classes else _predicted(unit, factor.values)
        for factor in factors
    ]
    method = "R² of numbers, balanced accuracy of the best thresholds for classes"
    return gaps_of(np.stack(columns, axis=1), factors, len(wide), method, source)


def _predicted(unit: Floats, values: Floats) -> Floats:
    """R² [d] of each standardised code [n, d] with one number, or a point on a circle."""
    centred = values - values.mean(axis=0)
    # An orthonormal basis of what the values span: the squared lengths of projections add up.
    basis, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    kept = basis[:, sizes > 1e-9 * sizes[0]]
    explained: Floats = np.square(kept.T @ unit).sum(axis=0) / len(unit)
    return explained


class _Ranked:
    """Codes in order, for the best thresholds of any factor."""

    def __init__(self, codes: Floats) -> None:
        self.order = codes.argsort(axis=0, kind="stable")
        ordered = np.take_along_axis(codes, self.order, axis=0)
        self.tied = np.zeros(codes.shape, dtype=np.bool_)
        self.tied[:-1] = ordered[:-1] == ordered[1:]

    def accuracy(self, factor: Factor) -> Floats:
        """Balanced accuracy [d] of each code."""
        labels, seen = factor.labels, factor.seen
        if len(seen) == 2:
            gap: Floats = np.nanmax(np.abs(self._balance(labels == seen[1])), axis=0)
            return (1.0 + gap) / 2.0
        total = np.zeros(self.order.shape[1])
        for k in seen:
            balance = self._balance(labels == k)
            # The class inside of an interval, or outside of it.
            rise = np.nanmax(balance - np.fmin.accumulate(balance), axis=0)
            fall = np.nanmax(np.fmax.accumulate(balance) - balance, axis=0)
            total += (1.0 + np.maximum(rise, fall)) / 2.0
        return total / len(seen)

    def _balance(self, own: Truth) -> Floats:
        """Share of a class less share of the rest below each threshold: [n + 1, d].

        NaN where a threshold would have to part equal codes.
        """
        weight = np.where(own, 1.0 / own.sum(), -1.0 / (~own).sum())
        below = weight[self.order].cumsum(axis=0)
        below[self.tied] = np.nan
        return np.concatenate([np.zeros((1, below.shape[1])), below])
