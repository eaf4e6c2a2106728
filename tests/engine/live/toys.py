"""A feature space of a few averages, and reals in it."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from latentstudio.metrics.reals import RealSide

DIM = 4


class Quarters:
    """The mean brightness of the four quarters of a picture."""

    name, dim, resolution = "quarters", DIM, 2

    def __init__(self) -> None:
        self.content_hash = "abcd" * 16
        self.seen: list[int] = []

    def __call__(self, images: Tensor) -> Tensor:
        self.seen.append(len(images))
        return torch.nn.functional.adaptive_avg_pool2d(images, 2).mean(1).flatten(1).float().cpu()

    def read(self, rows: Tensor) -> dict[str, Tensor]:
        """As a classifier's features do."""
        return {"bright": rows.mean(1)}


@cache
def real_side(resolution: int = 32) -> RealSide:
    """Three hundred pictures of coloured noise."""
    random = torch.Generator().manual_seed(0)
    images = torch.randn(300, 3, 2, 2, generator=random) * 0.3
    wide = images.repeat_interleave(resolution // 2, 2).repeat_interleave(resolution // 2, 3)
    return RealSide.of(Quarters(), [wide], data_hash="12" * 32)
