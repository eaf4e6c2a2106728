"""A small network that reads the attributes of a data set's pictures.

Its embedding is that data set's own feature space, in which live numbers (FID, KID, precision,
recall) are measured: cheap enough for every frame, and made of what the pictures differ in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentstudio.data.attributes import Attribute

SIDE = 4  # of the last feature map: enough to tell where something is
MAX_ATTRIBUTES = 256
MAX_OUTPUTS = 4096
# So bounded, the largest network that a file can ask for has about 12 million weights.
BOUNDS = {"resolution": (8, 512), "width": (4, 64), "max_width": (4, 256), "dim": (4, 256)}


class AttributeClassifier(nn.Module):
    """Convolutions of falling resolution, an embedding, and linear heads on it.

    Strided convolutions with batch normalisation and residual blocks (He et al. 2016,
    section 3.3) down to a map of 8 px or less, pooled to 4 x 4 and projected to the embedding.

    Parameters
    ----------
    attributes
        What to read; at least one, names unique.
    resolution
        Height and width in pixels that it was made for, 8 to 512.
    channels
        1 (grey) or 3 (RGB).
    width
        Features at half the resolution; they double with every halving, up to ``max_width``.
    max_width
        Greatest number of features.
    dim
        Length of the embedding.
    pretext
        The attributes were made up (rotations) to learn features without labels.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """

    center: Tensor
    spread: Tensor
    target_mean: Tensor
    target_std: Tensor

    def __init__(
        self,
        attributes: Sequence[Attribute],
        *,
        resolution: int,
        channels: int = 3,
        width: int = 32,
        max_width: int = 128,
        dim: int = 96,
        pretext: bool = False,
    ) -> None:
        super().__init__()
        self.attributes = tuple(attributes)
        self.resolution, self.channels, self.pretext = resolution, channels, pretext
        self.width, self.max_width, self.dim = width, max_width, dim
        self._check()
        self.slices = _slices(self.attributes)
        features, size = width, resolution // 2
        # Six taps and stride 2: the expensive full resolution is seen once.
        layers: list[nn.Module] = [_Conv(channels, features, 6, 2), _Residual(features)]
        while size > 8:
            wider = min(2 * features, max_width)
            layers += [_Conv(features, wider, 4, 2), _Residual(wider)]
            features, size = wider, size // 2
        self.body = nn.Sequential(*layers)
        self.project = nn.Linear(features * SIDE * SIDE, dim)
        self.heads = nn.Linear(dim, self.slices[-1].stop)
        self.register_buffer("center", torch.zeros(dim))
        self.register_buffer("spread", torch.ones(dim))
        self.register_buffer("target_mean", torch.zeros(len(self.attributes)))
        self.register_buffer("target_std", torch.ones(len(self.attributes)))

    def config(self) -> dict[str, Any]:
        """Constructor arguments, ready for JSON."""
        return {
            "attributes": msgspec.json.decode(msgspec.json.encode(self.attributes)),
            "resolution": self.resolution,
            "channels": self.channels,
            "width": self.width,
            "max_width": self.max_width,
            "dim": self.dim,
            "pretext": self.pretext,
        }

    def embed(self, images: Tensor) -> Tensor:
        """The embedding, with mean 0 and variance 1 in every dimension over the training data.

        That fixes the scale of distances: the squared distance of two independent pictures of
        the data set is ``2 * dim`` on average.

        Parameters
        ----------
        images
            [n, c, H, W] in [-1, 1], of any size; grey and colour are converted.

        Returns
        -------
        Tensor
            float32 [n, dim], differentiable in the images.
        """
        x = fit(images, self.resolution, self.channels)
        x = self.body(x.to(memory_format=torch.channels_last))
        x = self.project(F.adaptive_avg_pool2d(x, SIDE).flatten(1)).to(self.center.dtype)
        # Smooth, and one-to-one but for its very negative end: edits follow its gradient.
        embedding: Tensor = (F.silu(x) - self.center) / self.spread
        return embedding

    def forward(self, images: Tensor) -> Tensor:
        """All heads side by side: float32 [n, outputs], see ``slices``; inputs as in embed."""
        embedding = self.embed(images)
        with torch.autocast(embedding.device.type, enabled=False):
            outputs: Tensor = self.heads(embedding)
        return outputs

    def predict(self, images: Tensor) -> dict[str, Tensor]:
        """Read the attributes; differentiable in the images.

        Parameters
        ----------
        images
            As in :meth:`embed`.

        Returns
        -------
        dict of str to Tensor
            float32 by attribute: probabilities [n, classes] (categorical), the probability [n]
            of the second value (binary), or the value [n] in the attribute's own unit, which
            may lie outside of ``low`` to ``high`` unless the attribute is periodic.
        """
        return self.read(self(images))

    def read(self, outputs: Tensor) -> dict[str, Tensor]:
        """What the heads' outputs [n, outputs] mean; see :meth:`predict`."""
        result = {}
        for i, (attribute, part) in enumerate(zip(self.attributes, self.slices, strict=True)):
            y = outputs[:, part]
            if attribute.kind == "categorical":
                result[attribute.name] = y.softmax(1)
            elif attribute.kind == "binary":
                result[attribute.name] = y[:, 0].sigmoid()
            elif attribute.period:
                turn = torch.atan2(y[:, 1], y[:, 0]) / (2 * math.pi)
                result[attribute.name] = attribute.low + attribute.period * torch.remainder(turn, 1)
            else:
                result[attribute.name] = y[:, 0] * self.target_std[i] + self.target_mean[i]
        return result

    @torch.no_grad()
    def standardise(self, mean: Tensor, std: Tensor) -> None:
        """Shift and scale the embedding by what it measured over the training data.

        Parameters
        ----------
        mean, std
            [dim] of :meth:`embed` as it is now; a dimension that never varies is only shifted.
            What the heads say does not change.
        """
        std = torch.where(std > 1e-6, std, torch.ones_like(std))
        self.heads.bias.add_(self.heads.weight @ mean)
        self.heads.weight.mul_(std)
        self.center.add_(self.spread * mean)
        self.spread.mul_(std)

    def _check(self) -> None:
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise ValueError(f"{name} is {value!r}; it must be {low} to {high}")
        if self.channels not in (1, 3):
            raise ValueError(f"channels is {self.channels!r}; it must be 1 or 3")
        names = {attribute.name for attribute in self.attributes}
        if not 1 <= len(names) == len(self.attributes) <= MAX_ATTRIBUTES:
            raise ValueError(f"there must be 1 to {MAX_ATTRIBUTES} attributes, each name once")
        for attribute in self.attributes:
            least = {"categorical": 1, "binary": 2, "continuous": 0}[attribute.kind]
            if len(attribute.values) < least or not attribute.low <= attribute.high:
                raise ValueError(f"the attribute {attribute.name!r} has no classes or no range")
        if sum(attribute.outputs for attribute in self.attributes) > MAX_OUTPUTS:
            raise ValueError(f"its attributes need more than {MAX_OUTPUTS} outputs")


