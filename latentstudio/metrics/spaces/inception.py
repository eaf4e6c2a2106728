"""The FID Inception network as a feature space, and the logits of the Inception Score."""

from __future__ import annotations

import torch
from torch import Tensor

from latentstudio.checkpoints.torch_state import Weights
from latentstudio.metrics.spaces.features import NetworkFeatures, space_hash
from latentstudio.metrics.spaces.inception_network import DIM, SIZE, Inception
from latentstudio.metrics.spaces.resize import Resize, resize, rgb


class InceptionFeatures(NetworkFeatures):
    """The pool features that FID is defined in.

    Parameters
    ----------
    weights
        The state dict of 2015-12-05.
    sha256
        Of its file.
    how
        How pictures are brought to 299 px. It is part of the space: numbers of the two ways are
        not comparable.
    device
        Where to compute, always in float32.

    Raises
    ------
    CheckpointError
        If the weights do not fill the network.
    """

    def __init__(self, weights: Weights, sha256: str, how: Resize, device: torch.device) -> None:
        super().__init__(
            name="inception" if how == "tf1" else f"inception-{how}",
            content_hash=space_hash("inception 2015-12-05 pool", resize=how, weights=sha256),
            dim=DIM,
            resolution=SIZE,
            device=device,
            batch=16,
        )
        self.network = Inception(weights).to(device)
        self.how = how

    def embed(self, images: Tensor) -> Tensor:
        """See :meth:`NetworkFeatures.embed`."""
        pixels = resize(rgb(images).add(1.0).mul(127.5), SIZE, self.how)
        features: Tensor = self.network(pixels)
        return features

    def logits(self, images: Tensor) -> Tensor:
        """What the Inception Score is made of: float32 [n, 1008] of pictures as in ``__call__``."""
        return self.logits_of(self(images))

    def logits_of(self, features: Tensor) -> Tensor:
        """The same from features [n, 2048] at hand, in which they are linear, without a bias."""
        return features @ self.network.classes.to(features).T
