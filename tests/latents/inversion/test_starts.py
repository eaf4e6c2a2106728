"""Where searches begin."""

from __future__ import annotations

import pytest
import torch

from latentstudio.latents.inversion.starts import nearest_starts, seeds_starts
from tests.generators.small import small


def test_random_starts_are_points_of_the_generator_and_the_mean() -> None:
    generator = small("stylegan2")
    z = generator.sample_z(3, 5)
    torch.testing.assert_close(seeds_starts(generator, 3, 5, "z"), z)
    w = seeds_starts(generator, 3, 5, "w")
    torch.testing.assert_close(w[1:], generator.map(z)[1:, 0])
    torch.testing.assert_close(w[0], generator.mean_w)
    plain = small("dcgan")
    torch.testing.assert_close(seeds_starts(plain, 3, 5, "w"), plain.sample_z(3, 5))


@pytest.mark.parametrize("n", [1, 4])
def test_the_nearest_come_first(n: int) -> None:
    features = torch.randn(30, 5, generator=torch.Generator().manual_seed(1))
    target = features[7] + 0.01
    codes = torch.arange(30.0)[:, None]
    found = nearest_starts(features, target, codes, n)
    brute = sorted(range(30), key=lambda i: float(((features[i] - target) ** 2).sum()))
    assert found[:, 0].tolist() == brute[:n]
    assert found[0] == 7
