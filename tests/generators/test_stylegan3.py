from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.layout import TensorSpec
from latentstudio.checkpoints.skeleton import build
from latentstudio.checkpoints.store import load_generator
from latentstudio.generators.stylegan3 import FourierInput, Signal, StyleGAN3, SynthesisLayer
from tests.oracles import stylegan3 as oracle

FIXTURES = Path(__file__).parent.parent / "fixtures"
R: dict[str, Any] = {"conv_kernel": 1, "use_radial_filters": True}
TINY: dict[str, Any] = {
    "z_dim": 8,
    "w_dim": 6,
    "resolution": 16,
    "channel_base": 48,
    "channel_max": 6,
    "synthesis_layers": 4,
    "margin_size": 3,
}


def tiny(**changes: Any) -> StyleGAN3:
    torch.manual_seed(3)
    generator = StyleGAN3(**{**TINY, **changes}).eval()
    with torch.no_grad():
        for name, parameter in generator.named_parameters():
            if name.endswith(("bias", "affine.weight")):  # nothing is tested while they are 0
                parameter.add_(torch.randn_like(parameter), alpha=0.3)
        generator.mapping.w_avg.normal_()
        for name, buffer in generator.named_buffers():
            if name.endswith("magnitude_ema"):
                buffer.uniform_(0.5, 1.5)
    return generator.requires_grad_(False)


# --- Against pixels made by the published implementation (random weights) -----------------


@pytest.fixture(scope="module")
def published() -> StyleGAN3:
    generator = load_generator(FIXTURES / "sg3t_32_small.safetensors")
    assert isinstance(generator, StyleGAN3)
    return generator


@pytest.fixture(scope="module")
def arrays() -> dict[str, Tensor]:
    with np.load(FIXTURES / "sg3t_32_small.npz") as file:
        return {name: torch.from_numpy(np.asarray(file[name])) for name in file.files}


def assert_same_pixels(got: Tensor, want: Tensor) -> None:
    assert got.shape == want.shape
    assert (got - want).abs().max().item() <= 5e-5
    bytes_of = lambda x: (x * 127.5 + 128).clamp(0, 255).to(torch.uint8)  # noqa: E731
    assert (bytes_of(got) != bytes_of(want)).double().mean().item() <= 0.0005


def test_published_latents(published: StyleGAN3, arrays: dict[str, Tensor]) -> None:
    z = torch.cat([published.sample_z(1, seed) for seed in arrays["seeds"].tolist()])
    assert torch.equal(z, arrays["z"])
    assert published.num_layers == int(arrays["num_ws"])
    cutoff = int(arrays["cutoff"])
    mix = published.sample_z(1, int(arrays["mix_seed"]))
    for got, key in (
        (published.map(z), "w_psi1"),
        (published.map(z, psi=0.7), "w_psi07"),
        (published.map(z, psi=0.7, cutoff=cutoff), "w_psi07_cutoff"),
        (published.map(mix), "mix_w"),
    ):
        torch.testing.assert_close(got, arrays[key], atol=5e-5, rtol=0)


@pytest.mark.parametrize("key", ["psi1", "psi07", "mix"])
def test_published_pixels(published: StyleGAN3, arrays: dict[str, Tensor], key: str) -> None:
    assert_same_pixels(published.synthesize(arrays[f"w_{key}"]), arrays[f"img_{key}"])


def test_published_transform(published: StyleGAN3, arrays: dict[str, Tensor]) -> None:
    got = published.synthesize(arrays["w_psi1"][:1], transform=arrays["transform"])
    assert_same_pixels(got, arrays["img_transform_psi1"])


def test_published_filters(published: StyleGAN3) -> None:
    fresh = StyleGAN3(**published.config())
    filters = [name for name in fresh.state_dict() if name.endswith("filter")]
    assert len(filters) == 12
    for name in filters:
        torch.testing.assert_close(
            fresh.state_dict()[name], published.state_dict()[name], atol=1e-8, rtol=0
        )


