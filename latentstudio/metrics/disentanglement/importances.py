"""How much each code counts when a factor is predicted, and how right the prediction is."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentstudio.metrics.disentanglement.codes import Floats, dealt, standardised
from latentstudio.metrics.disentanglement.factors import Factor

Importances = Literal["linear", "trees"]

METHODS = {
    "linear": "magnitudes of elastic net coefficients, at an L1 penalty that noise does not pass",
    "trees": "impurity importances of gradient-boosted trees",
}

# What is to be predicted: labels [n], or numbers [n, 1 or 2].
_Truth = NDArray[Any]
# Importances [d], and the prediction for samples that the fit has not seen; None: nothing counts.
_Fit = tuple[Floats, _Truth | None]


def weighed(codes: Floats, factor: Factor, importances: Importances) -> tuple[Floats, float]:
    """Importances [d] >= 0 of standardised codes [n, d], and how much they tell, 0 to 1.

    The fit is to four fifths of the samples; what it tells is measured on the others: R², or the
    accuracy between that of the commonest class (0) and 1.
    """
    truth = factor.labels if factor.classes else factor.values
    train = dealt(factor.order) > 0
    fit = _trees if importances == "trees" else _linear
    weights, predicted = fit(codes[train], truth[train], codes[~train])
    if predicted is None:
        return weights, 0.0
    seen, unseen = truth[train], truth[~train]
    if factor.classes:
        wrong, blind = unseen != predicted, unseen != np.bincount(seen).argmax()
    else:
        wrong, blind = np.square(unseen - predicted), np.square(unseen - seen.mean(axis=0))
    return weights, max(0.0, 1.0 - float(wrong.sum() / blind.sum()))


def _linear(codes: Floats, truth: _Truth, unseen: Floats) -> _Fit:
    from sklearn.linear_model import ElasticNet, LinearRegression, LogisticRegression

    n, d = codes.shape
    # Belloni, Chernozhukov and Wang, "Square-root Lasso" (2011): all correlations with pure noise
    # are below this for 99 factors of 100.
    penalty = NormalDist().inv_cdf(1.0 - 0.01 / (2.0 * d)) / math.sqrt(n)
    weights = np.zeros(d)
    # As much L2: copies of a code then share its weight, where the lasso would take either.
    model = ElasticNet(alpha=2.0 * penalty, l1_ratio=0.5, precompute=True, max_iter=10_000)
    for target in _targets(truth).T:
        weights += np.abs(model.fit(codes, target).coef_)
    chosen = weights > 0.0
    if not chosen.any():
        return weights, None
    # Once more without the penalty, which shrinks what it lets pass.
    plain = LogisticRegression(max_iter=10_000) if truth.ndim == 1 else LinearRegression()
    return weights, plain.fit(codes[:, chosen], truth).predict(unseen[:, chosen])


def _targets(truth: _Truth) -> Floats:
    """Standardised numbers, or 0 and 1 for each class that there is; of two, for one [n, t]."""
    if truth.ndim == 2:
        return standardised(truth)
    there = np.unique(truth)
    own = np.equal.outer(truth, there[1:] if len(there) == 2 else there)
    return standardised(own.astype(np.float64))


def _trees(codes: Floats, truth: _Truth, unseen: Floats) -> _Fit:
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

    if truth.ndim == 1:
        model = GradientBoostingClassifier(random_state=0).fit(codes, truth)
        return model.feature_importances_, model.predict(unseen)
    models = [GradientBoostingRegressor(random_state=0).fit(codes, y) for y in truth.T]
    weights = np.sum([model.feature_importances_ for model in models], axis=0)
    return weights, np.stack([model.predict(unseen) for model in models], axis=1)
