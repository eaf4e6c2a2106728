"""All numbers of a generator while its samples stream in: at any time those of the batch."""

from __future__ import annotations

import torch
from torch import Tensor

from latentstudio.document.sampling import Sampling
from latentstudio.metrics.live.entered import entered
from latentstudio.metrics.live.running_frechet import RunningFrechet
from latentstudio.metrics.live.running_pairs import RunningPairs
from latentstudio.metrics.manifold import realism
from latentstudio.metrics.quality import Quality, assembled
from latentstudio.metrics.real_side import NEIGHBOURS, RealSide


class RunningQuality:
    """What :func:`~latentstudio.metrics.quality.score` says of all samples so far.

    Equal to rounding, however the samples were split: a read costs one or, with the extrapolated
    FID, three eigenvalue problems; b new samples cost b times n + m distances. Not for several
    threads at once.

    Parameters
    ----------
    real
        The reals.
    matched
        KID and the four shares look at no more than so many samples of each side; None for as
        many as there are reals, as ``score`` does.

    Attributes
    ----------
    n
        Samples so far.
    """

    def __init__(self, real: RealSide, *, matched: int | None = None) -> None:
        self._real = real
        self._limit = len(real.rows) if matched is None else min(matched, len(real.rows))
        self._features = torch.empty(0, real.statistics.dim)
        self.n = 0
        self._frechet = RunningFrechet(real.statistics)
        self._pairs = RunningPairs(real.rows[: self._limit])

    @property
    def features(self) -> Tensor:
        """All samples so far: float32 [n, d], to be read only."""
        return self._features[: self.n]

    def add(self, features: Tensor) -> None:
        """Take in samples.

        Parameters
        ----------
        features
            [b, d], b from 0 on; kept as float32.

        Raises
        ------
        ValueError
            When they do not fit the reals or are not finite; nothing has changed then.
        """
        if features.ndim == 2 and len(features) == 0:
            return
        self._store(entered(features, self._real.statistics.dim))
        self._frechet.add(self.features)
        self._pairs.add(self.features[: self._limit])

    def quality(self, sampling: Sampling | None = None, *, thorough: bool = False) -> Quality:
        """All numbers now.

        Parameters
        ----------
        sampling
            What the samples were drawn with, for the answer.
        thorough
            As in :meth:`.RunningFrechet.estimates`: for the last read of many samples in
            thousands of dimensions, whose standard error is then that of ``score`` too.

        Raises
        ------
        ValueError
            Below four samples or reals.
        """
        if self._pairs.n <= NEIGHBOURS:
            raise ValueError(
                f"the numbers need at least {NEIGHBOURS + 1} samples on each side;"
                f" there are {self._pairs.n}"
            )
        frechet, extrapolated = self._frechet.estimates(self.features, thorough=thorough)
        return assembled(
            self._real,
            self.n,
            frechet,
            extrapolated,
            self._pairs.kid(),
            self._pairs.shares(),
            sampling,
        )

    def influence(self) -> Tensor:
        """How fast the FID grows when a sample gets more weight: float64 [n], n at least 2."""
        return self._frechet.influence(self.features)

    def realism(self) -> Tensor:
        """:func:`~latentstudio.metrics.manifold.realism` among the matched reals: float64 [n]."""
        real = self._real.rows[: self._pairs.n]
        return realism(real, self.features, NEIGHBOURS, real_radii=self._pairs.real_radii)

    def _store(self, narrow: Tensor) -> None:
        needed = self.n + len(narrow)
        if needed > len(self._features):
            wider = torch.empty(max(needed, 2 * len(self._features)), narrow.shape[1])
            wider[: self.n] = self.features
            self._features = wider
        self._features[self.n : needed] = narrow
        self.n = needed
