from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pytest
import torch
from torch import Tensor

from latentstudio.generators.growth import Growth
from latentstudio.generators.progan import ProGAN
from latentstudio.generators.protocol import Generator
from latentstudio.generators.stylegan import StyleGAN
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.generators.tap import UNTOUCHED, Chain, tap_at
from tests.generators.small import FAMILIES, MAPPED, STYLED, WIDTHS, latents, small


class Ear:
    """Writes down whom it hears, with copies of what they say; changes nothing."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []
        self.styles: dict[int, Tensor] = {}
        self.maps: dict[int, Tensor] = {}
        self.originals: dict[int, Tensor] = {}

    def style(self, layer: int, style: Tensor) -> Tensor:
        self.heard.append(("style", layer))
        self.styles[layer] = style.clone()
        return style

    def features(self, layer: int, x: Tensor) -> Tensor:
        self.heard.append(("features", layer))
        self.maps[layer], self.originals[layer] = x.clone(), x
        return x

    def state(self, layer: int) -> Hashable:
        return object()


class Deaf(Ear):
    def state(self, layer: int) -> Hashable:
        return UNTOUCHED


class Add(Deaf):
    """Adds something to the style or the features of one layer."""

    def __init__(self, what: str, layer: int, added: Tensor) -> None:
        super().__init__()
        self.what, self.layer, self.added = what, layer, added

    def style(self, layer: int, style: Tensor) -> Tensor:
        return style + self.added[: style.shape[1]] if self.what == "style" else style

    def features(self, layer: int, x: Tensor) -> Tensor:
        return x + self.added[: x.shape[1], None, None] if self.what == "features" else x

    def state(self, layer: int) -> Hashable:
        return (self.what, id(self.added)) if layer == self.layer else UNTOUCHED


def expected_calls(g: Generator) -> list[tuple[str, int]]:
    whats = ["style", "features"] if g.style_channels(0) else ["features"]
    return [(what, layer) for layer in range(len(g.layers)) for what in whats]


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("family", FAMILIES)
def test_listening_changes_nothing(family: str, n: int) -> None:
    g, ear, deaf = small(family), Ear(), Deaf()
    ws = latents(g, n)
    bare = g.synthesize(ws)
    heard = g.synthesize(ws, tap=ear)
    if family.startswith("stylegan2"):  # whose features are multiplied by their scale earlier
        torch.testing.assert_close(heard, bare, atol=1e-5, rtol=1e-5)
    else:
        assert torch.equal(heard, bare)
    assert ear.heard == expected_calls(g)
    assert torch.equal(g.synthesize(ws, tap=deaf), bare) and deaf.heard == []
    for layer, info in enumerate(g.layers):
        assert ear.maps[layer].shape[0::2] == (n, info.resolution)
        assert ear.styles.get(layer, torch.empty(n, 0)).shape == (n, g.style_channels(layer))


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("family", FAMILIES)
def test_nobody_writes_into_what_a_tap_may_keep(family: str, n: int) -> None:
    g, ear = small(family), Ear()
    g.synthesize(latents(g, n), tap=ear)
    assert all(torch.equal(ear.originals[layer], ear.maps[layer]) for layer in ear.maps)


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("family", FAMILIES)
def test_any_layout_and_dtype_may_come_back(family: str, n: int) -> None:
    class Reordered(Ear):
        def features(self, layer: int, x: Tensor) -> Tensor:
            return x.double().transpose(2, 3).contiguous().transpose(2, 3)

    g = small(family)
    ws = latents(g, n)
    got, want = g.synthesize(ws, tap=Reordered()), g.synthesize(ws, tap=Ear())
    assert got.dtype == want.dtype
    torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-5)


def test_the_last_layer_is_what_the_picture_is_made_from() -> None:
    ears = {family: Ear() for family in ("dcgan", "stylegan2 resnet", "stylegan3")}
    made: dict[str, Any] = {}
    for family, ear in ears.items():
        g = small(family)
        made[family] = g.synthesize(latents(g, 1), tap=ear), ear.maps[len(g.layers) - 1]
    assert torch.equal(made["dcgan"][0], made["dcgan"][1].tanh())
    assert torch.equal(*made["stylegan2 resnet"])
    assert torch.equal(made["stylegan3"][0], made["stylegan3"][1] * 0.25)


def test_of_skip_pictures_the_last_is_heard() -> None:
    g, ear = small("stylegan2"), Ear()
    ws = latents(g, 2)
    picture = g.synthesize(ws, tap=ear)

    class Silenced(Ear):
        def features(self, layer: int, x: Tensor) -> Tensor:
            return x * 0.0 if layer == 5 else x

    rest = g.synthesize(ws, tap=Silenced())
    torch.testing.assert_close(picture - rest, ear.maps[5], atol=1e-5, rtol=1e-5)


def test_true_features_of_a_convolution() -> None:
    """The pair of features and scale, multiplied; against the layer by itself."""
    g, ear = small("stylegan2"), Ear()
    assert isinstance(g, StyleGAN2)
    ws = latents(g, 2)
    g.synthesize(ws, "none", tap=ear)
    conv0, conv1 = g._block(8).convs
    torch.testing.assert_close(conv0(ear.maps[0], ws[:, 1], None, 1.0), ear.maps[1])
    torch.testing.assert_close(conv1(ear.maps[1], ws[:, 2], None, 1.0), ear.maps[2])


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("what", ["style", "features"])
@pytest.mark.parametrize("family", FAMILIES)
def test_derivatives_by_what_a_tap_adds(family: str, what: str, n: int) -> None:
    if what == "style" and family not in STYLED:
        return
    g = small(family).double()
    ws = latents(g, n)
    weight = torch.randn_like(g.synthesize(ws))
    # As small as float64 allows, for the kinks; DCGAN's picture is float32.
    step, tolerance = (2e-2, 2e-2) if family == "dcgan" else (1e-8, 1e-5)
    for layer in range(len(g.layers)):
        added = torch.zeros(16).double().requires_grad_()
        (g.synthesize(ws, tap=Add(what, layer, added)) * weight).sum().backward()
        assert added.grad is not None and added.grad.abs().max() > 0
        along = added.grad / added.grad.norm()
        with torch.no_grad():
            ahead, behind = (
                (g.synthesize(ws, tap=Add(what, layer, sign * step * along)) * weight).sum()
                for sign in (1, -1)
            )
        slope = (ahead - behind) / (2 * step)
        assert slope.item() == pytest.approx(float(added.grad.norm()), rel=tolerance)


def test_a_preview_asks_only_for_what_it_draws() -> None:
    g, ear = small("stylegan2"), Ear()
    g.synthesize(latents(g, 1), max_resolution=8, tap=ear)
    assert ear.heard == expected_calls(g)[:6]  # two calls for each of three convolutions


@pytest.mark.parametrize("family", [ProGAN, StyleGAN])
def test_a_growing_network_asks_only_for_what_it_draws(family: Any) -> None:
    options = {"z_dim": 6, "resolution": 16, "growing": True, **WIDTHS}
    g, ear = family(**options).eval().requires_grad_(False), Ear()
    g.set_growth(Growth(8, 0.5))
    ws = latents(g, 1)
    assert torch.equal(g.synthesize(ws, tap=ear), g.synthesize(ws))
    layers = sorted(ear.maps)
    assert layers == [i for i, info in enumerate(g.layers) if info.resolution <= 8]
    coarse = 0 if family is ProGAN else 1  # the last layer before the new block
    added = torch.full((8,), 10.0)
    for layer in (coarse, layers[-1]):
        bent = g.synthesize(ws, tap=Add("features", layer, added))
        assert not torch.allclose(bent, g.synthesize(ws))


def test_a_tap_sees_the_dtype_of_the_layer() -> None:
    g, ear = StyleGAN2(**MAPPED, **WIDTHS, fp16_resolutions=1), Ear()
    g.eval().requires_grad_(False)
    ws = latents(g, 1)
    with torch.autocast("cpu", torch.bfloat16):
        near = g.synthesize(ws, tap=ear)
    assert [ear.maps[layer].dtype for layer in range(5)] == [torch.float32] * 3 + [
        torch.bfloat16
    ] * 2
    torch.testing.assert_close(near, g.synthesize(ws), atol=0.05, rtol=0.05)


def test_a_chain_passes_on_what_each_makes() -> None:
    g, ear = small("stylegan2"), Ear()
    ws, ones, twos = latents(g, 1), torch.ones(8), torch.full((8,), 2.0)
    chain = Chain([Add("features", 2, ones), Add("style", 2, ones), Add("features", 2, twos)])
    got = g.synthesize(ws, tap=Chain([chain, ear]))
    both = Chain([Add("features", 2, ones + twos), Add("style", 2, ones)])
    torch.testing.assert_close(got, g.synthesize(ws, tap=both), atol=1e-4, rtol=1e-4)
    assert tap_at(chain, 2) is not None and tap_at(chain, 1) is None
    assert chain.state(2) == Chain(chain.taps).state(2)
    assert chain.state(2) != Chain(chain.taps[:2]).state(2)


# --- Affine weights -------------------------------------------------------------------------


@pytest.mark.parametrize("family", STYLED)
def test_affine_weights_are_the_jacobian_of_the_styles(family: str) -> None:
    g = small(family).double()
    ws = latents(g, 1)
    for layer in range(g.num_layers):

        def styles(all_rows: Tensor, layer: int = layer) -> Tensor:
            ear = Ear()
            g.synthesize(all_rows, tap=ear)
            return ear.styles[layer][0]

        jacobian = torch.autograd.functional.jacobian(styles, ws)[:, 0]
        count = g.style_channels(layer)
        torch.testing.assert_close(g.affine_weights(layer)[:count], jacobian[:, layer])
        jacobian[:, layer] = 0.0
        assert jacobian.abs().max() == 0.0  # a row feeds its own layer


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
def test_a_row_feeds_the_picture_output_before_it(architecture: Any) -> None:
    g = StyleGAN2(**MAPPED, **WIDTHS, architecture=architecture)
    layers = ["b4.conv1", "b8.conv0", "b8.conv1", "b16.conv0", "b16.conv1", "b16.torgb"]
    assert [info.name for info in g.layers] == layers
    before = {1: "b4.torgb", 3: "b8.torgb"} if architecture == "skip" else {}
    for layer, name in enumerate(layers):
        names = [name, before[layer]] if layer in before else [name]
        affines = [g.synthesis.get_submodule(f"{n}.affine") for n in names]
        want = torch.cat([affine.weight / 5**0.5 for affine in affines])
        torch.testing.assert_close(g.affine_weights(layer), want)
        assert g.style_channels(layer) == len(affines[0].weight)


def test_without_styles_the_first_layer_stands_for_them() -> None:
    dcgan, progan = small("dcgan"), small("progan")
    first: Any = dcgan.stem
    rows = torch.autograd.functional.jacobian(
        lambda w: first(w[None, :, None, None]).flatten(), torch.zeros(6)
    )
    torch.testing.assert_close(dcgan.affine_weights(0), rows)
    dense: Any = progan.get_submodule("b4.dense")
    rows = torch.autograd.functional.jacobian(lambda w: dense(w[None])[0], torch.zeros(6))
    torch.testing.assert_close(progan.affine_weights(0), rows)
    assert dcgan.style_channels(0) == progan.style_channels(0) == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_layers_that_read_no_row(family: str) -> None:
    g = small(family)
    for layer in (-1, g.num_layers, 99):
        with pytest.raises(ValueError, match=f"layer {layer} of this generator reads no row"):
            g.affine_weights(layer)
        assert g.style_channels(layer) == 0
