"""The network that guesses a picture's latent at one glance."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PIXELS = 16  # side of the shrunk picture that the last layer sees
SIDE = 4  # of the last feature map: it still tells where something is
# So bounded, the largest network that a file can ask for has about 20 million weights.
BOUNDS = {"resolution": (8, 256), "width": (4, 64), "max_width": (4, 256), "dim": (1, 1024)}


class Encoder(nn.Module):
    """Convolutions of falling resolution, and one linear layer on these and the shrunk picture.

    The convolutions are laid out as those of an attribute classifier, and may begin with its
    weights: what tells attributes tells points. The linear layer can be solved for by regression
    (w is near to linear in what is seen), so that training begins with a good guess. It speaks in
    whitened coordinates: deviations along the principal axes of the generator's w, so that every
    output is as large as every other.

    Parameters
    ----------
    resolution
        Height and width in pixels at which pictures are looked at, 8 to 256.
    channels
        1 (grey), 3 (RGB) or 4 (RGBA), as the generator draws.
    dim
        Length of the latent.
    width, max_width
        Features at half the resolution; they double with every halving, up to ``max_width``.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """

    mean: Tensor
    basis: Tensor

    def __init__(
        self, *, resolution: int, channels: int, dim: int, width: int = 32, max_width: int = 128
    ) -> None:
        super().__init__()
        self.resolution, self.channels, self.dim = resolution, channels, dim
        self.width, self.max_width = width, max_width
        for name, (low, high) in BOUNDS.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be {low} to {high}")
        if channels not in (1, 3, 4):
            raise ValueError(f"channels is {channels}; it must be 1, 3 or 4")
        features, size = width, resolution // 2
        layers: list[nn.Module] = [_Conv(channels, features, 6, 2), _Residual(features)]
        while size > 8:
            wider = min(2 * features, max_width)
            layers += [_Conv(features, wider, 4, 2), _Residual(wider)]
            features, size = wider, size // 2
        self.body = nn.Sequential(*layers)
        self.guess = nn.Linear(channels * PIXELS**2 + features * SIDE**2, dim)
        # Equalised learning rate (Karras et al. 2018, section 4.1): of so many inputs a step of
        # Adam would otherwise make deviations.
        self.gain = 1 / math.sqrt(self.guess.in_features)
        nn.init.zeros_(self.guess.weight)  # a fresh encoder guesses the middle
        nn.init.zeros_(self.guess.bias)
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("basis", torch.eye(dim))

    def config(self) -> dict[str, Any]:
        """Constructor arguments, ready for JSON."""
        names = ("resolution", "channels", "dim", "width", "max_width")
        return {name: getattr(self, name) for name in names}

    def seen(self, images: Tensor) -> Tensor:
        """What the last layer sees: float32 [n, k]; inputs as in :meth:`forward`."""
        if images.ndim != 4 or images.shape[1] != self.channels:
            raise ValueError(
                f"images have shape {list(images.shape)}; expected [n, {self.channels}, H, W]"
            )
        size = (self.resolution, self.resolution)
        if images.shape[2:] != size:
            images = F.interpolate(images, size=size, mode="bilinear", antialias=True)
        maps = self.body(images.contiguous(memory_format=torch.channels_last))
        shrunk = F.adaptive_avg_pool2d(images, PIXELS).flatten(1)
        return torch.cat([shrunk, F.adaptive_avg_pool2d(maps, SIDE).flatten(1).float()], dim=1)

    def look(self, images: Tensor) -> Tensor:
        """Guess in whitened coordinates: float32 [n, dim]; inputs as in :meth:`forward`."""
        seen = self.seen(images)
        # Never in bfloat16: the guess would keep two digits.
        with torch.autocast(images.device.type, enabled=False):
            u: Tensor = self.guess(seen * self.gain)
        return u

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

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        padding = (kernel - 1) // 2
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)))


class _Residual(nn.Module):
    """x + f(x) of two convolutions, then ReLU (He et al. 2016, section 3.3)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.first = _Conv(features, features, 3)
        self.second = nn.Conv2d(features, features, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(features)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.norm(self.second(self.first(x))))
