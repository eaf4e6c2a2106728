from __future__ import annotations

import numpy as np
import pytest
import torch

from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.latents.principal import principal_axes


def samples(generator: StyleGAN2, n: int, seed: int) -> np.ndarray:
    with torch.no_grad():
        return generator.map(generator.sample_z(n, seed))[:, 0].double().numpy()


def test_axes_are_those_of_a_singular_value_decomposition(style: StyleGAN2) -> None:
    n = 2345  # not a whole number of chunks
    w = samples(style, n, 7)
    axes = principal_axes(style, n, seed=7)
    _, values, rows = np.linalg.svd(w - w.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(axes.mean, w.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(axes.sigma, values / np.sqrt(n - 1), rtol=1e-4, atol=1e-6)
    for mine, other in zip(axes.components[:6].numpy(), rows[:6], strict=True):
        assert abs(float(mine @ other)) == pytest.approx(1.0, abs=1e-4)


def test_axes_are_orthonormal_sorted_and_have_one_sign(style: StyleGAN2) -> None:
    _, components, sigma = principal_axes(style, 500)
    torch.testing.assert_close(components @ components.T, torch.eye(12), atol=1e-5, rtol=0)
    assert (sigma.diff() <= 0).all() and (sigma >= 0).all()
    peaks = components.gather(1, components.abs().argmax(dim=1, keepdim=True))
    assert (peaks > 0).all()


def test_axes_are_the_same_every_time_and_differ_by_seed(style: StyleGAN2) -> None:
    first, again, other = (principal_axes(style, 300, seed) for seed in (0, 0, 1))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first.mean, other.mean)


def test_axes_belong_to_a_class(classes: StyleGAN2) -> None:
    first = principal_axes(classes, 200)
    assert torch.equal(first.mean, principal_axes(classes, 200, label=0).mean)
    assert not torch.equal(first.mean, principal_axes(classes, 200, label=1).mean)


def test_axes_need_a_mapping_network_and_samples(plain: DCGAN, style: StyleGAN2) -> None:
    with pytest.raises(ValueError, match="no mapping network"):
        principal_axes(plain)
    with pytest.raises(ValueError, match="at least 2"):
        principal_axes(style, 1)
