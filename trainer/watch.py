"""The watch for mode collapse: samples that grow alike while the losses look healthy."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

# Shares of the data's spread (root of the total variance in feature space) below which the
# samples count as collapsed, outright or after having been twice as varied before. A healthy
# run passes .3 within its first evaluations and ends near 1.
LOW, FALLEN = 0.1, 0.5


def spread(features: Tensor) -> float:
    """Root of the total variance of features [n, d]: how unlike one another pictures are."""
    return float(features.double().var(dim=0).sum().sqrt())


def collapse_warning(share: float, earlier: Iterable[float]) -> str | None:
    """One sentence when the samples of an evaluation are too much alike.

    Parameters
    ----------
    share
        Spread of the samples, as a share of the data's.
    earlier
        The same of the run's earlier evaluations.

    Returns
    -------
    str or None
        None while all is well.
    """
    most = max(earlier, default=0.0)
    if share < LOW:
        found = f"the samples' spread is {share:.0%} of the data's"
    elif share < FALLEN * most:
        found = f"the samples' spread fell to {share:.0%} of the data's, from {most:.0%}"
    else:
        return None
    return (
        f"The generator is collapsing: {found}. Look at the newest grid; if it shows one picture "
        "over and over, go back to the best snapshot with a higher --gamma or a lower --lr."
    )


def nearest_share(fake: Tensor, real: Tensor) -> float:
    """Median distance of a sample to its nearest neighbour, as a share of the data's own.

    Parameters
    ----------
    fake, real
        Features [n, d] of as many samples as pictures; a few hundred are enough.

    Returns
    -------
    float
        About 1 for samples as unlike one another as the data, 0 for copies of few pictures.
    """

    def median(x: Tensor) -> Tensor:
        distances = torch.cdist(x.double(), x.double())
        distances.fill_diagonal_(float("inf"))
        return distances.amin(dim=1).median()

    return float(median(fake) / median(real).clamp_min(1e-12))
