from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from latentstudio.checkpoints.store import load_generator, save_generator
from latentstudio.generators.growth import Grows, Growth, finished
from latentstudio.generators.stylegan import StyleGAN, adain
from tests.oracles import stylegan as oracle

TINY: dict[str, Any] = {
    "z_dim": 8,
    "w_dim": 6,
    "resolution": 16,
    "channel_base": 80,
    "channel_max": 12,
    "mapping_layers": 2,
}


def tiny(**changes: Any) -> StyleGAN:
    torch.manual_seed(3)
    generator = StyleGAN(**{**TINY, **changes}).eval()
    with torch.no_grad():
        for parameter in generator.parameters():
            if parameter.ndim == 1:  # biases and noise strengths start at 0: nothing to test
                parameter.normal_(0.0, 0.3)
        generator.mapping.w_avg.normal_()
    return generator.requires_grad_(False)


def close(got: Tensor, want: Tensor) -> None:
    assert got.dtype == want.dtype == torch.float64
    torch.testing.assert_close(got, want, atol=1e-10, rtol=0)


# --- Against the paper, word by word, in float64 -------------------------------------------


def test_mapping_equals_the_paper() -> None:
    g = tiny(mapping_layers=3, mapping_lr=0.1).double()
    z = g.sample_z(4, 5).double()
    want = oracle.mapping(z, g.state_dict(), 3, 0.1)
    close(g.map(z), want[:, None].expand(-1, g.num_layers, -1))


@pytest.mark.parametrize("noise", [True, False])
@pytest.mark.parametrize(("size", "alpha"), [(4, 1.0), (8, 0.0), (8, 0.3), (16, 0.3), (16, 1.0)])
def test_growing_pictures_equal_the_paper(size: int, alpha: float, noise: bool) -> None:
    g = tiny(growing=True).double()
    g.set_growth(Growth(size, alpha))
    state = g.state_dict()
    torch.manual_seed(1)
    ws = torch.randn(3, g.num_layers, g.w_dim).double()  # every row another style: mixing
    planes = {layer.name: state[f"{layer.name}.noise_const"] for layer in g.layers}
    want = oracle.synthesis(ws, state, size, alpha, noises=planes if noise else None)
    got = g.synthesize(ws, "const" if noise else "none")
    assert got.shape == (3, 3, size, size)
    close(got, want)


@pytest.mark.parametrize("taps", [None, (1, 6, 1), (1, 4, 6, 4, 1), (1, 2, 5)])
def test_other_filters_equal_the_paper(taps: tuple[float, ...] | None) -> None:
    g = tiny(blur=taps, channels=1).double()
    ws = g.map(g.sample_z(2, 0).double())
    # The oracle correlates; the network's filters convolve, as everywhere in FIR filtering.
    mirrored = None if taps is None else taps[::-1]
    close(g.synthesize(ws, "none"), oracle.synthesis(ws, g.state_dict(), 16, taps=mirrored))


def test_random_noise_equals_the_paper() -> None:
    g = tiny().double()
    ws = g.map(g.sample_z(2, 0).double())
    random = torch.Generator().manual_seed(7)
    planes = {
        layer.name: 0.5 * torch.randn(2, 1, layer.resolution, layer.resolution, generator=random)
        for layer in g.layers
    }
    got = g.synthesize(ws, "random", noise_seed=7, noise_strength=0.5)
    close(got, oracle.synthesis(ws, g.state_dict(), 16, noises=planes))


def test_float32_is_near() -> None:
    g = tiny(resolution=32, channel_base=256)
    ws = g.map(g.sample_z(2, 0))
    want = copy.deepcopy(g).double().synthesize(ws.double())
    got = g.synthesize(ws)
    assert got.dtype == torch.float32
    torch.testing.assert_close(got.double(), want, atol=2e-5, rtol=0)


# --- AdaIN ---------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3, 16, 700])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_adain_equals_instance_norm(channels: int, layout: torch.memory_format) -> None:
    torch.manual_seed(0)
    x = 5 + torch.randn(2, channels, 8, 8).double()
    scale, shift = torch.randn(2, 2, channels).double()
    close(adain(x.contiguous(memory_format=layout), scale, shift), oracle.adain(x, scale, shift))


