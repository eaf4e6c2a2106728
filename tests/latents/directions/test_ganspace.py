from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.info import LayerInfo
from latentstudio.generators.probe import Probe
from latentstudio.generators.protocol import Generator
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.latents.directions.errors import DirectionError
from latentstudio.latents.directions.ganspace import ganspace
from latentstudio.latents.principal import principal_axes

SIZES = (5.0, 3.0, 2.0, 0.5)


class Linear(Generator):
    """Activations are ``A z`` with known singular values and vectors."""

    family = "linear"
    has_mapping = False

    def __init__(self) -> None:
        super().__init__()
        self.z_dim = self.w_dim = 4
        self.num_layers, self.num_classes = 1, 0
        self.resolution, self.channels = 4, 3
        self.layers = (LayerInfo("first", 4), LayerInfo("picture", 4))
        random = np.random.RandomState(0)
        self.right = np.linalg.qr(random.randn(4, 4))[0].T
        left = np.linalg.qr(random.randn(48, 4))[0]
        matrix = left @ np.diag(SIZES) @ self.right
        self.matrix = torch.nn.Parameter(torch.from_numpy(matrix).float())

    def config(self) -> dict[str, Any]:
        return {}

    def _map(self, z: Tensor, onehot: Tensor | None) -> Tensor:
        return z[:, None]

    def synthesize(self, ws: Tensor, *args: Any, tap: Any = None, **kwargs: Any) -> Tensor:
        x = (ws[:, 0] @ self.matrix.T + 7.0).reshape(-1, 3, 4, 4)
        x = x if tap is None else tap.features(0, x)
        return torch.tanh(x)


def test_a_linear_generator_gives_back_its_singular_vectors():
    """Coordinate k is σ_k v_k·z, so that one deviation of it is v_k itself."""
    toy = Linear()
    found = ganspace(toy, n=4000, seed=1, k=4)
    assert found.space == "z"
    np.testing.assert_allclose(found.sigma, SIZES, rtol=0.06)
    for mine, other in zip(found.vectors, toy.right, strict=True):
        assert abs(mine @ other) == pytest.approx(1.0, abs=0.06)
        assert np.linalg.norm(mine) == pytest.approx(1.0, abs=0.06)
        assert mine[np.abs(mine).argmax()] > 0


def test_equals_least_squares_on_the_activations_of_a_real_network(plain: DCGAN):
    n = 150  # not a whole number of chunks
    z = plain.sample_z(n, 3)
    probe = Probe([1])
    with torch.no_grad():
        plain.synthesize(plain.map(z), tap=probe)
    activations = probe.maps[1].flatten(1).double().numpy()
    centred = activations - activations.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    coordinates = np.column_stack([centred @ axes[:5].T, np.ones(n)])
    want = np.linalg.lstsq(coordinates, z.double().numpy(), rcond=None)[0][:5]
    found = ganspace(plain, n, seed=3, k=5, layer=1)
    sigma = sizes[:5] / np.sqrt(n - 1)
    np.testing.assert_allclose(found.sigma, sigma, rtol=1e-6)
    for mine, other in zip(found.vectors, want * sigma[:, None], strict=True):
        sign = np.sign(mine @ other)
        np.testing.assert_allclose(mine, sign * other, atol=1e-5)


def test_with_a_mapping_network_it_is_the_axes_of_w(style: StyleGAN2):
    axes = principal_axes(style, 300, 5)
    found = ganspace(style, 300, seed=5, k=3)
    assert found.space == "w"
    np.testing.assert_array_equal(found.sigma, axes.sigma[:3].double().numpy())
    want = (axes.components * axes.sigma[:, None])[:3]
    np.testing.assert_allclose(found.vectors, want.double().numpy(), atol=1e-7)


def test_classes_and_refusals(plain: DCGAN):
    torch.manual_seed(4)
    labelled = DCGAN(z_dim=8, resolution=32, ngf=4, num_classes=3, label_dim=2).eval()
    first, other = (ganspace(labelled, 50, k=2, label=label) for label in (None, 2))
    assert first.vectors.shape == (2, 8)
    assert not np.allclose(first.sigma, other.sigma)
    with pytest.raises(DirectionError, match="layer 9 is not there: the last is 3"):
        ganspace(plain, 10, layer=9)
    with pytest.raises(DirectionError, match="0 components"):
        ganspace(plain, 10, k=0)
    dead = Linear()
    dead.matrix.data.zero_()
    with pytest.raises(DirectionError, match="layer 0 never change"):
        ganspace(dead, 10)
