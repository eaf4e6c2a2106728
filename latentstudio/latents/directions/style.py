"""Style channels that answer to an attribute, from a few pictures that show it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentstudio.latents.directions.arrays import Floats, Numbers, codes_of, plain
from latentstudio.latents.directions.errors import DirectionError


class Ranking(NamedTuple):
    """Result of :func:`style_directions`; channels that never change are left out.

    Attributes
    ----------
    channels
        [c], the most telling first.
    ratio
        float64 [c], by which they are ranked; infinite where all examples agree.
    shift
        float64 [c]: how far the examples stand from the mean, in standard deviations. Its sign
        is the way to push the channel.
    """

    channels: NDArray[np.intp]
    ratio: Floats
    shift: Floats


def style_directions(more: Numbers, mean: Numbers, sd: Numbers) -> Ranking:
    """Rank style channels by how plainly the examples differ from all pictures.

    Wu et al., "StyleSpace Analysis: Disentangled Controls for StyleGAN Image Generation"
    (2021), section 4.2: ``δ = (s - μ) / σ`` for each example, and channels by
    ``|mean δ| / std δ``. Ten to thirty examples serve.

    Parameters
    ----------
    more
        [a, s]: styles of the examples, at least 2.
    mean, sd
        [s]: over samples of the generator.

    Raises
    ------
    DirectionError
        On shapes that do not fit, values that are not finite, fewer than 2 examples, or when no
        channel changes.
    """
    styles = codes_of(more, "styles")
    middle, spread = plain(mean, "mean styles"), plain(sd, "deviations")
    if not styles.shape[1:] == middle.shape == spread.shape:
        raise DirectionError(
            f"styles of {styles.shape[1]} channels do not fit a mean of shape"
            f" {list(middle.shape)} and deviations of shape {list(spread.shape)}"
        )
    alive = np.flatnonzero(spread > 0.0)
    if not len(alive):
        raise DirectionError("no style channel changes from picture to picture")
    delta = (styles[:, alive] - middle[alive]) / spread[alive]
    shift, doubt = delta.mean(axis=0), delta.std(axis=0)
    sure = np.where(shift == 0.0, 0.0, np.inf)
    ratio = np.divide(np.abs(shift), doubt, out=sure, where=doubt > 0.0)
    order = np.argsort(-ratio, kind="stable")
    return Ranking(alive[order], ratio[order], shift[order])
