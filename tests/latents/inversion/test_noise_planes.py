"""Noise planes as unknowns: who they belong to, and what keeps them noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentstudio.latents.inversion.noise_planes import WEIGHT, NoisePlanes
from tests.generators.small import latents, small


@pytest.mark.parametrize("family", ["stylegan", "stylegan2"])
def test_every_picture_has_its_own_and_the_generator_keeps_its(family: str) -> None:
    generator = small(family)
    ws = latents(generator, 2)
    before = generator.synthesize(ws)
    noise = NoisePlanes(generator, 2)
    torch.testing.assert_close(noise.generator.synthesize(ws), before)
    assert noise.layers == [i for i, layer in enumerate(generator.layers) if layer.noise]
    for layer, plane in zip(noise.layers, noise.planes, strict=True):
        assert plane.shape == (2, 1, *[generator.layers[layer].resolution] * 2)
    changed = [plane.clone() for plane in noise.planes]
    changed[-1][1] += 1.0
    noise.use(changed)
    drawn = noise.generator.synthesize(ws)
    torch.testing.assert_close(drawn[0], before[0])
    assert not torch.allclose(drawn[1], before[1])
    torch.testing.assert_close(generator.synthesize(ws), before)
    shared = zip(generator.parameters(), noise.generator.parameters(), strict=True)
    assert all(a is b for a, b in shared)


@pytest.mark.parametrize("family", ["stylegan", "stylegan2"])
def test_derivatives_by_the_planes_are_those_of_differences(family: str) -> None:
    noise = NoisePlanes(small(family).double(), 2)
    ws = latents(noise.generator, 2).double().requires_grad_(True)
    noise.use([plane.requires_grad_(True) for plane in noise.planes])
    total = noise.generator.synthesize(ws).square().sum()
    gradients = torch.autograd.grad(total, noise.planes)
    for k, gradient in enumerate(gradients):
        ways = []
        for step in (1e-4, -1e-4):
            planes = [plane.detach().clone() for plane in noise.planes]
            planes[k][1, 0, 2, 1] += step
            noise.use(planes)
            ways.append(float(noise.generator.synthesize(ws).detach().square().sum()))
        slope = (ways[0] - ways[1]) / 2e-4
        assert float(gradient[1, 0, 2, 1]) == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_the_penalty_is_the_published_sum() -> None:
    noise = NoisePlanes(small("stylegan2"), 2)
    total = 0.0
    for plane in noise.planes:
        n = plane[1, 0].double().numpy()
        while True:
            total += np.mean(n * np.roll(n, 1, axis=0)) ** 2
            total += np.mean(n * np.roll(n, 1, axis=1)) ** 2
            if len(n) <= 8:
                break
            n = n.reshape(len(n) // 2, 2, len(n) // 2, 2).sum(axis=(1, 3)) / 2
    assert float(noise.penalty(noise.planes)[1]) == pytest.approx(WEIGHT * total, rel=1e-3)


def test_planes_keep_their_moments_and_their_place() -> None:
    noise = NoisePlanes(small("stylegan2"), 3)
    stored = [plane.clone() for plane in noise.planes]
    random = torch.Generator().manual_seed(2)
    noise.move([3.0 * torch.randn(p.shape, generator=random) + 1.0 for p in stored])
    for plane, old in zip(noise.planes, stored, strict=True):
        for i in range(3):
            torch.testing.assert_close(plane[i].mean(), old[i].mean(), atol=1e-5, rtol=1e-4)
            torch.testing.assert_close(plane[i].std(), old[i].std())
    kept = noise.of(noise.planes, 2)
    moved = [plane.clone() for plane in noise.planes]
    noise.keep(torch.tensor([0, 2]))
    torch.testing.assert_close(noise.planes[0], moved[0][[0, 2]])
    noise.resume([kept])
    torch.testing.assert_close(noise.planes[-1], moved[-1][2:])
