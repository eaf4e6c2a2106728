"""Sliced Wasserstein distance between patches of pictures, scale by scale.

Karras et al., "Progressive Growing of GANs for Improved Quality, Stability, and Variation"
(2018), section 5: both sets of pictures are taken apart into Laplacian pyramids (Burt and Adelson,
1983) down to 16 pixels. On each level 128 patches of 7 × 7 pixels an image are drawn, and each of
their channels is brought to mean 0 and deviation 1 over the set. The distance is the mean, over
512 random directions, of the Wasserstein distance between the projections (Rabin et al., 2011),
which is the mean difference of sorted values. Values are times 1000 and, as published, of 16,384
images a side. The level of full resolution tells of sharp detail and noise, that of 16 pixels of
overall structure. There is no standard error: compare with the distance of reals from reals, of
equally many.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from latentstudio.metrics.spaces.features import quantise

_PATCH, _PATCHES = 7, 128
_DIRECTIONS, _AT_ONCE = 512, 32
_COARSEST = 16
_REAL, _FAKE = 0, 1


class SlicedDistance(msgspec.Struct, frozen=True):
    """A sliced Wasserstein distance, times 1000.

    Attributes
    ----------
    value
        Mean over the levels.
    resolutions, levels
        Height in pixels and distance of each level, the finest first.
    n
        Pictures on each side.
    """

    value: float
    resolutions: tuple[int, ...]
    levels: tuple[float, ...]
    n: int


class SlicedWasserstein:
    """The distance of pictures that come in parts; kept are 37 KiB a picture and level.

    Parameters
    ----------
    seed
        Of patches and directions: equal pictures in equal order give equal numbers.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._sides = (_Side(seed, _REAL), _Side(seed, _FAKE))

    def add_real(self, images: Tensor) -> None:
        """Take in data: floats [n, c, H, W] in [-1, 1], rounded to 8 bit as files would be.

        Raises
        ------
        ValueError
            On pictures below 16 pixels, of changing size, of a size that cannot be halved, or NaN.
        """
        self._add(_REAL, images)

    def add_fake(self, images: Tensor) -> None:
        """Take in samples; as :meth:`add_real`."""
        self._add(_FAKE, images)

    def distance(self) -> SlicedDistance:
        """Of all that came; ValueError unless both sides have equally many, and some."""
        real, fake = self._sides
        if real.n != fake.n or real.n == 0:
            raise ValueError(
                f"the sliced Wasserstein distance needs equally many pictures on both sides;"
                f" there are {real.n} and {fake.n}"
            )
        random = np.random.RandomState([self._seed, 6])
        levels = tuple(
            1e3 * _sliced(a, b, random) for a, b in zip(real.levels, fake.levels, strict=True)
        )
        return SlicedDistance(float(np.mean(levels)), real.resolutions, levels, real.n)

    def _add(self, side: int, images: Tensor) -> None:
        other = self._sides[1 - side]
        if other.n and tuple(images.shape[1:]) != other.shape:
            raise ValueError(
                f"pictures {list(images.shape[1:])} do not fit those of {list(other.shape)}"
            )
        self._sides[side].add(images)


def laplacian_pyramid(images: Tensor) -> list[Tensor]:
    """Differences of each scale from the next, and the picture at the coarsest, about 16 pixels.

    Sizes are halved as long as 16 pixels are left; ValueError where one is odd by then.
    """
    if min(images.shape[2:]) < _COARSEST:
        raise ValueError(f"pictures {list(images.shape[2:])} are below {_COARSEST} pixels")
    levels = []
    while min(images.shape[2:]) >= 2 * _COARSEST:
        if any(size % 2 for size in images.shape[2:]):
            raise ValueError(f"pictures {list(images.shape[2:])} cannot be halved: resize them")
        smaller = _blurred(images)[:, :, ::2, ::2]
        spaced = torch.zeros_like(images)
        spaced[:, :, ::2, ::2] = smaller
        levels.append(images - 4.0 * _blurred(spaced))
        images = smaller
    return [*levels, images]


