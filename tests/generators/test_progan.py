from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from latentstudio.checkpoints.store import load_generator, save_generator
from latentstudio.generators.growth import Growth
from latentstudio.generators.progan import (
    ProGAN,
    activate_and_normalize,
    doubled,
    wide_taps,
    widened,
)
from tests.oracles import progan as oracle

TINY: dict[str, Any] = {"z_dim": 7, "resolution": 16, "channel_base": 80, "channel_max": 12}


def tiny(**changes: Any) -> ProGAN:
    torch.manual_seed(3)
    generator = ProGAN(**{**TINY, **changes}).eval()
    with torch.no_grad():
        for name, parameter in generator.named_parameters():
            if name.endswith("bias"):  # they start at 0, where a mistake would not be seen
                parameter.normal_(0.0, 0.3)
    return generator.requires_grad_(False)


def close(got: Tensor, want: Tensor) -> None:
    assert got.dtype == want.dtype == torch.float64
    torch.testing.assert_close(got, want, atol=1e-10, rtol=0)


# --- Against the paper, in float64 ---------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "alpha"),
    [(4, 1.0), (8, 0.0), (8, 0.3), (8, 1.0), (16, 0.0), (16, 0.3), (16, 1.0)],
)
def test_growing_pictures_equal_the_paper(size: int, alpha: float) -> None:
    g = tiny(growing=True).double()
    g.set_growth(Growth(size, alpha))
    z = g.sample_z(3, 0).double()
    want = oracle.picture(oracle.latent(z, None, g.state_dict()), g.state_dict(), size, alpha)
    assert want.shape == (3, 3, size, size)
    close(g(z), want)


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("width", [12, 48])  # the mean over features has two ways
def test_pictures_with_classes_equal_the_paper(channels: int, width: int) -> None:
    g = tiny(num_classes=3, channels=channels, channel_max=width, channel_base=16 * width)
    g = g.double()
    z, onehot = g.sample_z(2, 1).double(), torch.eye(3).double()[[2, 0]]
    w = oracle.latent(z, onehot, g.state_dict())
    close(g.map(z, torch.tensor([2, 0]))[:, 0], w)
    close(g(z, onehot), oracle.picture(w, g.state_dict(), 16))


@pytest.mark.parametrize("channels", [5, 40])
@pytest.mark.parametrize("twice", [False, True])
def test_activation_and_its_derivative_equal_plain_operators(channels: int, twice: bool) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, channels, 3, 3).double().requires_grad_()
    bias = torch.randn(channels).double().requires_grad_()
    direction = torch.randn_like(x)
    got = activate_and_normalize(x, bias)
    want = oracle.pixelnorm(F.leaky_relu(x + bias[:, None, None], 0.2))
    close(got, want)
    results = [
        torch.autograd.grad(y, (x, bias), direction, create_graph=twice) for y in (got, want)
    ]
    for a, b in zip(*results, strict=True):
        close(a, b)


def test_second_derivative_of_the_activation() -> None:
    torch.manual_seed(1)
    x = torch.randn(2, 5, 2, 2).double().requires_grad_()
    bias = torch.randn(5).double().requires_grad_()
    assert torch.autograd.gradcheck(activate_and_normalize, (x, bias))
    assert torch.autograd.gradgradcheck(activate_and_normalize, (x, bias))


@pytest.mark.parametrize("frozen", [False, True])
def test_path_lengths_against_finite_differences(frozen: bool) -> None:
    """The derivative by ws of the squared gradient by ws, along a random direction."""
    g = tiny(growing=True).double().requires_grad_(not frozen)
    g.set_growth(Growth(16, 0.6))
    torch.manual_seed(5)
    ws, step_along, seen = (torch.randn(2, 1, 7).double() for _ in range(3))
    seen = torch.randn(2, 3, 16, 16).double()

    def penalty(at: Tensor, *, graph: bool) -> Tensor:
        (grad,) = torch.autograd.grad((g.synthesize(at) * seen).sum(), at, create_graph=graph)
        return grad.square().sum()

    at = ws.clone().requires_grad_()
    (exact,) = torch.autograd.grad(penalty(at, graph=True), at)
    step = 1e-6
    up, down = (penalty((ws + s * step_along).requires_grad_(), graph=False) for s in (step, -step))
    numeric = (up - down) / (2 * step)
    torch.testing.assert_close((exact * step_along).sum(), numeric, rtol=1e-5, atol=1e-9)


