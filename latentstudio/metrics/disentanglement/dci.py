"""Disentanglement, completeness and informativeness: which codes it takes to tell each factor.

Eastwood and Williams, "A Framework for the Quantitative Evaluation of Disentangled Representations"
(2018), section 2, from a matrix R [codes, factors] of how much each code counts when a factor is
predicted: a code is disentangled that counts for one factor only, a factor is complete that takes
one code only, and the codes are informative when the prediction is right. Here each factor's column
of R adds up to how well the factor is told: one that is told by chance says nothing of the codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from latentstudio.metrics.disentanglement.codes import Floats, checked, standardised
from latentstudio.metrics.disentanglement.factors import Factor
from latentstudio.metrics.disentanglement.importances import METHODS, Importances, weighed

if TYPE_CHECKING:
    from latentstudio.metrics.api import Table
    from latentstudio.metrics.quality import Progress


class Dci(msgspec.Struct, frozen=True, kw_only=True):
    """Disentanglement, completeness and informativeness, 0 to 1 each; ready for JSON.

    Attributes
    ----------
    disentanglement, completeness
        Means over the codes, by how much they count, and over the factors, by how well they are
        told. Where only the strongest relations pass, for want of samples or of linearity, both
        are too high: read them together with the informativeness.
    informativeness
        Mean over the factors.
    factors, factor_completeness, factor_informativeness, codes
        Each factor: its name, the two numbers, and which code counts most (-1: none).
    active
        Codes that count for some factor.
    n, method, source
        Samples, how the importances were found, and who named the factors.
    """

    disentanglement: float
    completeness: float
    informativeness: float
    factors: tuple[str, ...]
    factor_completeness: tuple[float, ...]
    factor_informativeness: tuple[float, ...]
    codes: tuple[int, ...]
    active: int
    n: int
    method: str
    source: str


def dci(
    codes: Table,
    factors: Sequence[Factor],
    *,
    source: str,
    importances: Importances = "linear",
    progress: Progress | None = None,
) -> Dci:
    """How codes and factors belong together.

    Parameters
    ----------
    codes
        [n, d], standardised here.
    factors
        Two or more, of any kind. A periodic one is predicted as sine and cosine, classes as 0
        and 1 of each; of classes the likeliest counts.
    source
        Who named the factors.
    importances
        ``linear``: magnitudes of the coefficients of an elastic net, 0.1 s a factor; the
        prediction is by least squares or logistic regression on the codes that have one.
        ``trees``: of gradient boosting, half a minute a factor at n = 2000 and d = 512; sees
        relations that are not linear.
    progress
        Told the share done, 0 to 1; may raise to stop.

    Returns
    -------
    Dci
        A factor that no code tells is 0 complete. Informativeness is of every fifth sample,
        which had no part in the fit: R², or accuracy between that of the commonest class (0)
        and 1.

    Raises
    ------
    ValueError
        As :func:`~latentstudio.metrics.disentanglement.codes.checked`, or for a single factor.
    """
    wide = checked(codes, factors)
    if len(factors) < 2:
        raise ValueError("disentanglement is of two factors or more; there is 1")
    unit = standardised(wide)
    columns, told = [], []
    for i, factor in enumerate(factors):
        weights, right = weighed(unit, factor, importances)
        columns.append(weights)
        told.append(right)
        if progress is not None:
            progress((i + 1) / len(factors))
    table, well = np.stack(columns, axis=1), np.array(told)
    shares = table / np.where(table.any(axis=0), table.sum(axis=0), 1.0)
    complete = completeness(table)
    return Dci(
        disentanglement=disentanglement(shares * well),
        completeness=float(complete @ well / well.sum()) if well.any() else 0.0,
        informativeness=float(well.mean()),
        factors=tuple(factor.name for factor in factors),
        factor_completeness=tuple(complete.tolist()),
        factor_informativeness=tuple(told),
        codes=tuple(int(c.argmax()) if c.any() else -1 for c in table.T),
        active=int(table.any(axis=1).sum()),
        n=len(wide),
        method=METHODS[importances],
        source=source,
    )


def disentanglement(table: Floats) -> float:
    """Mean over codes of ``1 - entropy`` of what they count for, of importances [codes, factors].

    Weighted by how much they count; the entropy in units of the greatest. 0 where nothing counts.
    """
    total = table.sum()
    return float(_single(table) @ table.sum(axis=1) / total) if total else 0.0


def completeness(table: Floats) -> Floats:
    """``1 - entropy`` of what counts for each factor: [factors] of importances [codes, factors]."""
    return _single(table.T)


def _single(table: Floats) -> Floats:
    """1 where a row has one entry, 0 where all are equal, or none is: [rows]."""
    total = table.sum(axis=1, keepdims=True)
    share = table / np.where(total > 0.0, total, 1.0)
    entropy = -(share * np.log(np.where(share > 0.0, share, 1.0))).sum(axis=1)
    return np.where(total[:, 0] > 0.0, 1.0 - entropy / np.log(table.shape[1]), 0.0)
