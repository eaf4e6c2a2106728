"""Distance of two pictures: by their pixels, and by what a network sees in them.

A picture moved by one pixel is, to its pixels, as far away as another picture may be; to a
feature space it is the same. :func:`shift_curve` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from latentstudio.metrics.spaces.features import Features


class ShiftCurve(msgspec.Struct, frozen=True):
    """How far a picture is from itself moved to the right.

    Attributes
    ----------
    shifts
        In pixels; to the left below 0.
    pixel, feature
        Distance at each shift: grey levels of 255, and units of the feature space.
    pixel_unit, feature_unit
        The mean distance of two random data, where they were given.
    """

    shifts: tuple[int, ...]
    pixel: tuple[float, ...]
    feature: tuple[float, ...]
    pixel_unit: float | None = None
    feature_unit: float | None = None

    @property
    def relative(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """Both distances over those of two random data: at 1 it is another picture."""
        if not (self.pixel_unit and self.feature_unit):
            return None
        return (
            tuple(value / self.pixel_unit for value in self.pixel),
            tuple(value / self.feature_unit for value in self.feature),
        )


def pixel_distance(a: Tensor, b: Tensor) -> Tensor:
    """Root of the mean squared difference over pixels and channels, in grey levels: [n].

    Parameters
    ----------
    a, b
        Floats [n, c, H, W] in [-1, 1], of one size: 255 grey levels are a distance of 2.

    Raises
    ------
    ValueError
        On pictures of different size.
    """
    _check(a, b)
    difference = a.double() - b.double()
    return 127.5 * difference.square().mean(dim=(1, 2, 3)).sqrt()


def feature_distance(features: Features, a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distance of the features of pictures, in the space's own units: float64 [n].

    Parameters and errors are those of :func:`pixel_distance`.
    """
    _check(a, b)
    first, second = features(torch.cat([a, b])).double().chunk(2)
    distance: Tensor = torch.linalg.vector_norm(first - second, dim=1)
    return distance


def shifted(image: Tensor, by: int) -> Tensor:
    """A picture [..., H, W] moved to the right by whole pixels; its edge is repeated."""
    padding = (by, 0) if by >= 0 else (0, -by)
    width = image.shape[-1]
    wide = F.pad(image.reshape(1, -1, width), padding, mode="replicate")
    wide = wide[..., :width] if by >= 0 else wide[..., -by:]
    return wide.reshape(image.shape)


def shift_curve(
    features: Features, image: Tensor, shifts: Sequence[int], data: Tensor | None = None
) -> ShiftCurve:
    """Hold a picture against itself, moved to the right with its edge repeated.

    Parameters
    ----------
    features
        The feature space.
    image
        Float [c, H, W] in [-1, 1].
    shifts
        In pixels.
    data
        Pictures [n, c, H, W] in random order, n at least 2: each is held against the next, which
        gives both distances a common unit.

    Raises
    ------
    ValueError
        When there are no shifts, or the data have another size.
    """
    if not shifts:
        raise ValueError("a curve needs at least one shift")
    moved = torch.stack([shifted(image, by) for by in shifts])
    still = image.expand_as(moved)
    units: list[float | None] = [None, None]
    if data is not None:
        _check(data[:1], image[None])
        pairs = data[:-1], data[1:]
        units = [
            float(distance.mean())
            for distance in (pixel_distance(*pairs), feature_distance(features, *pairs))
        ]
    return ShiftCurve(
        tuple(shifts),
        tuple(pixel_distance(still, moved).tolist()),
        tuple(feature_distance(features, still, moved).tolist()),
        *units,
    )


def _check(a: Tensor, b: Tensor) -> None:
    if a.shape != b.shape or a.ndim != 4:
        raise ValueError(f"pictures {list(a.shape)} and {list(b.shape)} cannot be compared")
