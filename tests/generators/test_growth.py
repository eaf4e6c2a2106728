from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.growth import Grows, Growth, finished
from latentstudio.generators.progan import ProGAN
from latentstudio.generators.protocol import Generator
from latentstudio.generators.stylegan import StyleGAN
from trainer.discriminators.progan import ProGANDiscriminator

SMALL: dict[str, Any] = {"resolution": 32, "channel_base": 96, "channel_max": 10, "growing": True}


def make(family: str, **changes: Any) -> Any:
    torch.manual_seed(4)
    args = SMALL | changes
    if family == "progan":
        return ProGAN(6, **args).eval()
    if family == "stylegan":
        return StyleGAN(6, 6, mapping_layers=2, **args).eval()
    return ProGANDiscriminator(**args)


GENERATORS = ["progan", "stylegan"]
FAMILIES = [*GENERATORS, "discriminator"]


@pytest.mark.parametrize("growth", [Growth(4), Growth(8, 0.0), Growth(32, 0.5), Growth(32)])
def test_points_that_exist(growth: Growth) -> None:
    assert growth.checked(32) is growth


@pytest.mark.parametrize(
    ("growth", "message"),
    [
        (Growth(64), "64 px is not a power of two between 4 and 32"),
        (Growth(2), "2 px"),
        (Growth(0), "0 px"),
        (Growth(12), "12 px"),
        (Growth(8, -0.1), "alpha -0.1"),
        (Growth(8, 1.1), "alpha 1.1"),
        (Growth(8, float("nan")), "alpha nan"),
    ],
)
@pytest.mark.parametrize("family", FAMILIES)
def test_points_that_do_not(family: str, growth: Growth, message: str) -> None:
    network = make(family)
    with pytest.raises(ValueError, match=message):
        network.set_growth(growth)
    assert network.growth == Growth(32)


@pytest.mark.parametrize("family", FAMILIES)
def test_only_growing_networks_grow(family: str) -> None:
    network = make(family, growing=False)
    assert isinstance(network, Grows)
    network.set_growth(Growth(32))
    with pytest.raises(ValueError, match="does not grow: make it with growing=True"):
        network.set_growth(Growth(16))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_copy_stands_where_the_original_stands(family: str) -> None:
    network = make(family)
    network.set_growth(Growth(16, 0.25))
    twin = copy.deepcopy(network)
    network.set_growth(Growth(16, 0.5))
    assert twin.growth == Growth(16, 0.25)


@pytest.mark.parametrize("family", GENERATORS)
@pytest.mark.parametrize("size", [8, 16, 32])
def test_a_new_level_begins_as_the_enlarged_picture(family: str, size: int) -> None:
    g = make(family)
    z = g.sample_z(2, 0)
    g.set_growth(Growth(size // 2))
    before = g(z, noise="none")
    g.set_growth(Growth(size, 0.0))
    assert torch.equal(g(z, noise="none"), F.interpolate(before, scale_factor=2.0))


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_not_seen_learns_nothing(family: str) -> None:
    network = make(family)
    network.set_growth(Growth(16))
    if family == "discriminator":
        network(torch.randn(4, 3, 16, 16)).sum().backward()
    else:
        network(network.sample_z(2, 0), noise="none").sum().backward()
    learning = {n.split(".")[-3 if "synthesis" in n else 0] for n, p in _with_gradients(network)}
    learning -= {"mapping", "out", "embed"}
    rgb = "fromrgb16" if family == "discriminator" else "torgb16"
    assert learning == {"b4", "b8", "b16", rgb}


def _with_gradients(network: torch.nn.Module) -> list[tuple[str, torch.nn.Parameter]]:
    return [(n, p) for n, p in network.named_parameters() if p.grad is not None]


@pytest.mark.parametrize("family", GENERATORS)
@pytest.mark.parametrize(
    ("growth", "size"),
    [
        (Growth(32), 32),
        (Growth(16), 16),
        (Growth(32, 0.4), 16),
        (Growth(32, 0.6), 32),
        (Growth(8, 0.2), 8),
        (Growth(4), 8),  # the smallest that a studio's network can be
    ],
)
def test_finished(family: str, growth: Growth, size: int) -> None:
    g: Generator = make(family).requires_grad_(False)
    g.name, g.labels = "Some name", ("a", "b")
    assert isinstance(g, Grows)
    g.set_growth(growth)
    torch.manual_seed(1)
    small = finished(g)
    drawn = torch.rand(())
    assert small.resolution == size and not small.config()["growing"]
    assert small.name == g.name and small.labels == g.labels and not small.training
    assert not any(p.requires_grad for p in small.parameters())
    names = {name.split(".")[0] for name in small.state_dict() if "rgb" in name}
    assert len(names) == 1 and len(small.state_dict()) < len(g.state_dict())
    g.set_growth(Growth(size))
    z = g.sample_z(2, 3)
    assert torch.equal(small(z, noise="const"), g(z, noise="const"))
    # The original is as it was, and so is torch's random state.
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.rand(()))


def test_finished_leaves_other_generators_alone() -> None:
    plain = DCGAN(z_dim=4, resolution=8, ngf=2)
    assert finished(plain) is plain
    done = make("progan", growing=False)
    assert finished(done) is done
