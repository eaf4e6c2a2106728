"""What is measured on pixels: sliced Wasserstein distance and MS-SSIM of samples and reals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import torch
from torch import Tensor

from latentstudio.metrics.estimate import Score
from latentstudio.metrics.ms_ssim import Diversity
from latentstudio.metrics.sliced import SlicedDistance, SlicedWasserstein

if TYPE_CHECKING:
    from latentstudio.metrics.reals import Reals


class PixelScores(msgspec.Struct, frozen=True):
    """Of one set of fakes; None for what was not asked for.

    Attributes
    ----------
    swd
        From equally many reals.
    msssim, msssim_real
        Of pairs of fakes, and of as many pairs of reals to compare it with.
    """

    swd: SlicedDistance | None = None
    msssim: Score | None = None
    msssim_real: Score | None = None


def pixel_scores(
    fakes: Iterable[Tensor], reals: Iterable[Tensor], n: int, *, swd: bool, msssim: bool
) -> PixelScores:
    """Measure batches of pictures.

    Parameters
    ----------
    fakes, reals
        float [b, c, H, W] in [-1, 1] a batch, in random order; of both the first n count.
    n
        At least 4.
    swd, msssim
        Which.

    Raises
    ------
    ValueError
        As :class:`~latentstudio.metrics.sliced.SlicedWasserstein` and
        :class:`~latentstudio.metrics.ms_ssim.Diversity`.
    """
    sliced = SlicedWasserstein()
    pairs, real_pairs = Diversity(), Diversity()
    for batches, add, diversity in (
        (fakes, sliced.add_fake, pairs),
        (reals, sliced.add_real, real_pairs),
    ):
        for images in _first(batches, n):
            if swd:
                add(images)
            if msssim:
                diversity.add(images)
    return PixelScores(
        sliced.distance() if swd else None,
        pairs.score() if msssim else None,
        real_pairs.score() if msssim else None,
    )


def shuffled(reals: Reals, size: int) -> Iterator[Tensor]:
    """A data set's pictures in random order, ``size`` at a time: float32 [b, c, H, W] in [-1, 1].

    Raises
    ------
    DataError
        One sentence: pictures that do not decode, or are compressed for viewing only.
    """
    pictures = reals.pictures
    assert pictures is not None
    next(pictures.batches(1))  # has its sentence for pictures that cannot be measured
    order = torch.arange(pictures.count) if reals.side.index is None else reals.side.index
    for chosen in torch.split(order, size):
        pixels = np.stack([pictures.picture(number) for number in chosen.tolist()])
        images = torch.from_numpy(pixels[..., : pictures.channels]).permute(0, 3, 1, 2)
        yield images.float().div_(127.5).sub_(1.0)


def _first(batches: Iterable[Tensor], n: int) -> Iterator[Tensor]:
    for images in batches:
        yield images[:n]
        n -= len(images)
        if n <= 0:
            return