def test_adain_keeps_its_digits_far_from_zero() -> None:
    """Single-pass variances (mean of squares minus square of the mean) lose them all here."""
    torch.manual_seed(0)
    x = 1000 + 0.1 * torch.randn(2, 4, 16, 16)
    scale, shift = torch.ones(2, 4), torch.zeros(2, 4)
    want = oracle.adain(x.double(), scale.double(), shift.double())
    torch.testing.assert_close(adain(x, scale, shift).double(), want, atol=2e-3, rtol=0)


def test_adain_in_bfloat16_keeps_its_mean() -> None:
    """The mean itself has more digits than bfloat16; what is left of it must not show."""
    torch.manual_seed(0)
    x = (10.03 + torch.randn(2, 4, 32, 32)).bfloat16()
    scale, shift = torch.ones(2, 4), torch.zeros(2, 4)
    got = adain(x, scale, shift).double()
    assert got.mean(dim=(2, 3)).abs().max() < 6e-3  # with the mean rounded to 10: 0.03
    assert (got.std(dim=(2, 3)) - 1).abs().max() < 6e-3


def test_adain_of_a_constant_channel_is_its_shift() -> None:
    for value in (0.0, 1.7, 1e4):
        for dtype in (torch.float32, torch.bfloat16):
            x = torch.full((1, 3, 4, 4), value, dtype=dtype)
            shift = torch.tensor([[1.0, 2.0, 3.0]])
            want = shift.to(dtype)[:, :, None, None].expand_as(x)
            assert torch.equal(adain(x, torch.ones(1, 3), shift), want)


