"""z against w, side by side: the same samples and factors, two spaces of codes.

Beside each number that is about the axes of a space stands the same of the space turned at random:
what is no better than that, the axes have no part in. (A normal z looks the same from all sides.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from latentstudio.metrics.disentanglement.codes import Floats, checked, standardised
from latentstudio.metrics.disentanglement.dci import Dci, dci
from latentstudio.metrics.disentanglement.factors import Factor, varying
from latentstudio.metrics.disentanglement.importances import Importances
from latentstudio.metrics.disentanglement.mig import Gaps, mig
from latentstudio.metrics.disentanglement.sap import sap
from latentstudio.metrics.disentanglement.separability import Separability, separability
from latentstudio.metrics.path_length import Space

if TYPE_CHECKING:
    from latentstudio.metrics.api import Table
    from latentstudio.metrics.quality import Progress


class AxisScores(msgspec.Struct, frozen=True, kw_only=True):
    """How well single codes keep factors apart, all better when higher; ready for JSON."""

    dci: Dci
    mig: Gaps
    sap: Gaps


class SpaceScores(AxisScores, frozen=True, kw_only=True):
    """How well one space keeps factors apart; ready for JSON.

    Attributes
    ----------
    space, dim
        Name, and how many codes it has.
    dci, mig, sap
        Of the space as it is.
    turned
        The same numbers of its standardised codes after a random rotation.
    separability
        Of planes, whatever the axes; better when lower. None where no attribute has classes.
    """

    space: Space
    dim: int
    turned: AxisScores
    separability: Separability | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """All numbers of both spaces; ready for JSON.

    Attributes
    ----------
    z, w
        w is None for a generator without mapping.
    factors
        Names of the factors that were judged by.
    left_out
        A sentence for each factor that the samples do not show enough of.
    n, source
        Samples, and who named the factors.
    """

    z: SpaceScores
    w: SpaceScores | None
    factors: tuple[str, ...]
    left_out: tuple[str, ...]
    n: int
    source: str


def compare(
    z: Table,
    w: Table | None,
    factors: Sequence[Factor],
    *,
    source: str,
    importances: Importances = "linear",
    progress: Progress | None = None,
) -> Comparison:
    """Every metric in z and in w.

    Parameters
    ----------
    z, w
        [n, d] each, of the same samples; w is None where there is no mapping.
    factors
        Of these samples; those that hardly vary are left out and named.
    source
        Who named them.
    importances
        For DCI.
    progress
        Told the share done, 0 to 1; may raise to stop.

    Raises
    ------
    ValueError
        As the metrics, or when fewer than two factors vary.
    """
    kept, left_out = varying(factors)
    if len(kept) < 2:
        raise ValueError(
            f"{len(kept)} of {len(factors)} factors vary over these samples: two have to"
        )
    tell = progress or (lambda share: None)
    size = 1.0 if w is None else 0.5
    of_z = _scores("z", z, kept, source, importances, lambda share: tell(size * share))
    of_w = None
    if w is not None:
        of_w = _scores("w", w, kept, source, importances, lambda share: tell(0.5 + size * share))
    return Comparison(
        z=of_z,
        w=of_w,
        factors=tuple(factor.name for factor in kept),
        left_out=left_out,
        n=len(z),
        source=source,
    )


def _scores(
    space: Space,
    codes: Table,
    factors: Sequence[Factor],
    source: str,
    importances: Importances,
    progress: Progress,
) -> SpaceScores:
    unit = standardised(checked(codes, factors))
    dim = unit.shape[1]
    rotation = np.linalg.qr(np.random.RandomState(0).randn(dim, dim)).Q

    def of_axes(codes: Floats, start: float) -> AxisScores:
        found = dci(
            codes,
            factors,
            source=source,
            importances=importances,
            progress=lambda share: progress(start + 0.3 * share),
        )
        gaps = mig(codes, factors, source=source), sap(codes, factors, source=source)
        return AxisScores(dci=found, mig=gaps[0], sap=gaps[1])

    own, turned = of_axes(unit, 0.0), of_axes(unit @ rotation, 0.3)
    try:
        planes = separability(
            unit, factors, source=source, progress=lambda share: progress(0.6 + 0.4 * share)
        )
    except ValueError:
        # The codes have passed already: nowhere is the classifier sure of two classes.
        planes = None
    return SpaceScores(
        space=space,
        dim=dim,
        dci=own.dci,
        mig=own.mig,
        sap=own.sap,
        turned=turned,
        separability=planes,
    )
