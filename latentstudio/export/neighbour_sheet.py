"""Samples beside the pictures of the data nearest to them, to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from latentstudio.metrics.neighbours import Neighbourhood

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from latentstudio.metrics.reals import Reals

SAMPLES, NEAREST = 8, 5


def neighbour_sheet(
    pictures: NDArray[np.uint8], features: Tensor, reals: Reals
) -> NDArray[np.uint8] | None:
    """Look the first samples up.

    Parameters
    ----------
    pictures
        Samples, uint8 [n, H, W, 3], n from 1; the first :data:`SAMPLES` are taken.
    features
        [n, d] of theirs, in the space of the reals.
    reals
        At least two.

    Returns
    -------
    NDArray[np.uint8] or None
        [min(n, SAMPLES), 1 + NEAREST, H, W, 3]: rows of a sample and the reals nearest to it,
        resized as it is, nearest first (fewer where there are fewer reals). None where the
        pictures of the data are not at hand.

    Raises
    ------
    ValueError
        One sentence: there are fewer than two reals, or features are not finite.
    """
    if reals.pictures is None:
        return None
    around, book, size = Neighbourhood(reals.side.rows), reals.pictures, pictures.shape[2:0:-1]
    rows = []
    for picture, vector in zip(pictures[:SAMPLES], features, strict=False):
        numbers = reals.side.index[around.nearest(vector, NEAREST).rows].tolist()
        near = [np.asarray(Image.fromarray(book.picture(i)).resize(size)) for i in numbers]
        rows.append(np.stack([picture[..., :3], *near]))
    return np.stack(rows)
