"""What fine tuning shall come close to. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from latentstudio.ui.inverting.mask import KEEP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentstudio.engine.inverting.values import Order, Pixels


def wanted(order: Order, found: Pixels) -> Pixels:
    """The photograph where it is known, and what was found where it is not.

    Parameters
    ----------
    order
        That was searched for.
    found
        uint8 [r, r, 3].

    Returns
    -------
    ndarray
        uint8 [r, r, c] as the order's picture. After a repair, what is painted is as it was
        found. After an enlargement, the finer detail is: shrunk, the picture is the photograph.
    """
    known, found = order.picture, found[..., : order.picture.shape[2]]
    if order.mask is not None:
        known = np.where(order.mask[..., None] == KEEP, known, found)
    if order.small is not None:
        coarse = _coarse(known, order.small) - _coarse(found, order.small)
        known = np.clip(np.rint(found + coarse), 0, 255).astype(np.uint8)
    return known


def _coarse(pixels: Pixels, small: int) -> NDArray[np.float64]:
    """Means of equal squares, ``small`` a side, float64 [r, r, c]; by the pixels they belong to."""
    side = len(pixels)
    edges = np.arange(small + 1) * side // small
    sizes = np.diff(edges)
    sums = np.add.reduceat(np.add.reduceat(pixels.astype(np.float64), edges[:-1], 0), edges[:-1], 1)
    means = sums / (sizes[:, None, None] * sizes[None, :, None])
    spread: NDArray[np.float64] = means.repeat(sizes, 0).repeat(sizes, 1)
    return spread
