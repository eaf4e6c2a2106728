from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from latentstudio.generators.layers import ACTIVATIONS
from latentstudio.generators.stylegan2 import Spec, StyledConv, StyleGAN2
from tests.oracles import networks as oracle

FIXTURES = Path(__file__).parent.parent / "fixtures"
PUBLISHED = ["sg2_32_clamp", "sg2_32_nonoise_gray", "sg2_32_resnet"]
TINY: dict[str, Any] = {
    "z_dim": 8,
    "w_dim": 6,
    "resolution": 16,
    "channel_base": 128,
    "channel_max": 12,
    "mapping_layers": 2,
}


def tiny(**changes: Any) -> StyleGAN2:
    torch.manual_seed(3)
    generator = StyleGAN2(**{**TINY, **changes}).eval()
    with torch.no_grad():
        for parameter in generator.parameters():
            if parameter.ndim == 0:  # noise strengths start at 0, which would test nothing
                parameter.fill_(0.3)
        generator.mapping.w_avg.normal_()
    return generator.requires_grad_(False)


# --- Against pixels made by the published implementation (random weights) -----------------


class Published:
    def __init__(self, name: str) -> None:
        with safe_open(FIXTURES / f"{name}.safetensors", "pt") as file:
            self.generator = StyleGAN2(**json.loads(file.metadata()["config"]))
            self.generator.load_state_dict({k: file.get_tensor(k) for k in file.keys()})  # noqa: SIM118
        self.generator.eval().requires_grad_(False)
        self.arrays = dict(np.load(FIXTURES / f"{name}.npz"))

    def __getitem__(self, key: str) -> Tensor:
        return torch.from_numpy(self.arrays[key])


@pytest.fixture(scope="module", params=PUBLISHED)
def published(request: pytest.FixtureRequest) -> Published:
    return Published(request.param)


def assert_same_pixels(got: Tensor, want: Tensor) -> None:
    assert got.shape == want.shape
    assert (got - want).abs().max().item() <= 5e-5
    bytes_of = lambda x: (x * 127.5 + 128).clamp(0, 255).to(torch.uint8)  # noqa: E731
    assert (bytes_of(got) != bytes_of(want)).double().mean().item() <= 0.0005


def test_published_latents(published: Published) -> None:
    g, seeds = published.generator, published.arrays["seeds"]
    z = torch.cat([g.sample_z(1, int(seed)) for seed in seeds])
    assert torch.equal(z, published["z"])
    assert g.num_layers == int(published.arrays["num_ws"])
    cutoff = int(published.arrays["cutoff"])
    mix = g.sample_z(1, int(published.arrays["mix_seed"]))
    for got, key in (
        (g.map(z), "w_psi1"),
        (g.map(z, psi=0.7), "w_psi07"),
        (g.map(z, psi=0.7, cutoff=cutoff), "w_psi07_cutoff"),
        (g.map(mix), "mix_w"),
    ):
        torch.testing.assert_close(got, published[key], atol=5e-5, rtol=0)


@pytest.mark.parametrize("key", ["psi1", "psi07", "mix"])
def test_published_pixels(published: Published, key: str) -> None:
    ws = published[f"w_{key}"]
    assert_same_pixels(published.generator.synthesize(ws), published[f"img_{key}"])


def test_published_style_mixing(published: Published) -> None:
    rows = published.arrays["mix_idx"].tolist()
    ws = published.generator.map(published["z"]).clone()
    ws[:, rows] = published.generator.map(published["mix_z"])[:, rows]
    assert_same_pixels(published.generator.synthesize(ws), published["img_mix"])


def test_published_noise(published: Published) -> None:
    g, ws = published.generator, published["w_psi1"][:1]
    assert_same_pixels(g.synthesize(ws, "none"), published["img_nonoise_psi1"])
    torch.manual_seed(5)
    assert_same_pixels(g.synthesize(ws, "random"), published["img_random5_psi1"])
    got = g.synthesize(ws, "random", noise_seed=5)
    assert_same_pixels(got, published["img_random5_psi1"])


# --- Against loops in float64 ---------------------------------------------------------------