def fit(images: Tensor, resolution: int, channels: int) -> Tensor:
    """Resize by area and convert between grey and colour where that is needed.

    Parameters
    ----------
    images
        float [n, c, H, W]; alpha (the second or fourth channel) is left out.
    resolution, channels
        Wanted.

    Returns
    -------
    Tensor
        [n, channels, resolution, resolution]: averaged where the size is a multiple, else
        resampled by a triangle filter as wide as a new pixel (bilinear, antialiased).
    """
    n, c, height, width = images.shape
    images = images[:, : 3 if c > 2 else 1]  # without alpha
    if channels < images.shape[1]:
        luma = images.new_tensor([0.299, 0.587, 0.114]).reshape(1, 3, 1, 1)
        images = (images * luma).sum(1, keepdim=True)
    images = images.expand(n, channels, height, width)
    if (height, width) == (resolution, resolution):
        return images
    if height % resolution == 0 and width % resolution == 0:
        return F.avg_pool2d(images, (height // resolution, width // resolution))
    size = (resolution, resolution)
    return F.interpolate(images, size=size, mode="bilinear", antialias=True)


class _Conv(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        padding = (kernel - 1) // 2
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)))


class _Residual(nn.Module):
    """x + f(x) of two convolutions, then ReLU."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.first = _Conv(features, features, 3)
        self.second = nn.Conv2d(features, features, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(features)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.norm(self.second(self.first(x))))


def _slices(attributes: Sequence[Attribute]) -> tuple[slice, ...]:
    ends = [0]
    for attribute in attributes:
        ends.append(ends[-1] + attribute.outputs)
    return tuple(slice(a, b) for a, b in pairwise(ends))
