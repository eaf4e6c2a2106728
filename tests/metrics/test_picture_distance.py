from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.metrics.picture_distance import (
    feature_distance,
    pixel_distance,
    shift_curve,
    shifted,
)


class Means:
    """A feature space that looks at the mean of each channel alone."""

    name, content_hash, dim, resolution = "means", "ab" * 32, 3, 8

    def __call__(self, images: Tensor) -> Tensor:
        return images.mean(dim=(2, 3))


def pictures(n: int = 1, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.RandomState(seed).rand(n, 3, 8, 8) * 2 - 1).float()


def test_distances_by_hand() -> None:
    black, white = -torch.ones(1, 3, 4, 4), torch.ones(1, 3, 4, 4)
    assert pixel_distance(black, white).tolist() == [255]
    half = white.clone()
    half[:, :, :2] = -1
    assert pixel_distance(black, half).tolist() == pytest.approx([255 / math.sqrt(2)])
    assert feature_distance(Means(), black, half).tolist() == pytest.approx([math.sqrt(3)])
    assert feature_distance(Means(), black, black).tolist() == [0]


def test_the_edge_is_repeated() -> None:
    row = torch.tensor([[[1.0, 2.0, 3.0, 4.0]]])
    for by, want in (
        (0, [1, 2, 3, 4]),
        (1, [1, 1, 2, 3]),
        (-1, [2, 3, 4, 4]),
        (3, [1, 1, 1, 1]),
        (9, [1, 1, 1, 1]),
        (-9, [4, 4, 4, 4]),
    ):
        assert shifted(row, by)[0, 0].tolist() == want


def test_a_pixel_is_far_for_pixels_and_near_for_features() -> None:
    # Stripes one pixel wide: moved by one, every pixel but the edge's is turned round.
    stripes = torch.tensor([1.0, -1.0]).repeat(4).expand(3, 8, 8)
    data = torch.cat([torch.full((1, 3, 8, 8), value) for value in (-0.5, 0.5, -0.5)])
    got = shift_curve(Means(), stripes, (0, 1, 2), data)
    assert got.shifts == (0, 1, 2)
    assert got.pixel == pytest.approx((0, 255 * math.sqrt(7 / 8), 255 * math.sqrt(1 / 8)))
    assert got.feature == pytest.approx((0, math.sqrt(3) / 4, math.sqrt(3) / 4))
    assert (got.pixel_unit, got.feature_unit) == pytest.approx((127.5, math.sqrt(3)))
    assert got.relative is not None
    pixel, feature = got.relative
    assert pixel[1] > 1.8 and feature[1] == pytest.approx(0.25)
    assert shift_curve(Means(), stripes, (0, 1)).relative is None


def test_refusals() -> None:
    for call in (pixel_distance, lambda a, b: feature_distance(Means(), a, b)):
        with pytest.raises(ValueError, match="cannot be compared"):
            call(pictures(1), pictures(2))
    with pytest.raises(ValueError, match="at least one shift"):
        shift_curve(Means(), pictures()[0], ())
    with pytest.raises(ValueError, match="cannot be compared"):
        shift_curve(Means(), pictures()[0], (1,), torch.zeros(2, 3, 4, 4))
