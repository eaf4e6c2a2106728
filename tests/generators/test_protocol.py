from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.progan import ProGAN
from latentstudio.generators.protocol import MAX_SEED, Generator
from latentstudio.generators.stylegan2 import StyleGAN2


def make(family: str, **changes: Any) -> Generator:
    torch.manual_seed(1)
    if family == "dcgan":
        return DCGAN(z_dim=6, resolution=8, ngf=2, **changes).eval().requires_grad_(False)
    if family == "progan":
        return ProGAN(6, 8, channel_base=64, channel_max=4, **changes).eval().requires_grad_(False)
    g = StyleGAN2(6, 5, 8, channel_base=64, channel_max=4, mapping_layers=2, **changes)
    g.mapping.w_avg.normal_()
    return g.eval().requires_grad_(False)


GENERATORS = {family: make(family) for family in ("dcgan", "progan", "stylegan2")}
FAMILY = st.sampled_from(sorted(GENERATORS))
SEED = st.integers(0, MAX_SEED)


@settings(deadline=None, max_examples=40)
@given(family=FAMILY, seed=SEED, n=st.integers(1, 5))
def test_sample_z_is_numpys_stream(family: str, seed: int, n: int) -> None:
    g = GENERATORS[family]
    z = g.sample_z(n, seed)
    want = np.random.RandomState(seed).randn(n, g.z_dim).astype(np.float32)
    assert np.array_equal(z.numpy(), want)
    assert torch.equal(g.sample_z(n, seed), z)


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_seeds_outside_the_range(seed: int) -> None:
    with pytest.raises(ValueError, match=f"seed {seed} is outside 0 to"):
        GENERATORS["dcgan"].sample_z(1, seed)


@settings(deadline=None, max_examples=60)
@given(family=FAMILY, seed=SEED, psi=st.floats(-2, 2), cutoff=st.none() | st.integers(-2, 9))
def test_truncation(family: str, seed: int, psi: float, cutoff: int | None) -> None:
    g = GENERATORS[family]
    z = g.sample_z(2, seed)
    full = g.map(z)
    got = g.map(z, psi=psi, cutoff=cutoff)
    end = g.num_layers if cutoff is None else min(max(cutoff, 0), g.num_layers)
    assert got.shape == (2, g.num_layers, g.w_dim)
    assert torch.equal(got[:, end:], full[:, end:])
    want = g.mean_w + psi * (full - g.mean_w)
    torch.testing.assert_close(got[:, :end], want[:, :end], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", sorted(GENERATORS))
def test_psi_one_is_the_identity_and_zero_the_mean(family: str) -> None:
    g = GENERATORS[family]
    z = g.sample_z(3, 2)
    assert torch.equal(g.map(z, psi=1.0), g.map(z))
    assert torch.equal(g.map(z, psi=1.0, cutoff=0), g.map(z))
    assert torch.equal(g.map(z, psi=0.0), g.mean_w.expand(3, g.num_layers, g.w_dim))


@pytest.mark.parametrize("family", sorted(GENERATORS))
@pytest.mark.parametrize("shape", [(3,), (2, 7), (1, 1, 6)])
def test_z_of_a_wrong_shape(family: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"z has shape .*; expected \[n, 6\]"):
        GENERATORS[family].map(torch.zeros(shape))


@pytest.mark.parametrize("family", sorted(GENERATORS))
def test_labels(family: str) -> None:
    g = make(family, num_classes=3)
    z = g.sample_z(2, 0)
    rows = torch.eye(3)[[2, 0]]
    assert torch.equal(g.map(z, torch.tensor([2, 0])), g.map(z, rows))
    for label, message in (
        (None, "3 classes: a label is needed"),
        (torch.tensor([0]), "2 integer class indices"),
        (torch.tensor([0.0, 1.0]), "2 integer class indices"),
        (torch.tensor([0, 3]), "outside 0 to 2"),
        (torch.tensor([-1, 0]), "outside 0 to 2"),
        (torch.zeros(2, 4), r"expected \[2, 3\]"),
    ):
        with pytest.raises(ValueError, match=message):
            g.map(z, label)
    unconditional = GENERATORS[family]
    assert torch.equal(unconditional.map(z, torch.tensor([1, 1])), unconditional.map(z))


@pytest.mark.parametrize("family", sorted(GENERATORS))
def test_config_names_the_constructors_arguments(family: str) -> None:
    g = GENERATORS[family]
    parameters = inspect.signature(type(g)).parameters
    config = g.config()
    assert set(config) <= set(parameters)
    # Options that came later are left out while unused, so that older content hashes hold.
    later = {"fp16_resolutions", "output", "label_dim", "dense_bias"}
    assert set(parameters) - set(config) <= later
    assert g.info.family == family
    assert g.info.num_layers == g.num_layers


@pytest.mark.parametrize("family", sorted(GENERATORS))
def test_forward_is_map_and_synthesize(family: str) -> None:
    g = GENERATORS[family]
    z = g.sample_z(2, 0)
    assert torch.equal(g(z, noise="none"), g.synthesize(g.map(z), "none"))
