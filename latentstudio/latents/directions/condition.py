"""A direction freed of what is to be kept."""

from __future__ import annotations

import numpy as np

from latentstudio.latents.directions.arrays import Floats, Numbers, codes_of, plain, unit
from latentstudio.latents.directions.errors import DirectionError

_DEPENDENT = 1e-6  # float32 directions that are the same differ by less
_NOTHING = 1e-5


def condition(direction: Numbers, kept: Numbers) -> Floats:
    """The direction less what it shares with others: ``n - Bᵀ (B Bᵀ)⁻¹ B n``, at length 1.

    Shen et al., "Interpreting the Latent Space of GANs for Semantic Face Editing" (2020),
    section 3.2, for any number of kept directions, dependent ones among them.

    Parameters
    ----------
    direction
        [d], n above.
    kept
        [k, d], B above: directions that no step may have a part in. Rows of 0, copies,
        opposites and combinations of other rows do nothing more; k may be 0.

    Returns
    -------
    Floats
        float64 [d], orthogonal to every row of ``kept``.

    Raises
    ------
    DirectionError
        On shapes that do not fit, values that are not finite, a direction of length 0, or when
        nothing is left of it.
    """
    start = plain(direction, "direction")
    others = codes_of(kept, "kept directions", least=0)
    if start.shape != others.shape[1:]:
        raise DirectionError(
            f"a direction of shape {list(start.shape)} cannot keep directions of"
            f" {others.shape[1]} numbers"
        )
    start = unit(start, "the direction has no length")
    lengths = np.linalg.norm(others, axis=1)
    rows = others[lengths > 0.0] / lengths[lengths > 0.0, None]
    _, sizes, basis = np.linalg.svd(rows, full_matrices=False)
    basis = basis[sizes > _DEPENDENT]  # the same projection, without an inverse that may not be
    rest = start - basis.T @ (basis @ start)
    if np.linalg.norm(rest) < _NOTHING:
        raise DirectionError("the kept attributes leave nothing of it: keep fewer")
    return unit(rest, "")
