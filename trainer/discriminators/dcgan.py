"""The discriminator of DCGAN (Radford et al. 2016)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DCGANDiscriminator(nn.Module):
    """Strided 4×4 convolutions, batch norm, leaky ReLU.

    Parameters
    ----------
    resolution
        Height and width of the pictures: a power of two, at least 8.
    channels
        1, 3 or 4.
    num_classes
        0, or the number of classes for a projection head (Miyato and Koyama 2018).
    ndf
        Features of the first stage; each coarser stage has twice as many.
    max_features
        Limit on the features of the coarse stages.
    batch_norm
        Normalise as in the paper. Off for losses with a gradient penalty on single pictures
        (R1, WGAN-GP): batch norm makes each logit depend on the whole batch.

    Raises
    ------
    ValueError
        On an impossible configuration.
    """

    def __init__(
        self,
        resolution: int = 64,
        channels: int = 3,
        num_classes: int = 0,
        ndf: int = 64,
        max_features: int = 1024,
        batch_norm: bool = True,
    ) -> None:
        super().__init__()
        if resolution < 8 or resolution & (resolution - 1):
            raise ValueError(f"resolution {resolution} is not a power of two of at least 8")
        self.resolution, self.channels, self.num_classes = resolution, channels, num_classes
        self.ndf, self.max_features, self.batch_norm = ndf, max_features, batch_norm

        sizes = [2**i for i in range(resolution.bit_length() - 2, 1, -1)]
        widths = [min(ndf * (resolution // (2 * s)), max_features) for s in sizes]
        self.first = nn.Conv2d(channels, widths[0], 4, 2, 1)
        self.stages = nn.ModuleList(
            nn.Conv2d(a, b, 4, 2, 1, bias=not batch_norm) for a, b in pairwise(widths)
        )
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(width) if batch_norm else nn.Identity() for width in widths[1:]
        )
        self.head = nn.Conv2d(widths[-1], 1, 4)
        self.embed = nn.Linear(num_classes, widths[-1], bias=False) if num_classes > 0 else None
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, 0.0, 0.02)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.weight, 1.0, 0.02)

    def config(self) -> dict[str, Any]:
        """Constructor arguments as JSON-ready data."""
        return {
            "resolution": self.resolution,
            "channels": self.channels,
            "num_classes": self.num_classes,
            "ndf": self.ndf,
            "max_features": self.max_features,
            "batch_norm": self.batch_norm,
        }

    def forward(self, image: Tensor, label: Tensor | None = None) -> Tensor:
        """Judge pictures.

        Parameters
        ----------
        image
            [n, channels, resolution, resolution] in [-1, 1].
        label
            One-hot [n, num_classes]; required when there are classes.

        Returns
        -------
        Tensor
            Logits [n], float32; positive for real.

        Raises
        ------
        ValueError
            If a needed label is missing.
        """
        if self.embed is not None and label is None:
            raise ValueError(f"this discriminator has {self.num_classes} classes: give a label")
        x = image.contiguous(memory_format=torch.channels_last)
        x = F.leaky_relu(self.first(x), 0.2)
        for stage, norm in zip(self.stages, self.norms, strict=True):
            x = F.leaky_relu(norm(stage(x)), 0.2)
        logits: Tensor = self.head(x).to(self.head.weight.dtype).flatten()
        if self.embed is not None and label is not None:
            features = x.to(logits.dtype).mean(dim=(2, 3))
            logits = logits + (self.embed(label.to(logits.dtype)) * features).sum(dim=1)
        return logits
