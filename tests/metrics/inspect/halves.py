"""A generator whose codes are known to be what a reader reads, and where."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from latentstudio.data.attributes import Attribute
from latentstudio.generators.protocol import Generator
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.features import ClassifierFeatures

LEFT = Attribute(name="left", kind="continuous", low=-1.0, high=1.0)
RIGHT = Attribute(name="right", kind="continuous", low=-1.0, high=1.0)
BRIGHT = Attribute(name="bright", kind="binary", values=("no", "yes"))
STILL = Attribute(name="still", kind="continuous")


class Halves(Generator):
    """Grey pictures of 8 px: code 0 of w is the left half, in layer 0; code 1 the right, in 1.

    Codes 2 and 3 change nothing. w is z turned, so that each code of z moves both halves.
    """

    family = "halves"
    has_mapping = True

    def __init__(self, mapped: bool = True) -> None:
        super().__init__()
        self.has_mapping = mapped  # type: ignore[misc]
        self.z_dim = self.w_dim = 4
        self.resolution, self.channels, self.num_classes, self.layers = 8, 1, 0, ()
        self.num_layers = 2 if mapped else 1
        self.name, self.content_hash = "halves", "12" * 32
        self.scale = nn.Parameter(torch.tensor(0.3))
        self.drawn = 0
        half = 0.5 * torch.tensor([[1.0, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])
        self.register_buffer("turn", half if mapped else torch.eye(4))

    def config(self) -> dict[str, Any]:
        return {}

    def _map(self, z: Tensor, onehot: Tensor | None) -> Tensor:
        return (z @ self.turn)[:, None].repeat(1, self.num_layers, 1)

    def synthesize(self, ws: Tensor, noise: Any = "const", **kwargs: Any) -> Tensor:
        self.drawn += len(ws)
        left, right = ws[:, 0, 0], ws[:, -1, 1]
        halves = torch.stack([left, right], dim=1).repeat_interleave(4, dim=1)
        return self.scale * halves[:, None, None].expand(-1, 1, 8, -1)


class Means(AttributeClassifier):
    """Reads the mean of either half, whether the left is bright, and a number that never varies."""

    def forward(self, images: Tensor) -> Tensor:
        left, right = images[..., :4].mean((1, 2, 3)), images[..., 4:].mean((1, 2, 3))
        return torch.stack([left, right, 20 * left, 0 * left], dim=1)


def reader(pretext: bool = False) -> ClassifierFeatures:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        attributes = [LEFT, RIGHT, BRIGHT, STILL]
        network = Means(attributes, resolution=8, channels=1, width=4, max_width=4, dim=4)
    network.pretext = pretext
    return ClassifierFeatures(network.eval(), name="means", content_hash="34" * 32, bf16=False)