@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize("activation", ["lrelu", "linear", "swish", "softplus"])
@pytest.mark.parametrize("taps", [(1, 3, 3, 1), (1, 2), (1, 2, 4, 1, 3, 2), None])
def test_styled_conv_equals_the_loops(up: bool, activation: str, taps: Any) -> None:
    torch.manual_seed(0)
    size = 8 if up else 4
    spec = Spec(6, 3, "skip", True, activation, 0.8, taps)
    conv = StyledConv(3, 5, size, up, spec).double()
    torch.nn.init.normal_(conv.bias)
    torch.nn.init.constant_(conv.noise_strength, 0.3)
    x, w = torch.randn(2, 3, 4, 4).double(), torch.randn(2, 6).double()
    noise = torch.randn(2, 1, size, size).double()
    gain = math.sqrt(0.5)
    with torch.no_grad():
        got = conv(x, w, noise, gain)
        style = w @ conv.affine.weight.t() / math.sqrt(6) + conv.affine.bias
    kernel = conv.kernel.numpy() if up else None
    weight = conv.weight.detach().numpy()
    y = torch.from_numpy(oracle.modulated_conv(x.numpy(), weight, style.numpy(), kernel))
    act = ACTIVATIONS[activation]
    y = y + 0.3 * noise + conv.bias.detach()[:, None, None]
    want = (act.function(y) * act.gain * gain).clamp(-0.8 * gain, 0.8 * gain)
    torch.testing.assert_close(got, want, atol=1e-9, rtol=0)


def test_a_scale_left_to_the_next_layer_changes_nothing() -> None:
    torch.manual_seed(0)
    spec = Spec(6, 3, "skip", True, "lrelu", None, (1, 3, 3, 1))
    first, second = StyledConv(3, 5, 4, False, spec), StyledConv(5, 4, 8, True, spec)
    x, w = torch.randn(2, 3, 4, 4).double(), torch.randn(2, 6).double()
    for conv in (first, second):
        torch.nn.init.normal_(conv.double().bias)
    y, scale = first.unscaled(x, None, w, None, 1.0)
    assert scale is not None
    got = second.unscaled(y, scale, w, None, 1.0)
    want = second(first(x, w, None, 1.0), w, None, 1.0)
    assert got[1] is not None
    torch.testing.assert_close(got[0] * got[1][:, :, None, None], want)


def test_second_derivative_by_w() -> None:
    """Path length regularisation differentiates the picture's gradient once more."""
    g = tiny(resolution=8, activation="swish").double().requires_grad_(True)
    torch.manual_seed(0)
    ws = g.map(g.sample_z(2, 0).double()).detach().double()
    picture = torch.randn(2, 3, 8, 8).double()
    weight = g.synthesis["b8"].conv0.weight
    direction = torch.randn_like(weight)

    def length(*, graph: bool) -> Tensor:
        rows = ws.clone().requires_grad_()
        image = g.synthesize(rows, "const")
        (grad,) = torch.autograd.grad((image * picture).sum(), rows, create_graph=graph)
        return grad.square().sum()

    def shifted(step: float) -> Tensor:
        with torch.no_grad():
            weight.copy_(before + step * direction)
        return length(graph=False)

    (exact,) = torch.autograd.grad(length(graph=True), weight)
    before, step = weight.detach().clone(), 1e-5
    numeric = (shifted(step) - shifted(-step)) / (2 * step)
    torch.testing.assert_close((exact * direction).sum(), numeric, rtol=1e-5, atol=1e-8)


# --- The protocol's promises ---------------------------------------------------------------


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_shapes_and_layers(architecture: str, channels: int) -> None:
    g = tiny(architecture=architecture, channels=channels)
    ws = g.map(g.sample_z(2, 0))
    assert g.synthesize(ws).shape == (2, channels, 16, 16)
    assert len(g.layers) == g.num_layers == 6
    assert [layer.name for layer in g.layers] == [
        "b4.conv1", "b8.conv0", "b8.conv1", "b16.conv0", "b16.conv1", "b16.torgb",
    ]  # fmt: skip
    assert [layer.noise for layer in g.layers] == [True] * 5 + [False]
    assert g.info.has_mapping and g.info.has_noise


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
def test_every_row_feeds_what_its_layer_says(architecture: str) -> None:
    g = tiny(architecture=architecture)
    ws = g.map(g.sample_z(1, 0))
    before = g.synthesize(ws)
    for i in range(g.num_layers):
        moved = ws.clone()
        moved[:, i] += 1.0
        assert (g.synthesize(moved) - before).abs().max() > 1e-4, g.layers[i].name


