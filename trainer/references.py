"""What the data itself scores: another half of it, and the data blurred."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentstudio.metrics.frechet import Statistics, frechet_distance
from latentstudio.metrics.kernel import kid
from trainer.data.dataset import ImageDataset
from trainer.evaluation import BATCH

Embedding = Callable[[Tensor], Tensor]


class Distance(msgspec.Struct, frozen=True, kw_only=True):
    """What a reference set scores: to say what a generator's numbers mean."""

    what: str
    n: int
    fid: float
    kid: float


def reference_distances(one: Tensor, other: Tensor, blurred: Tensor) -> tuple[Distance, ...]:
    """The floor that a perfect generator would reach, and what a visible fault costs.

    Parameters
    ----------
    one, other
        Features [n, d] of two disjoint sets of the data.
    blurred
        Features [n, d] of ``one`` after :func:`blur`.
    """
    n, data = len(one), Statistics.of(other)
    return (
        Distance(
            what="another half of the data",
            n=n,
            fid=frechet_distance(data, Statistics.of(one)),
            kid=kid(other, one).value,
        ),
        Distance(
            what="the data blurred twofold",
            n=n,
            fid=frechet_distance(data, Statistics.of(blurred)),
            kid=kid(other, blurred).value,
        ),
    )


def halves(count: int, n: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two disjoint random choices out of ``count`` pictures, n each or as many as there are."""
    order = np.random.RandomState(seed).permutation(count)
    n = min(n, count // 2)
    return order[:n], order[n : 2 * n]


def pictures(data: ImageDataset, index: NDArray[np.int64]) -> Iterator[Tensor]:
    """Chosen pictures of a data set in batches, float32 in [-1, 1]."""
    for start in range(0, len(index), BATCH):
        picked = data.images[np.sort(index[start : start + BATCH])]
        yield torch.from_numpy(np.ascontiguousarray(picked)).float().div_(127.5).sub_(1.0)


def blur(images: Tensor) -> Tensor:
    """Pictures averaged down to half the resolution and enlarged again, smoothly."""
    small = torch.nn.functional.avg_pool2d(images, 2)
    size = images.shape[2:]
    return torch.nn.functional.interpolate(small, size, mode="bilinear", align_corners=False)