class _Side:
    """One set of pictures, taken apart."""

    def __init__(self, *key: int) -> None:
        self._key = key
        self.n = 0
        self.shape: tuple[int, ...] = ()
        self.levels: list[_Level] = []

    @property
    def resolutions(self) -> tuple[int, ...]:
        return tuple(level.resolution for level in self.levels)

    def add(self, images: Tensor) -> None:
        if self.n and tuple(images.shape[1:]) != self.shape:
            raise ValueError(
                f"pictures {list(images.shape[1:])} do not fit those of {list(self.shape)}"
            )
        pyramid = laplacian_pyramid(quantise(images.detach().cpu().float()))
        if not math.isfinite(float(images.sum())):
            raise ValueError("some pictures hold NaN or infinity")
        if not self.n:
            self.shape = tuple(images.shape[1:])
            self.levels = [
                _Level(image, np.random.RandomState([*self._key, i]))
                for i, image in enumerate(pyramid)
            ]
        for level, image in zip(self.levels, pyramid, strict=True):
            level.add(image)
        self.n += len(images)


class _Level:
    """Patches of one level, and what normalises them."""

    def __init__(self, images: Tensor, random: np.random.RandomState) -> None:
        self.resolution, self.dim = images.shape[2], images.shape[1] * _PATCH**2
        self._random = random
        self._parts: list[Tensor] = []
        self._moments = torch.zeros(2, images.shape[1], dtype=torch.float64)
        self._count = 0  # numbers in a channel

    def add(self, images: Tensor) -> None:
        patches = _cut(images, self._random)
        channels = patches.double().transpose(0, 1).flatten(1)
        self._moments += torch.stack([channels.sum(dim=1), channels.square().sum(dim=1)])
        self._count += channels.shape[1]
        # Half precision is 5e-4 of a value, far below the noise of sampling patches.
        self._parts.append(patches.flatten(1).half())

    def projected(self, axes: Tensor) -> NDArray[np.float32]:
        """Normalised patches along axes [k, c · 49], in order of size: [k, n · 128]."""
        mean, square = self._moments / self._count
        variance = (square - mean.square()).clamp(min=0.0)
        # A channel that never varies says nothing.
        scale = torch.where(variance > 0.0, variance.rsqrt(), 0.0)
        scaled = axes.reshape(len(axes), len(scale), -1) * scale[:, None]
        shift = (scaled * mean[:, None]).sum(dim=(1, 2)).float()[:, None]
        axes = scaled.flatten(1).float()
        values = torch.cat([axes @ part.float().T for part in self._parts], dim=1).sub_(shift)
        result: NDArray[np.float32] = values.numpy()
        result.sort(axis=1)  # in place, and without torch's table of indices
        return result


def _cut(level: Tensor, random: np.random.RandomState) -> Tensor:
    """Patches [n · 128, c, 7, 7] at random places that hold them whole."""
    free = np.array(level.shape[2:]) - _PATCH + 1
    places = random.random_sample((len(level) * _PATCHES, 2)) * free
    top, left = torch.from_numpy(places.astype(np.int64)).unbind(dim=1)
    image = torch.arange(len(level)).repeat_interleave(_PATCHES)
    windows = level.unfold(2, _PATCH, 1).unfold(3, _PATCH, 1)  # [n, c, H - 6, W - 6, 7, 7]
    return windows[image, :, top, left]


def _sliced(a: _Level, b: _Level, random: np.random.RandomState) -> float:
    """Mean over directions of the mean difference of sorted projections."""
    axes = torch.from_numpy(random.randn(_DIRECTIONS, a.dim))
    axes /= torch.linalg.vector_norm(axes, dim=1, keepdim=True)
    total = 0.0
    for chosen in torch.split(axes, _AT_ONCE):
        difference = a.projected(chosen)
        difference -= b.projected(chosen)
        total += float(np.abs(difference, out=difference).mean(axis=1, dtype=np.float64).sum())
    return total / _DIRECTIONS


def _blurred(images: Tensor) -> Tensor:
    """Binomial filter of 5 × 5, edges mirrored without repeating the outermost pixel."""
    c = images.shape[1]
    taps = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0
    kernel = torch.outer(taps, taps).to(images).expand(c, 1, 5, 5)
    return F.conv2d(F.pad(images, (2, 2, 2, 2), mode="reflect"), kernel, groups=c)