@pytest.mark.parametrize("lanes", [4, 512])  # several rows of numbers, or one
def test_adain_first_and_second_derivatives(lanes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("latentstudio.generators.stylegan.LANES", lanes)
    torch.manual_seed(0)
    x = torch.randn(2, 2, 2, 4, dtype=torch.float64, requires_grad=True)
    scale, shift = torch.randn(2, 2, 2, dtype=torch.float64).requires_grad_().unbind()
    assert torch.autograd.gradcheck(adain, (x, scale, shift))
    assert torch.autograd.gradgradcheck(adain, (x, scale, shift))


# --- Derivatives of the whole network -------------------------------------------------------


@pytest.mark.parametrize("noise", ["const", "none"])
def test_gradients_equal_the_papers(noise: Any) -> None:
    g = tiny(growing=True).double().requires_grad_(True)
    g.set_growth(Growth(16, 0.4))
    torch.manual_seed(1)
    ws = torch.randn(2, g.num_layers, g.w_dim).double().requires_grad_()
    state = dict(g.named_parameters()) | dict(g.named_buffers())
    planes = {layer.name: state[f"{layer.name}.noise_const"] for layer in g.layers}
    want_image = oracle.synthesis(ws, state, 16, 0.4, noises=planes if noise == "const" else None)
    picture = torch.randn_like(want_image)
    used = {
        name: p
        for name, p in g.named_parameters()
        if not name.startswith(("mapping", "torgb4"))
        and (noise == "const" or "noise_strength" not in name)
    }
    inputs = [ws, *used.values()]
    want = torch.autograd.grad((want_image * picture).sum(), inputs)
    got = torch.autograd.grad((g.synthesize(ws, noise) * picture).sum(), inputs)
    for name, a, b in zip(["ws", *used], got, want, strict=True):
        torch.testing.assert_close(a, b, atol=1e-9, rtol=1e-9, msg=name)


def test_path_length_can_be_differentiated() -> None:
    """Path length regularisation differentiates the picture's gradient by w once more."""
    g = tiny(resolution=8, channel_max=4).double()
    torch.manual_seed(1)
    ws = torch.randn(1, g.num_layers, g.w_dim, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(g.synthesize, (ws,), fast_mode=True)
    assert torch.autograd.gradgradcheck(g.synthesize, (ws,), fast_mode=True)


def test_path_length_reaches_the_weights() -> None:
    g = tiny(resolution=8).double().requires_grad_(True)
    torch.manual_seed(1)
    ws = torch.randn(2, g.num_layers, g.w_dim, dtype=torch.float64, requires_grad=True)
    picture = torch.randn(2, 3, 8, 8).double()
    state = dict(g.named_parameters()) | dict(g.named_buffers())
    planes = {layer.name: state[f"{layer.name}.noise_const"] for layer in g.layers}
    used = [
        name
        for name, p in g.named_parameters()
        if name.startswith("b") and (name.endswith("weight") or "noise" in name or "const" in name)
    ]
    results = []
    for image in (g.synthesize(ws), oracle.synthesis(ws, state, 8, noises=planes)):
        (grad,) = torch.autograd.grad((image * picture).sum(), ws, create_graph=True)
        length = grad.square().sum(dim=(1, 2)).sqrt().sum()
        results.append(torch.autograd.grad(length, [state[name] for name in used]))
    for name, got, want in zip(used, *results, strict=True):
        torch.testing.assert_close(got, want, atol=1e-9, rtol=1e-9, msg=name)


# --- Growing --------------------------------------------------------------------------------


def test_a_finished_network_draws_as_the_growing_one() -> None:
    g = tiny(growing=True, num_classes=2)
    g.labels, g.name = ("cats", "dogs"), "pets"
    assert isinstance(g, Grows) and g.growth == Growth(16)
    z = g.sample_z(2, 0)
    for size, rows in ((8, 4), (16, 6)):
        g.set_growth(Growth(size))
        done = finished(g)
        assert isinstance(done, StyleGAN) and not done.growing
        assert (done.resolution, done.num_layers, done.labels) == (size, rows, g.labels)
        assert not any(name.startswith("torgb4") for name in done.state_dict())
        ws = g.map(z, torch.tensor([0, 1]))
        assert torch.equal(done.map(z, torch.tensor([0, 1])), ws[:, :rows])
        assert torch.equal(done.synthesize(ws[:, :rows]), g.synthesize(ws))
    assert finished(done) is done


def test_the_coarse_picture_costs_nothing_at_the_end_of_a_fade() -> None:
    g = tiny(growing=True)
    ws = g.map(g.sample_z(1, 0))
    with torch.no_grad():
        g.get_submodule("torgb8").weight.fill_(float("nan"))
    assert torch.isfinite(g.synthesize(ws)).all()
    g.set_growth(Growth(16, 0.9))
    assert torch.isnan(g.synthesize(ws)).any()


def test_impossible_growth() -> None:
    g = tiny(growing=True)
    for growth in (Growth(32), Growth(2), Growth(12), Growth(8, 1.5), Growth(8, float("nan"))):
        with pytest.raises(ValueError, match="growth"):
            g.set_growth(growth)
    assert g.growth == Growth(16)
    done = tiny()
    done.set_growth(Growth(16))
    with pytest.raises(ValueError, match="growing=True"):
        done.set_growth(Growth(8))


# --- The protocol's promises ----------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_shapes_and_layers(channels: int) -> None:
    g = tiny(channels=channels)
    ws = g.map(g.sample_z(2, 0))
    assert g.synthesize(ws).shape == (2, channels, 16, 16)
    assert [(layer.name, layer.resolution, layer.noise) for layer in g.layers] == [
        (f"b{r}.conv{i}", r, True) for r in (4, 8, 16) for i in (0, 1)
    ]
    assert len(g.layers) == g.num_layers == 6
    assert g.info.has_mapping and g.info.has_noise
    assert tiny(resolution=1024, channel_base=1024, channel_max=1).num_layers == 18


def test_every_row_feeds_what_its_layer_says() -> None:
    g = tiny()
    ws = g.map(g.sample_z(1, 0))
    before = g.synthesize(ws)
    for i in range(g.num_layers):
        moved = ws.clone()
        moved[:, i] += 1.0
        assert (g.synthesize(moved) - before).abs().max() > 1e-4, g.layers[i].name


def test_config_survives_json() -> None:
    g = tiny(blur=[1, 3, 1], num_classes=3, use_noise=False, growing=True)
    twin = StyleGAN(**json.loads(json.dumps(g.config()))).eval()
    assert twin.config() == g.config()
    twin.load_state_dict(g.state_dict())
    ws = g.map(g.sample_z(1, 0), torch.tensor([1]))
    with torch.no_grad():
        assert torch.equal(twin.synthesize(ws), g.synthesize(ws))


@pytest.mark.parametrize("changes", [{}, {"num_classes": 2, "blur": None, "use_noise": False}])
def test_a_saved_network_is_the_same_to_the_bit(changes: dict[str, Any], tmp_path: Path) -> None:
    g = tiny(**changes)
    kwargs: dict[str, Any] = {"name": "tiny", "data": {}, "training": {}}
    content_hash = save_generator(tmp_path / "a.safetensors", g, **kwargs)
    read = load_generator(tmp_path / "a.safetensors")
    assert isinstance(read, StyleGAN) and read.config() == g.config()
    assert read.content_hash == content_hash
    state = read.state_dict()
    assert state.keys() == g.state_dict().keys()
    assert all(torch.equal(state[name], tensor) for name, tensor in g.state_dict().items())
    label = torch.tensor([1, 0]) if g.num_classes else None
    assert torch.equal(read(read.sample_z(2, 1), label), g(g.sample_z(2, 1), label))


@pytest.mark.parametrize(
    "changes", [{"resolution": 24}, {"resolution": 4}, {"channel_base": 15}, {"channel_base": -64}]
)
def test_impossible_configurations(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        tiny(**changes)


def test_previews_are_the_whole_picture() -> None:
    g = tiny()
    ws = g.map(g.sample_z(1, 0))
    assert torch.equal(g.synthesize(ws, max_resolution=8), g.synthesize(ws))


def test_drawing_leaves_the_weights_alone() -> None:
    """The first layer works in place; for one picture its input could be the constant itself."""
    for changes in ({}, {"channel_max": 1}):
        g = tiny(**changes)
        before = {name: tensor.clone() for name, tensor in g.state_dict().items()}
        ws = g.map(g.sample_z(1, 0))
        first = g.synthesize(ws)
        assert torch.equal(g.synthesize(ws), first)
        assert all(torch.equal(before[name], tensor) for name, tensor in g.state_dict().items())


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
    assert torch.equal(g.synthesize(ws, noise_strength=[1.0] * 6), const)
    torch.testing.assert_close(g.synthesize(ws, noise_strength=0.0), none)
    for i in range(6):
        only = g.synthesize(ws, noise_strength=[float(i == k) for k in range(6)])
        assert (only - none).abs().max() > 1e-3 and (only - const).abs().max() > 1e-3
    with pytest.raises(ValueError, match="noise_strength has 2 entries"):
        g.synthesize(ws, noise_strength=[1.0, 2.0])


def test_noise_starts_silent_and_differs_by_channel() -> None:
    g = StyleGAN(**TINY).eval().requires_grad_(False)
    ws = g.map(g.sample_z(1, 0))
    torch.testing.assert_close(g.synthesize(ws), g.synthesize(ws, "none"))
    assert g.get_submodule("b8.conv1").noise_strength.shape == (10,)


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
    assert torch.equal(g.map(z, torch.tensor([[1.0, 0.0, 0.0]])), first)


def test_truncation() -> None:
    g = tiny()
    ws = g.map(g.sample_z(2, 0))
    torch.testing.assert_close(g.map(g.sample_z(2, 0), psi=0.0)[0, 3], g.mean_w)
    half = g.map(g.sample_z(2, 0), psi=0.5, cutoff=2)
    torch.testing.assert_close(half[:, :2], (ws[:, :2] + g.mean_w) / 2)
    assert torch.equal(half[:, 2:], ws[:, 2:])


def test_mean_w_follows_training_only() -> None:
    g = tiny(w_avg_beta=0.5)
    z = g.sample_z(64, 0)
    before = g.mean_w.clone()
    w = g.map(z)[:, 0]
    assert torch.equal(g.mean_w, before)
    g.train().map(z)
    torch.testing.assert_close(g.mean_w, (before + w.mean(dim=0)) / 2)


def test_bfloat16_is_near_in_values_and_gradients() -> None:
    g = tiny(resolution=32, channel_base=512, channel_max=16).requires_grad_(True)
    z = g.sample_z(8, 0)
    picture = torch.randn(8, 3, 32, 32)
    images, grads = [], []
    for enabled in (False, True):
        g.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            images.append(g(z))
        (images[-1] * picture).sum().backward()
        grads.append(torch.cat([p.grad.flatten() for p in g.parameters() if p.grad is not None]))
    exact, near = images
    assert near.dtype == torch.float32
    assert 0 < (near - exact).norm() < 0.03 * exact.norm()
    assert torch.cosine_similarity(*grads, dim=0) > 0.98


def test_wrong_shapes_say_so() -> None:
    g = tiny()
    with pytest.raises(ValueError, match=r"ws has shape \[1, 5, 6\]; expected \[n, 6, 6\]"):
        g.synthesize(torch.zeros(1, 5, 6))
    with pytest.raises(ValueError, match=r"z has shape \[1, 5\]"):
        g.map(torch.zeros(1, 5))
