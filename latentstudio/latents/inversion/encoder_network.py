"""The network that guesses a picture's latent at one glance."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FIRST, LAST = 16, 4  # pixels of the first and of the last feature map
# So bounded, the largest network that a file can ask for has about 20 million weights.
BOUNDS = {"resolution": (8, 256), "width": (4, 128), "max_width": (4, 512), "dim": (1, 1024)}


class Encoder(nn.Module):
    """A linear guess from the picture at 16 px, and convolutions that correct it.

    The linear part is solved for, not trained, and is a good start by itself: w is near to linear
    in what is seen. For the correction, which begins at 0, the picture's 16 x 16 patches become
    channels (on a CPU the first full-size maps would cost more than all the rest), and two
    convolutions of stride 2 lead to 4 x 4, each followed by batch normalisation and a residual
    block (He et al. 2016, section 3.3). Both parts speak in whitened coordinates: deviations
    along the principal axes of the generator's w, so that every output is as large as every other.

    Parameters
    ----------
    resolution
        Height and width in pixels at which pictures are looked at: a power of two, 8 to 256.
    channels
        1 (grey), 3 (RGB) or 4 (RGBA), as the generator draws.
    dim
        Length of the latent.
    width, max_width
        Features of the first map; they double with every halving, up to ``max_width``.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """

    mean: Tensor
    basis: Tensor

    def __init__(
        self, *, resolution: int, channels: int, dim: int, width: int = 64, max_width: int = 192
    ) -> None:
        super().__init__()
        self.resolution, self.channels, self.dim = resolution, channels, dim
        self.width, self.max_width = width, max_width
        for name, (low, high) in BOUNDS.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be {low} to {high}")
        if channels not in (1, 3, 4):
            raise ValueError(f"channels is {channels}; it must be 1, 3 or 4")
        if resolution & (resolution - 1):
            raise ValueError(f"resolution is {resolution}; it must be a power of two")
        patch = max(1, resolution // FIRST)
        features, size = width, resolution // patch
        layers: list[nn.Module] = [nn.PixelUnshuffle(patch), _Conv(channels * patch**2, features)]
        while size > LAST:
            wider = min(2 * features, max_width)
            layers += [_Conv(features, wider, stride=2), _Residual(wider)]
            features, size = wider, size // 2
        self.body = nn.Sequential(*layers)
        self.correct = nn.Linear(features * LAST**2, dim)
        nn.init.zeros_(self.correct.weight)
        nn.init.zeros_(self.correct.bias)
        self.linear = nn.Linear(channels * min(resolution, FIRST) ** 2, dim).requires_grad_(False)
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("basis", torch.eye(dim))

    def config(self) -> dict[str, Any]:
        """Constructor arguments, ready for JSON."""
        names = ("resolution", "channels", "dim", "width", "max_width")
        return {name: getattr(self, name) for name in names}

    def look(self, images: Tensor) -> Tensor:
        """Guess in whitened coordinates: float32 [n, dim]; inputs as in :meth:`forward`."""
        if images.ndim != 4 or images.shape[1] != self.channels:
            raise ValueError(
                f"images have shape {list(images.shape)}; expected [n, {self.channels}, H, W]"
            )
        size = (self.resolution, self.resolution)
        if images.shape[2:] != size:
            images = F.interpolate(images, size=size, mode="bilinear", antialias=True)
        x = self.body(images.contiguous(memory_format=torch.channels_last))
        # By so many inputs each step of Adam would otherwise move a guess by deviations.
        x = x.flatten(1) / math.sqrt(self.correct.in_features)
        corrections: Tensor = self.correct(x).float()
        # Never in bfloat16: the guess would keep two digits.
        with torch.autocast(images.device.type, enabled=False):
            guess: Tensor = self.linear(self.shrunk(images))
        return guess + corrections

    def shrunk(self, images: Tensor) -> Tensor:
        """What the linear part sees of pictures [n, channels, resolution, resolution]: [n, k]."""
        side = min(self.resolution, FIRST)
        return F.adaptive_avg_pool2d(images.float(), side).flatten(1)

    def forward(self, images: Tensor) -> Tensor:
        """Guess the latents of pictures.

        Parameters
        ----------
        images
            float [n, channels, H, W] in [-1, 1], of any size.

        Returns
        -------
        Tensor
            float32 [n, dim]: w, or z, of the generator that it was trained for.

        Raises
        ------
        ValueError
            On another number of channels.
        """
        return self.latents(self.look(images))

    def latents(self, u: Tensor) -> Tensor:
        """Latents of whitened coordinates, both [n, dim]."""
        with torch.autocast(u.device.type, enabled=False):
            return self.mean + u @ self.basis

    def whitened(self, latents: Tensor) -> Tensor:
        """Whitened coordinates of latents, both [n, dim]."""
        # Rows of the basis are orthogonal: its inverse is its transpose over their squares.
        back = self.basis / self.basis.square().sum(dim=1, keepdim=True)
        return (latents - self.mean) @ back.t()

    @torch.no_grad()
    def set_coordinates(self, mean: Tensor, basis: Tensor) -> None:
        """Say what the outputs mean: mean [dim], and orthogonal rows [dim, dim]."""
        self.mean.copy_(mean)
        self.basis.copy_(basis)


class _Conv(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)))


class _Residual(nn.Module):
    """x + f(x) of two convolutions, then ReLU."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.first = _Conv(features, features)
        self.second = nn.Conv2d(features, features, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(features)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.norm(self.second(self.first(x))))