def test_published_geometry() -> None:
    """Sizes and widths of stylegan3-t at 256 px, as the published names of its layers say."""
    g = StyleGAN3(z_dim=1, w_dim=1, channel_base=16384, channel_max=512)
    assert [layer.name for layer in g.layers] == [
        "input", "L0_36_512", "L1_36_512", "L2_36_512", "L3_52_512", "L4_52_512", "L5_84_512",
        "L6_84_512", "L7_148_362", "L8_148_256", "L9_148_181", "L10_276_128", "L11_276_91",
        "L12_276_64", "L13_256_64", "L14_256_3",
    ]  # fmt: skip
    assert [layer.resolution for layer in g.layers[-3:]] == [276, 256, 256]
    layers = [layer for layer in g.synthesis.values() if isinstance(layer, SynthesisLayer)]
    pads = [9, 9, 9, -6, 9, -6, 9, -6, 9, 9, -6, 9, 9, -11]
    assert [layer.rates.pad for layer in layers] == pads


# --- Against loops in float64 ---------------------------------------------------------------

VARIANTS: dict[str, dict[str, Any]] = {
    "t": {},
    "r": R,
    "r, odd margin": {**R, "margin_size": 2, "filter_size": 5},
    "critical": {"num_critical": 3, "conv_clamp": 0.5},
    "upsampling": {"lrelu_upsampling": 1, "num_critical": 0},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_pictures_equal_the_loops(variant: str) -> None:
    g = tiny(**VARIANTS[variant], channel_max=3).double()
    state = {k: v.numpy() for k, v in g.state_dict().items() if k.startswith("synthesis.")}
    ws = g.map(g.sample_z(1, 0).double())
    ws = ws + 0.3 * torch.randn_like(ws)
    move = torch.tensor([[0.8, 0.7, 0.1], [-0.6, 0.9, -0.2], [0.0, 0.0, 1.0]], dtype=torch.float64)
    layers = [layer for layer in g.synthesis.values() if isinstance(layer, SynthesisLayer)]
    rates = [(layer.rates.up, layer.rates.down, layer.rates.size_out) for layer in layers]
    signal = g.synthesis["input"].signal
    want = oracle.picture(
        state,
        rates,
        (signal.size, signal.rate, signal.cutoff),
        ws[0].numpy(),
        np.linalg.inv(move.numpy()),
        g.config()["output_scale"],
        g.config()["conv_clamp"],
    )
    got = g.synthesize(ws, transform=move)[0]
    torch.testing.assert_close(got, torch.from_numpy(want), atol=1e-9, rtol=0)


def test_gradient_by_w() -> None:
    g = tiny(**R).double()
    ws = g.map(g.sample_z(1, 0).double()).detach().clone().requires_grad_()
    torch.manual_seed(0)
    weight, direction = torch.randn(1, 3, 16, 16).double(), torch.randn_like(ws)
    (g.synthesize(ws) * weight).sum().backward()
    with torch.no_grad():
        ahead, behind = (g.synthesize(ws + step * direction) for step in (1e-8, -1e-8))
    assert ws.grad is not None
    numeric = ((ahead - behind) * weight).sum() / 2e-8
    torch.testing.assert_close((ws.grad * direction).sum(), numeric, rtol=1e-5, atol=1e-6)


# --- Moving the picture -----------------------------------------------------------------------


def matrix(x: float = 0.0, y: float = 0.0, angle: float = 0.0) -> Tensor:
    """Turned counter-clockwise by ``angle`` degrees, then moved right by x and down by y."""
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return torch.tensor([[c, s, x], [-s, c, y], [0.0, 0.0, 1.0]])


def middle(image: Tensor) -> Tensor:
    return image[..., 10:-10, 10:-10]


def relative(got: Tensor, want: Tensor) -> float:
    spread = want - want.mean(dim=(2, 3), keepdim=True)
    return ((got - want).norm() / spread.norm()).item()


@pytest.mark.parametrize("kind", [{}, R])
def test_picture_moves_right_and_down(kind: dict[str, Any]) -> None:
    g = tiny(resolution=32, margin_size=10, channel_base=256, **kind)
    ws = g.map(g.sample_z(1, 0))
    still, moved = g.synthesize(ws), g.synthesize(ws, transform=matrix(x=4 / 32, y=2 / 32))
    want = still.roll((2, 4), dims=(2, 3))
    assert relative(middle(moved), middle(want)) < 0.1
    assert relative(middle(moved), middle(still)) > 0.3


def test_picture_turns_counter_clockwise() -> None:
    g = tiny(resolution=32, margin_size=10, channel_base=256, **R)
    ws = g.map(g.sample_z(1, 0))
    still, turned = g.synthesize(ws), g.synthesize(ws, transform=matrix(angle=90))
    assert relative(turned, still.rot90(1, dims=(2, 3))) < 0.01
    assert relative(turned, still.rot90(-1, dims=(2, 3))) > 0.3


def test_a_motion_stored_with_the_weights_comes_first() -> None:
    g = tiny()
    ws = g.map(g.sample_z(1, 0))
    first, then = matrix(0.1, 0.0, 30), matrix(0.0, -0.2, 10)
    want = g.synthesize(ws, transform=then @ first)
    g.synthesis["input"].transform.copy_(torch.linalg.inv(first))
    torch.testing.assert_close(g.synthesize(ws, transform=then), want, atol=1e-5, rtol=0)


def test_motions_that_are_none() -> None:
    g = tiny()
    ws = g.map(g.sample_z(1, 0))
    assert torch.equal(g.synthesize(ws, transform=torch.eye(3)), g.synthesize(ws))
    for flat in (torch.zeros(3, 3), torch.full((3, 3), math.nan)):
        with pytest.raises(ValueError, match="transform has no inverse"):
            g.synthesize(ws, transform=flat)
    with pytest.raises(ValueError, match=r"transform has shape \[2, 3\]; expected \[3, 3\]"):
        g.synthesize(ws, transform=torch.zeros(2, 3))


# --- The protocol's promises ------------------------------------------------------------------


@pytest.mark.parametrize("kind", [{}, R])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_shapes_and_layers(kind: dict[str, Any], channels: int) -> None:
    g = tiny(channels=channels, **kind)
    assert g.synthesize(g.map(g.sample_z(2, 0))).shape == (2, channels, 16, 16)
    assert len(g.layers) == g.num_layers == 6
    assert g.layers[-1].name == f"L4_16_{channels}"
    assert g.info.has_mapping and g.info.has_transform and not g.info.has_noise


def test_every_row_feeds_what_its_layer_says() -> None:
    g = tiny()
    ws = g.map(g.sample_z(1, 0))
    before = g.synthesize(ws)
    for i in range(g.num_layers):
        moved = ws.clone()
        moved[:, i] += torch.linspace(-1, 1, g.w_dim)
        assert (g.synthesize(moved) - before).abs().max() > 1e-4, g.layers[i].name


def test_noise_and_previews_change_nothing() -> None:
    g = tiny()
    ws = g.map(g.sample_z(1, 0))
    options: dict[str, Any] = {"noise_seed": 1, "noise_strength": 5.0, "max_resolution": 8}
    assert torch.equal(g.synthesize(ws, "random", **options), g.synthesize(ws))


def test_config_survives_json() -> None:
    g = tiny(**R, conv_clamp=None, num_classes=3)
    twin = StyleGAN3(**json.loads(json.dumps(g.config()))).eval()
    assert twin.config() == g.config()
    twin.load_state_dict(g.state_dict())
    ws = g.map(g.sample_z(1, 0), torch.tensor([1]))
    with torch.no_grad():
        assert torch.equal(twin.synthesize(ws), g.synthesize(ws))


@pytest.mark.parametrize(
    "changes",
    [
        {"resolution": 4},
        {"resolution": 8192},
        {"synthesis_layers": 0},
        {"synthesis_layers": 200},
        {"num_critical": 4},
        {"margin_size": -1},
        {"lrelu_upsampling": 0},
        {"mapping_layers": 0},
        {"first_cutoff": 0.0},
        {"first_cutoff": 9.0, "first_stopband": 1.0},
        {"first_stopband": -1.0},
        {"filter_size": 1000},
        {"filter_size": 0},
        {"channel_max": 0},
    ],
)
def test_impossible_configurations(changes: dict[str, Any]) -> None:
    wanted = next(iter(changes)) if len(changes) == 1 else "cutoff"
    aliases = {"filter_size": "taps", "channel_max": "channel_max"}
    with pytest.raises(ValueError, match=aliases.get(wanted, wanted)):
        tiny(**changes)


def test_a_hostile_file_allocates_nothing() -> None:
    config = {**TINY, "resolution": 4096, "channel_base": 65536, "channel_max": 65536}
    with pytest.raises(CheckpointError, match="more than any machine"):
        build("stylegan3", config, {}, "a file")
    config |= {"resolution": 256, "synthesis_layers": 64}
    with pytest.raises(CheckpointError, match="larger network than the 4 weights"):
        build("stylegan3", config, {"x": TensorSpec("F32", (4,), 0, 16)}, "a file")


def test_batch_is_the_single_pictures() -> None:
    g = tiny()
    ws = g.map(g.sample_z(3, 0))
    singles = torch.cat([g.synthesize(row[None]) for row in ws])
    torch.testing.assert_close(g.synthesize(ws), singles, atol=1e-6, rtol=0)


def test_classes_change_the_picture() -> None:
    g = tiny(num_classes=3)
    z = g.sample_z(1, 0)
    first, second = g.map(z, torch.tensor([0])), g.map(z, torch.tensor([1]))
    assert not torch.allclose(first, second)
    assert torch.equal(g.map(z, torch.tensor([[1.0, 0.0, 0.0]])), first)


def test_running_means_follow_training_only() -> None:
    g = tiny(w_avg_beta=0.5, magnitude_ema_beta=0.5)
    z = g.sample_z(64, 0)
    layer = next(layer for layer in g.synthesis.values() if isinstance(layer, SynthesisLayer))
    before, magnitude = g.mean_w.clone(), layer.magnitude_ema.clone()
    w = g.map(z)
    x = g.synthesis["input"](w[:2, 0], torch.eye(3))
    g.synthesize(w[:2])
    assert torch.equal(g.mean_w, before) and torch.equal(layer.magnitude_ema, magnitude)
    g.train().synthesize(g.map(z)[:2])
    torch.testing.assert_close(g.mean_w, (before + w[:, 0].mean(dim=0)) / 2)
    torch.testing.assert_close(layer.magnitude_ema, (magnitude + x.square().mean()) / 2)


def test_a_dead_channel_draws() -> None:
    g = tiny()
    layer = next(layer for layer in g.synthesis.values() if isinstance(layer, SynthesisLayer))
    layer.weight[0] = 0.0
    assert torch.isfinite(g.synthesize(g.map(g.sample_z(1, 0)))).all()


def test_bfloat16_is_near_and_comes_out_as_float32() -> None:
    g = tiny()
    ws = g.map(g.sample_z(2, 0))
    exact = g.synthesize(ws)
    with torch.autocast("cpu", torch.bfloat16):
        near = g.synthesize(ws)
    assert near.dtype == torch.float32
    assert 0 < (near - exact).abs().max() < 0.1 * exact.abs().max()


def test_fresh_frequencies_fill_their_disc() -> None:
    torch.manual_seed(0)
    radii = FourierInput(1, Signal(1000, 36, 16, 2.0, 6.0)).freqs.norm(dim=1) / 2.0
    assert radii.max() <= 1
    for share in (0.25, 0.5, 0.75):  # uniform in a disc: area goes with the square of the radius
        assert (radii.square() < share).double().mean().item() == pytest.approx(share, abs=0.05)
