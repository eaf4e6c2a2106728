"""A generator and a feature space whose metrics can be worked out by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from latentstudio.generators.protocol import Generator


class Linear(Generator):
    """Pictures of 2 × 2 grey pixels: z, plus what its class adds. ``w = 2 z`` when mapped."""

    family = "linear"
    has_mapping = False

    def __init__(self, num_classes: int = 0, mapped: bool = False, unit: bool = False) -> None:
        super().__init__()
        self.z_dim = self.w_dim = 4
        self.resolution, self.channels, self.num_layers, self.layers = 2, 1, 1, ()
        self.num_classes, self.mapped, self.unit = num_classes, mapped, unit
        self.has_mapping = mapped  # type: ignore[misc]
        self.offset = nn.Parameter(torch.arange(max(num_classes, 1)) * 0.1)
        self.norm = nn.BatchNorm2d(1)  # inert in evaluation mode

    def config(self) -> dict[str, Any]:
        return {}

    def _map(self, z: Tensor, onehot: Tensor | None) -> Tensor:
        w = 2.0 * z if self.mapped else z
        return (w if onehot is None else w + (onehot @ self.offset)[:, None])[:, None]

    def synthesize(self, ws: Tensor, noise: Any = "const", **kwargs: Any) -> Tensor:
        x = ws[:, 0].reshape(-1, 1, 2, 2)
        if self.unit:
            return x / torch.linalg.vector_norm(x, dim=(1, 2, 3), keepdim=True)
        x = self.norm(x) if self.training else x
        return x / 4


class Pixels:
    """Features that are the pixels themselves."""

    name, dim, resolution = "pixels", 4, 2

    def __init__(self, content_hash: str = "abcd" * 16) -> None:
        self.content_hash = content_hash
        self.seen = 0

    def __call__(self, images: Tensor) -> Tensor:
        assert not torch.is_grad_enabled()
        self.seen += len(images)
        return images.flatten(1).float()
