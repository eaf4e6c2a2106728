"""Mutual information gap: whether one code alone tells a factor.

Chen et al., "Isolating Sources of Disentanglement in Variational Autoencoders" (2018), section 4:
for each factor the mutual information with the code that has most of it, less that with the code
that has second most, over the factor's entropy; the mean over factors. Codes, and factors that are
numbers, are cut into 20 bins of equal width from the smallest to the largest; a circle is cut open
opposite its mean direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from latentstudio.metrics.disentanglement.codes import Floats, Whole, checked
from latentstudio.metrics.disentanglement.factors import Factor, unrolled

if TYPE_CHECKING:
    from latentstudio.metrics.api import Table

BINS = 20


class Gaps(msgspec.Struct, frozen=True, kw_only=True):
    """For each factor by how much the best code is above the second best; ready for JSON.

    Attributes
    ----------
    value
        Mean gap over the factors.
    factors
        Their names.
    gaps, best, second
        The gap of each factor; what the best and the second best code say about it.
    codes
        Which code is the best.
    n, method, source
        Samples, how the number was found, and who named the factors.
    """

    value: float
    factors: tuple[str, ...]
    gaps: tuple[float, ...]
    best: tuple[float, ...]
    second: tuple[float, ...]
    codes: tuple[int, ...]
    n: int
    method: str
    source: str


def gaps_of(scores: Floats, factors: Sequence[Factor], n: int, method: str, source: str) -> Gaps:
    """The gaps of a table of scores [d, factors]."""
    second, best = np.sort(scores, axis=0)[-2:]
    gaps = best - second
    return Gaps(
        value=float(gaps.mean()),
        factors=tuple(factor.name for factor in factors),
        gaps=tuple(gaps.tolist()),
        best=tuple(best.tolist()),
        second=tuple(second.tolist()),
        codes=tuple(scores.argmax(axis=0).tolist()),
        n=n,
        method=method,
        source=source,
    )


def mig(
    codes: Table,
    factors: Sequence[Factor],
    *,
    source: str,
    bins: int = BINS,
    corrected: bool = False,
) -> Gaps:
    """The mutual information gap, 0 (every factor in two codes or none) to 1.

    Parameters
    ----------
    codes
        [n, d].
    factors
        Of any kind; of classes the likeliest counts.
    source
        Who named the factors.
    bins
        For codes and numbers.
    corrected
        Add the leading term of what entropies of few samples lack, ``(bins in use - 1) / 2n``
        (Miller, "Note on the bias of information estimates", 1955). Without it, information is
        too high by about ``(bins - 1)² / 2n`` nats wherever there is none; the same for all
        codes, so that gaps mostly cancel it.

    Raises
    ------
    ValueError
        As :func:`~latentstudio.metrics.disentanglement.codes.checked`, or below 2 bins.
    """
    if bins < 2:
        raise ValueError(f"{bins} bins hold no information: choose 2 or more")
    wide = checked(codes, factors)
    binned = _binned(wide, bins)
    columns = []
    for factor in factors:
        classes, count = _classes(factor, bins)
        entropy = _entropy(np.bincount(classes)[None], corrected)
        columns.append(information(binned, bins, classes, count, corrected) / entropy)
    method = f"{bins} bins of equal width{', Miller-Madow corrected' * corrected}"
    return gaps_of(np.stack(columns, axis=1), factors, len(wide), method, source)


def information(
    binned: Whole, bins: int, classes: Whole, count: int, corrected: bool = False
) -> Floats:
    """Mutual information in nats of each binned code [n, d] with one factor's classes [n].

    ``bins`` and ``count`` are how many of them there are; float64 [d].
    """
    d = binned.shape[1]
    cells = (np.arange(d) * bins + binned) * count + classes[:, None]
    joint = np.bincount(cells.ravel(), minlength=d * bins * count).reshape(d, bins, count)
    code, factor = joint.sum(axis=2), joint.sum(axis=1)
    both = _entropy(joint.reshape(d, -1), corrected)
    found = _entropy(code, corrected) + _entropy(factor, corrected) - both
    return np.maximum(0.0, found)


def _entropy(counts: Whole, corrected: bool) -> Floats:
    """Nats [d] of counts [d, cells]."""
    n = counts.sum(axis=1)
    share = counts / n[:, None]
    plain: Floats = -(share * np.log(np.where(counts, share, 1.0))).sum(axis=1)
    return plain + ((counts > 0).sum(axis=1) - 1) / (2.0 * n) if corrected else plain


def _binned(values: Floats, bins: int) -> Whole:
    """Which bin between the smallest and the largest of its column each number is in."""
    low, width = values.min(axis=0), np.ptp(values, axis=0)
    place = (values - low) / np.where(width > 0.0, width, 1.0)
    binned: Whole = np.minimum((place * bins).astype(np.int64), bins - 1)
    return binned


def _classes(factor: Factor, bins: int) -> tuple[Whole, int]:
    """A factor as whole numbers [n] from 0, and how many there may be."""
    if factor.classes:
        return factor.labels, len(factor.classes)
    return _binned(unrolled(factor.values), bins), bins
