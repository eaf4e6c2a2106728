"""LPIPS 0.1: how different two pictures look to a network that was fitted to what people say.

Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric" (2018),
section 3.1, on VGG16. Features of each stage are scaled to length 1 at every place, differences
are squared, weighted by channel, averaged over places and added up. All of that is a squared
distance of vectors, which :meth:`LPIPS.embed` gives.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentstudio.checkpoints.torch_state import Weights
from latentstudio.metrics.spaces.features import NetworkFeatures, space_hash
from latentstudio.metrics.spaces.resize import rgb
from latentstudio.metrics.spaces.vgg import VGG16, WIDTHS

_LARGEST = 256  # pixels: the size at which StyleGAN compares larger pictures too
_TINY = 1e-10  # keeps places where all features are 0 from dividing by 0


class LPIPS(nn.Module):
    """The distance.

    Parameters
    ----------
    vgg
        torchvision's state dict of VGG16; only its convolutions are taken.
    linear
        The state dict ``weights/v0.1/vgg.pth`` of the package ``lpips``.

    Raises
    ------
    CheckpointError
        If a tensor is absent, of another shape, not finite, or a weight is negative.
    """

    def __init__(self, vgg: Weights, linear: Weights) -> None:
        super().__init__()
        self.vgg = VGG16(vgg)
        for i, width in enumerate(WIDTHS):
            weight = torch.from_numpy(linear.take(f"lin{i}.model.1.weight", 1, width, 1, 1))
            if not (weight.isfinite() & (weight >= 0)).all():
                raise linear.error(f"its tensor 'lin{i}.model.1.weight' is negative or not finite")
            self.register_buffer(f"root{i}", weight.sqrt())
        linear.finish()

    def embed(self, images: Tensor) -> Tensor:
        """Vectors whose squared Euclidean distance is LPIPS.

        Parameters
        ----------
        images
            [n, c, H, W] in [-1, 1], 16 px or more.

        Returns
        -------
        Tensor
            [n, D]: 122 numbers a pixel, differentiable in the images.
        """
        parts = []
        for i, x in enumerate(self.vgg(rgb(images))):
            length = torch.linalg.vector_norm(x, dim=1, keepdim=True) + _TINY
            root = self.get_buffer(f"root{i}") / (x.shape[2] * x.shape[3]) ** 0.5
            parts.append((x / length * root).flatten(1))
        return torch.cat(parts, dim=1)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Distances [n] of pictures [n, c, H, W] in [-1, 1] from others of that size."""
        first, second = self.embed(torch.cat([a, b])).chunk(2)
        return (first - second).square().sum(dim=1)


class LpipsFeatures(NetworkFeatures):
    """LPIPS as a feature space for pairs of pictures: path lengths, nearest neighbours.

    Its vectors are much too long for statistics of sets. Pictures above 256 px are averaged down
    to that; smaller ones stay, and their vectors are shorter than ``dim``.

    Parameters
    ----------
    distance
        On its device.
    sha256
        Of both files of weights, joined.
    """

    def __init__(self, distance: LPIPS, sha256: str) -> None:
        super().__init__(
            name="lpips",
            content_hash=space_hash("lpips 0.1 vgg16", weights=sha256),
            dim=122 * _LARGEST**2,
            resolution=_LARGEST,
            device=distance.get_buffer("root0").device,
            batch=4,
        )
        self.distance = distance

    def embed(self, images: Tensor) -> Tensor:
        """See :meth:`NetworkFeatures.embed`."""
        if max(images.shape[-2:]) > _LARGEST:
            images = F.interpolate(images, size=(_LARGEST, _LARGEST), mode="area")
        embedded: Tensor = self.distance.embed(images)
        return embedded
