"""A generator whose nearest point is known, and what to search for in it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from latentstudio.generators.protocol import Generator


class Plain(Generator):
    """Pictures that are z itself: the nearest point is known."""

    family = "plain"
    has_mapping = False

    def __init__(self, dim: int = 8) -> None:
        super().__init__()
        self.z_dim = self.w_dim = dim
        self.num_layers, self.resolution, self.channels, self.num_classes = 1, 8, 1, 0
        self.layers = ()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.drawn = 0

    def config(self) -> dict[str, Any]:
        return {}

    def _map(self, z: Tensor, onehot: Tensor | None) -> Tensor:
        return z[:, None]

    def synthesize(self, ws: Tensor, *_: Any, **__: Any) -> Tensor:
        self.drawn += len(ws)
        return ws[:, :, None]


GOAL = torch.tensor([1.0, -1.0, 0.5, 0.2, 1.4, -0.3, 0.9, -1.2])


def to_goal(images: Tensor) -> Tensor:
    return (images[:, 0, 0] - GOAL).square().sum(dim=1)


def starts(n: int, dim: int = 8) -> Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(6))
