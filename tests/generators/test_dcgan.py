from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from latentstudio.generators.dcgan import DCGAN
from tests.oracles import networks as oracle


def tiny(**changes: Any) -> DCGAN:
    torch.manual_seed(3)
    generator = DCGAN(**{"z_dim": 7, "resolution": 32, "ngf": 4, **changes})
    for _ in range(3):  # give batch norm something to remember
        generator(torch.randn(16, 7), torch.zeros(16, dtype=torch.int64))
    return generator.eval().requires_grad_(False)


@pytest.mark.parametrize("channels", [1, 3])
def test_equals_a_plain_sequential(channels: int) -> None:
    g = tiny(channels=channels)
    plain = oracle.dcgan_sequential(7, 4, channels, g.state_dict()).eval()
    z = g.sample_z(3, 0)
    with torch.no_grad():
        want = plain(z[:, :, None, None])
    torch.testing.assert_close(g.synthesize(g.map(z)), want, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("upsample", ["transpose", "resize"])
@pytest.mark.parametrize("resolution", [8, 16, 64])
def test_shapes_and_layers(upsample: str, resolution: int) -> None:
    g = tiny(upsample=upsample, resolution=resolution)
    image = g.synthesize(g.map(g.sample_z(2, 0)))
    assert image.shape == (2, 3, resolution, resolution)
    assert image.abs().max() <= 1
    assert g.num_layers == 1 and not g.info.has_mapping and not g.info.has_noise
    sizes = [layer.resolution for layer in g.layers]
    assert sizes == [2**i for i in range(2, resolution.bit_length())]


def test_features_have_a_limit() -> None:
    g = DCGAN(z_dim=4, resolution=128, ngf=4, max_features=16)
    assert g.stem.out_channels == 16
    assert g.head.in_channels == 4


def test_w_is_z_and_psi_scales_it() -> None:
    g = tiny()
    z = g.sample_z(2, 1)
    assert torch.equal(g.map(z)[:, 0], z)
    torch.testing.assert_close(g.map(z, psi=0.5)[:, 0], z / 2)


def test_noise_arguments_do_nothing() -> None:
    g = tiny()
    ws = g.map(g.sample_z(1, 0))
    other = g.synthesize(ws, "random", noise_seed=3, noise_strength=2.0, max_resolution=8)
    assert torch.equal(other, g.synthesize(ws))


def test_classes_move_z() -> None:
    g = tiny(num_classes=3)
    z = g.sample_z(1, 0)
    first, second = g.map(z, torch.tensor([0])), g.map(z, torch.tensor([2]))
    assert not torch.equal(first, second)
    assert g.synthesize(first).shape == (1, 3, 32, 32)


def test_config_survives_json() -> None:
    g = tiny(upsample="resize", num_classes=2, channels=1)
    twin = DCGAN(**json.loads(json.dumps(g.config()))).eval()
    twin.load_state_dict(g.state_dict())
    ws = g.map(g.sample_z(1, 0), torch.tensor([1]))
    assert torch.equal(twin.synthesize(ws), g.synthesize(ws))


@pytest.mark.parametrize("changes", [{"resolution": 20}, {"upsample": "magic"}])
def test_impossible_configurations(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        DCGAN(**changes)


def test_wrong_shapes_say_so() -> None:
    with pytest.raises(ValueError, match=r"ws has shape \[1, 7\]; expected \[n, 1, 7\]"):
        tiny().synthesize(torch.zeros(1, 7))


def test_resize_is_nearest_neighbour() -> None:
    g = tiny(upsample="resize")
    x = torch.randn(2, 5, 3, 3)
    want = torch.nn.functional.interpolate(x, scale_factor=2.0)
    assert torch.equal(g._resize(x), want)
