"""The truncation slider's live numbers, and how far they may be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from torch import Tensor

from latentstudio.document.sampling import Sampling
from latentstudio.metrics.live.feature_grid import FeatureGrid
from latentstudio.metrics.quality import Quality, score
from latentstudio.metrics.real_side import RealSide


class SelfCheck(msgspec.Struct, frozen=True):
    """Numbers of interpolated features beside those measured on the same samples.

    Attributes
    ----------
    psi, n
        Truncation, and the number of samples.
    interpolated, measured
        Both kinds of numbers.
    """

    psi: float
    n: int
    interpolated: Quality
    measured: Quality

    @property
    def fid_error(self) -> float:
        """What interpolation adds to the FID."""
        return self.interpolated.fid - self.measured.fid

    @property
    def kid_error(self) -> float:
        """What interpolation adds to the KID."""
        return self.interpolated.kid - self.measured.kid

    @property
    def precision_error(self) -> float:
        """What interpolation adds to the precision."""
        return self.interpolated.precision - self.measured.precision

    @property
    def recall_error(self) -> float:
        """What interpolation adds to the recall."""
        return self.interpolated.recall - self.measured.recall


class PsiGrid(FeatureGrid):
    """A :class:`.FeatureGrid` over ψ: its answers carry the sampling with that ψ.

    Parameters
    ----------
    real, size
        As there.
    psis
        Truncations at which features are drawn, ascending: 0, 0.05 … 1, and beyond if the
        slider goes there.
    """

    def __init__(self, real: RealSide, psis: Sequence[float], *, size: int = 1024) -> None:
        super().__init__(real, psis, size=size, name="ψ")

    def quality(self, at: float, sampling: Sampling | None = None) -> Quality:
        """As :meth:`.FeatureGrid.quality`; the sampling's own ψ does not matter."""
        return super().quality(at, _at(sampling, at))

    def curve(self, psis: Iterable[float], sampling: Sampling | None = None) -> list[Quality]:
        """The numbers at several ψ, all of equally many samples."""
        return [self.quality(psi, sampling) for psi in psis]

    def check_psis(self) -> tuple[float, ...]:
        """Where to check: half way between nodes, at the lower end, in the middle, at the upper."""
        last = len(self.nodes) - 2
        middles = ((self.nodes[k] + self.nodes[k + 1]) / 2 for k in sorted({0, last // 2, last}))
        return tuple(middles)

    def check(self, psi: float, features: Tensor, sampling: Sampling | None = None) -> SelfCheck:
        """Hold interpolated numbers against measured ones.

        Parameters
        ----------
        psi
            Within the grid.
        features
            [b, d], measured at this ψ on samples 0 on, at least four; those beyond :attr:`n`
            are left out.
        sampling
            For the answer.

        Raises
        ------
        ValueError
            As :func:`~latentstudio.metrics.quality.score`.
        """
        n = min(self.n, len(features))
        there = _at(sampling, psi)
        interpolated = score(self._real, self.features(psi, n), there)
        return SelfCheck(
            psi,
            n,
            msgspec.structs.replace(interpolated, kind="interpolated"),
            score(self._real, features[:n], there),
        )


def _at(sampling: Sampling | None, psi: float) -> Sampling | None:
    return None if sampling is None else sampling.with_psi(psi)