# --- Parts by hand --------------------------------------------------------------------------


def test_wide_taps_by_hand() -> None:
    got = widened(torch.ones(1, 1, 3, 3), wide_taps(0.25))[0, 0]
    row = torch.tensor([1.0, 2.0, 2.0, 1.0])
    assert torch.equal(got, row.outer(row) / 4)


def test_doubling_is_nearest_neighbour() -> None:
    x = torch.randn(2, 3, 5, 4)
    assert torch.equal(doubled(x), F.interpolate(x, scale_factor=2.0))


# --- As a generator -------------------------------------------------------------------------


@pytest.mark.parametrize("resolution", [8, 32])
def test_shapes_and_layers(resolution: int) -> None:
    g = tiny(resolution=resolution)
    assert g(g.sample_z(2, 0)).shape == (2, 3, resolution, resolution)
    assert g.num_layers == 1 and not g.info.has_mapping and not g.info.has_noise
    sizes = [layer.resolution for layer in g.layers]
    assert sizes == [2**i for i in range(2, resolution.bit_length())]
    assert [name for name in g.state_dict() if "torgb" in name] == [
        f"torgb{resolution}.weight",
        f"torgb{resolution}.bias",
    ]


def test_w_lies_on_the_sphere_and_psi_moves_it_inwards() -> None:
    g = tiny()
    z = g.sample_z(2, 1)
    w = g.map(z)
    torch.testing.assert_close(w[:, 0].square().mean(dim=1), torch.ones(2))
    torch.testing.assert_close(F.cosine_similarity(w[:, 0], z), torch.ones(2))
    torch.testing.assert_close(g.map(z, psi=0.5), w / 2)
    mean = g.synthesize(g.map(z, psi=0.0))
    assert torch.equal(mean[0], mean[1]) and mean.isfinite().all()


def test_noise_arguments_do_nothing() -> None:
    g = tiny(growing=True)
    ws = g.map(g.sample_z(1, 0))
    other = g.synthesize(ws, "random", noise_seed=3, noise_strength=2.0, max_resolution=8)
    assert torch.equal(other, g.synthesize(ws))


def test_bfloat16_is_near_float32() -> None:
    g = tiny(channel_max=48, channel_base=320).requires_grad_(True)  # widths 48, 40 and 20
    z = g.sample_z(4, 0)
    seen = torch.randn(4, 3, 16, 16)

    def gradients(enabled: bool) -> tuple[Tensor, Tensor]:
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            image = g(z)
        grads = torch.autograd.grad((image * seen).sum(), list(g.parameters()))
        return image.detach(), torch.cat([grad.flatten() for grad in grads])

    (exact, slope), (image, bent) = gradients(False), gradients(True)
    assert image.dtype == torch.float32
    assert (image - exact).std() < 0.03 * exact.std()
    assert F.cosine_similarity(slope, bent, dim=0) > 0.99


@pytest.mark.parametrize("growing", [False, True])
def test_checkpoint_holds_every_bit(tmp_path: Path, growing: bool) -> None:
    g = tiny(growing=growing, num_classes=2)
    path = tmp_path / "g.safetensors"
    save_generator(path, g, name="Tiny", data={}, training={}, labels=("a", "b"))
    torch.manual_seed(9)
    again = load_generator(path)
    assert isinstance(again, ProGAN) and again.growth == Growth(16) and again.growing == growing
    assert again.config() == g.config() and again.labels == ("a", "b")
    z, label = g.sample_z(2, 4), torch.tensor([1, 0])
    assert torch.equal(again(z, label), g(z, label))


def test_config_survives_json() -> None:
    g = tiny(num_classes=2, channels=1, growing=True)
    twin = ProGAN(**json.loads(json.dumps(g.config()))).eval()
    twin.load_state_dict(g.state_dict())
    ws = g.map(g.sample_z(1, 0), torch.tensor([1]))
    assert torch.equal(twin.synthesize(ws), g.synthesize(ws))


@pytest.mark.parametrize("changes", [{"resolution": 20}, {"resolution": 4}, {"channel_base": 15}])
def test_impossible_configurations(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        tiny(**changes)