def test_config_survives_json() -> None:
    g = tiny(resample_filter=[1, 2, 1], conv_clamp=256.0, architecture="resnet", num_classes=3)
    twin = StyleGAN2(**json.loads(json.dumps(g.config()))).eval()
    assert twin.config() == g.config()
    twin.load_state_dict(g.state_dict())
    ws = g.map(g.sample_z(1, 0), torch.tensor([1]))
    with torch.no_grad():
        assert torch.equal(twin.synthesize(ws), g.synthesize(ws))


@pytest.mark.parametrize(
    "changes",
    [{"resolution": 24}, {"resolution": 4}, {"architecture": "tree"}, {"activation": "step"}],
)
def test_impossible_configurations(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        tiny(**changes)


def test_preview_is_the_picture_of_a_smaller_network() -> None:
    g, small = tiny(), tiny(resolution=8)
    state = g.state_dict()
    small.load_state_dict({name: state[name] for name in small.state_dict()})
    ws = g.map(g.sample_z(2, 0))
    preview = g.synthesize(ws, max_resolution=8)
    assert torch.equal(preview, small.synthesize(ws[:, : small.num_layers]))
    assert g.synthesize(ws, max_resolution=15).shape[-1] == 8
    assert g.synthesize(ws, max_resolution=1).shape[-1] == 4
    assert g.synthesize(ws, max_resolution=99).shape[-1] == 16
    assert tiny(architecture="resnet").synthesize(ws, max_resolution=8).shape[-1] == 16


def test_noise_modes() -> None:
    g = tiny()
    ws = g.map(g.sample_z(2, 0))
    const, none = g.synthesize(ws), g.synthesize(ws, "none")
    assert not torch.equal(const, none)
    assert torch.equal(g.synthesize(ws, "const"), const)
    seeded = g.synthesize(ws, "random", noise_seed=7)
    torch.rand(3)  # the global generator must not matter
    assert torch.equal(g.synthesize(ws, "random", noise_seed=7), seeded)
    assert not torch.equal(g.synthesize(ws, "random", noise_seed=8), seeded)
    torch.manual_seed(0)
    free = g.synthesize(ws, "random")
    assert not torch.equal(g.synthesize(ws, "random"), free)
    torch.manual_seed(0)
    assert torch.equal(g.synthesize(ws, "random"), free)


def test_noise_strength() -> None:
    g = tiny()
    ws = g.map(g.sample_z(1, 0))
    const, none = g.synthesize(ws), g.synthesize(ws, "none")
    assert torch.equal(g.synthesize(ws, noise_strength=0.0), none)
    assert torch.equal(g.synthesize(ws, noise_strength=[1.0] * 6), const)
    only_last = g.synthesize(ws, noise_strength=[0, 0, 0, 0, 1, 0])
    assert not torch.equal(only_last, none) and not torch.equal(only_last, const)
    # The last row feeds only toRGB, which adds no noise.
    assert torch.equal(g.synthesize(ws, noise_strength=[1, 1, 1, 1, 1, 9]), const)
    with pytest.raises(ValueError, match="noise_strength has 2 entries"):
        g.synthesize(ws, noise_strength=[1.0, 2.0])


def test_without_noise_inputs() -> None:
    g = tiny(use_noise=False)
    assert not g.info.has_noise
    assert not any("noise" in name for name in g.state_dict())
    ws = g.map(g.sample_z(1, 0))
    assert torch.equal(g.synthesize(ws, "random"), g.synthesize(ws, "none"))


def test_batch_is_the_single_pictures() -> None:
    g = tiny()
    ws = g.map(g.sample_z(3, 0))
    singles = torch.cat([g.synthesize(row[None]) for row in ws])
    torch.testing.assert_close(g.synthesize(ws), singles, atol=1e-5, rtol=0)


def test_classes_change_the_picture() -> None:
    g = tiny(num_classes=3)
    z = g.sample_z(1, 0)
    first, second = g.map(z, torch.tensor([0])), g.map(z, torch.tensor([1]))
    assert not torch.allclose(first, second)
    onehot = torch.tensor([[1.0, 0.0, 0.0]])
    assert torch.equal(g.map(z, onehot), first)


def test_mean_w_follows_training_only() -> None:
    g = tiny(w_avg_beta=0.5)
    z = g.sample_z(64, 0)
    before = g.mean_w.clone()
    w = g.map(z)[:, 0]
    assert torch.equal(g.mean_w, before)
    g.train().map(z)
    torch.testing.assert_close(g.mean_w, (before + w.mean(dim=0)) / 2)


def test_bfloat16_is_near_and_comes_out_as_float32() -> None:
    g = tiny()
    ws = g.map(g.sample_z(2, 0))
    exact = g.synthesize(ws)
    with torch.autocast("cpu", torch.bfloat16):
        near = g.synthesize(ws)
    assert near.dtype == torch.float32
    assert 0 < (near - exact).abs().max() < 0.1 * exact.abs().max()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("clamp", [None, 1.0])
def test_reduced_precision_keeps_48_decibels(dtype: torch.dtype, clamp: float | None) -> None:
    g = tiny(resolution=64, channel_base=512, conv_clamp=clamp)
    ws = g.map(g.sample_z(1, 0))
    exact = g.synthesize(ws)
    with torch.autocast("cpu", dtype):
        near = g.synthesize(ws)
    error = (near - exact).square().mean() / exact.square().max()
    assert 0 < error < 10**-4.8


def test_only_the_highest_resolutions_are_reduced(monkeypatch: pytest.MonkeyPatch) -> None:
    g, seen = tiny(fp16_resolutions=1), []
    single = StyledConv._single
    monkeypatch.setattr(
        StyledConv,
        "_single",
        lambda conv, x, *rest: (seen.append(x.dtype), single(conv, x, *rest))[1],
    )
    with torch.autocast("cpu", torch.bfloat16):
        g.synthesize(g.map(g.sample_z(1, 0)))
    assert seen == [torch.float32] * 3 + [torch.bfloat16] * 2


def test_the_number_of_half_resolutions_leaves_older_hashes_alone() -> None:
    assert "fp16_resolutions" not in tiny().config()
    assert tiny(fp16_resolutions=3).config()["fp16_resolutions"] == 3


@pytest.mark.parametrize("clamp", [None, 0.7])
@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
def test_drawing_is_what_is_differentiated(architecture: str, clamp: float | None) -> None:
    """Without derivatives one picture takes fewer passes; the values are the same."""
    g = tiny(architecture=architecture, conv_clamp=clamp)
    ws = g.map(g.sample_z(1, 0)).clone()
    drawn = g.synthesize(ws)
    torch.testing.assert_close(g.synthesize(ws.requires_grad_()), drawn, atol=1e-5, rtol=0)


def test_settling_changes_no_value() -> None:
    g, state = tiny(), tiny().state_dict()
    ws = g.map(g.sample_z(1, 0))
    before = g.synthesize(ws)
    g.settle()
    assert all(torch.equal(value, state[name]) for name, value in g.state_dict().items())
    torch.testing.assert_close(g.synthesize(ws), before, atol=1e-5, rtol=0)


def load(g: StyleGAN2, other: StyleGAN2) -> None:
    g.load_state_dict(other.state_dict())


def interpolate(g: StyleGAN2, other: StyleGAN2) -> None:
    torch._foreach_lerp_(list(g.parameters()), list(other.parameters()), 1.0)
    torch._foreach_copy_(list(g.buffers()), list(other.buffers()))


def replace(g: StyleGAN2, other: StyleGAN2) -> None:
    for p, q in zip(g.parameters(), other.parameters(), strict=True):
        p.data = q.data.clone()
    torch._foreach_copy_(list(g.buffers()), list(other.buffers()))


def test_changed_weights_are_seen() -> None:
    """Σw² is remembered between frames; every usual way of changing weights must renew it."""
    g, other = tiny(), tiny(conv_clamp=100.0)
    torch.manual_seed(9)
    for parameter in other.parameters():
        torch.nn.init.normal_(parameter)
    ws = g.map(g.sample_z(1, 0))
    with torch.no_grad():
        want = other.synthesize(ws)
        for change in (load, interpolate, replace):
            g = tiny()
            g.synthesize(ws)
            change(g, other)
            torch.testing.assert_close(g.synthesize(ws), want)
            torch.testing.assert_close(copy.deepcopy(g).synthesize(ws), want)


def test_wrong_shapes_say_so() -> None:
    g = tiny()
    with pytest.raises(ValueError, match=r"ws has shape \[1, 5, 6\]; expected \[n, 6, 6\]"):
        g.synthesize(torch.zeros(1, 5, 6))
