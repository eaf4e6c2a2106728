from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor, nn

from latentstudio.document.edit import Bend, BendKind
from latentstudio.generators.bending import Bending
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.generators.tap import UNTOUCHED
from tests.generators.small import FAMILIES, MAPPED, STYLED, WIDTHS, latents, small

NEUTRAL: dict[BendKind, float] = {
    "scale": 1.0,
    "style": 0.0,
    "move_x": 0.0,
    "move_y": 0.0,
    "rotate": 0.0,
    "zoom": 1.0,
    "flip": 0.0,
    "erode": 0.0,
    "dilate": 0.0,
}
STRONG: dict[BendKind, float] = {
    "scale": -1.5,
    "threshold": 0.1,
    "move_x": 0.3,
    "move_y": -0.2,
    "rotate": 50.0,
    "zoom": 1.4,
    "flip": 1.0,
    "erode": 0.1,
    "dilate": 0.1,
}


def bent(x: Tensor, kind: BendKind, amount: float, channels: tuple[int, ...] = ()) -> Tensor:
    return Bending([Bend(0, channels, kind, amount)]).features(0, x)


def picture(size: int = 8, channels: int = 2) -> Tensor:
    torch.manual_seed(0)
    return torch.randn(2, channels, size, size)


# --- Each kind ------------------------------------------------------------------------------


def test_scale() -> None:
    x = picture(channels=3)
    for amount in (0.0, -1.0, 2.5):
        got = bent(x, "scale", amount, (0, 2))
        assert torch.equal(got, x * torch.tensor([amount, 1.0, amount])[:, None, None])
    assert torch.equal(bent(x, "scale", -1.0), -x)


def test_threshold() -> None:
    x = torch.tensor([[[[-1.0, 0.5], [0.75, 2.0]]]])
    assert bent(x, "threshold", 0.5).tolist() == [[[[0.0, 0.0], [1.0, 1.0]]]]


def test_moves_by_whole_and_half_pixels() -> None:
    x = torch.arange(1.0, 17.0).reshape(1, 1, 4, 4)
    right = torch.tensor([[0, 0, 1, 2], [0, 0, 5, 6], [0, 0, 9, 10], [0, 0, 13, 14.0]])
    torch.testing.assert_close(bent(x, "move_x", 0.5)[0, 0], right)
    torch.testing.assert_close(bent(x, "move_y", 0.5)[0, 0, 2:], x[0, 0, :2])
    assert bent(x, "move_y", 0.5)[0, 0, :2].abs().max() < 1e-5
    left = torch.tensor([[1.5, 2.5, 3.5, 2.0]])  # half a pixel: what comes in counts as 0
    torch.testing.assert_close(bent(x, "move_x", -0.125)[0, 0, :1], left)
    torch.testing.assert_close(bent(x, "move_y", 0.125)[0, 0, :2, 0], torch.tensor([0.5, 3.0]))
    for kind in ("move_x", "move_y"):
        assert bent(x, kind, 1.0).abs().max() < 1e-4 and bent(x, kind, -1.0).abs().max() < 1e-4


def test_quarter_turns_are_counter_clockwise() -> None:
    x = picture(5)
    for turns in range(-3, 5):
        want = torch.rot90(x, turns, (2, 3))
        torch.testing.assert_close(bent(x, "rotate", 90.0 * turns), want, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("kind", "amount", "inverse", "shift"),
    [
        ("move_x", 0.21, np.eye(2), (0.0, 0.21)),
        ("move_y", -0.37, np.eye(2), (-0.37, 0.0)),
        ("zoom", 1.7, np.eye(2) / 1.7, (0.0, 0.0)),
        ("zoom", 0.6, np.eye(2) / 0.6, (0.0, 0.0)),
        # Counter-clockwise for the eye, in (y, x) with y down: back by the same angle.
        ("rotate", 30.0, [[math.cos(0.5235987755982988), 0.5], [-0.5, math.cos(math.pi / 6)]], 0),
    ],
)
def test_motions_as_scipy_makes_them(
    kind: BendKind, amount: float, inverse: Any, shift: Any
) -> None:
    x, size = picture(9).double(), 9
    inverse, middle = np.asarray(inverse), (size - 1) / 2
    offset = middle - inverse @ (np.full(2, middle) + np.asarray(shift) * size)
    got = bent(x, kind, amount)
    for i in range(2):
        want = ndimage.affine_transform(
            x[i, 0].numpy(), inverse, offset, order=1, mode="grid-constant"
        )
        np.testing.assert_allclose(got[i, 0].numpy(), want, atol=1e-10)


def test_flip() -> None:
    x = picture(channels=3)
    got = bent(x, "flip", 0.4, (1,))
    assert torch.equal(got[:, 1], x[:, 1].flip(2)) and torch.equal(got[:, ::2], x[:, ::2])


@pytest.mark.parametrize("radius", [1, 2, 3, 5, 6, 9, 10, 20])
def test_erosion_and_dilation_as_scipy_makes_them(radius: int) -> None:
    x = picture(20, 1)
    wide, deep = (bent(x, kind, radius / 20) for kind in ("dilate", "erode"))
    for i in range(2):
        plane, size = x[i, 0].numpy(), 2 * radius + 1
        most = ndimage.maximum_filter(plane, size, mode="constant", cval=-np.inf)
        least = ndimage.minimum_filter(plane, size, mode="constant", cval=np.inf)
        np.testing.assert_allclose(wide[i, 0].numpy(), most, atol=1e-6)
        np.testing.assert_allclose(deep[i, 0].numpy(), least, atol=1e-6)


def test_a_radius_between_pixels_lies_between() -> None:
    x = picture(8)
    for kind in ("erode", "dilate"):
        small_, large = bent(x, kind, 1 / 8), bent(x, kind, 2 / 8)
        got = bent(x, kind, 1.25 / 8)
        torch.testing.assert_close(got, small_ + 0.25 * (large - small_))


# --- What holds for all of them -------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        ("scale", 2.0),
        ("move_x", 0.125),
        ("move_y", -0.25),
        ("rotate", 90.0),
        ("flip", 1.0),
        ("dilate", 0.125),
        ("erode", 0.25),
        ("threshold", 0.0),
    ],
)
def test_the_same_at_every_resolution(kind: BendKind, amount: float) -> None:
    x = picture(16)
    double = lambda y: F.interpolate(y, scale_factor=2, mode="nearest")  # noqa: E731
    got, want = bent(double(x), kind, amount), double(bent(x, kind, amount))
    torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("kind", list(STRONG))
def test_every_dtype_and_layout(kind: BendKind, dtype: torch.dtype) -> None:
    x = picture(8, 3).to(dtype)
    want = bent(x.float(), kind, STRONG[kind], (1,))
    for layout in (x, x.contiguous(memory_format=torch.channels_last)):
        before = layout.clone()
        got = bent(layout, kind, STRONG[kind], (1,))
        assert got.dtype == dtype and torch.equal(layout, before)
        torch.testing.assert_close(got.float(), want, atol=0.02, rtol=0.02)
        assert torch.equal(got[:, ::2], x[:, ::2])


def test_bends_follow_one_another() -> None:
    x = picture()
    bends = [Bend(0, (0,), "scale", -1.0), Bend(1, (), "scale", 9.0), Bend(0, (), "threshold", 0.0)]
    want = torch.stack([-x[:, 0], x[:, 1]], dim=1) > 0
    assert torch.equal(Bending(bends).features(0, x), want.float())


@pytest.mark.parametrize("family", FAMILIES)
def test_neutral_amounts_change_no_bit(family: str) -> None:
    g = small(family)
    bends = [Bend(i, (999,), kind, NEUTRAL[kind]) for i in range(3) for kind in NEUTRAL]
    ws = latents(g, 1)
    assert torch.equal(g.synthesize(ws, tap=Bending(bends)), g.synthesize(ws))


def test_states_are_values() -> None:
    bend = Bend(2, (0, 3), "scale", 0.5, key="a", name="A")
    first, again = Bending([bend]), Bending([Bend(2, (0, 3), "scale", 0.5)])
    assert first.state(2) == again.state(2) and hash(first.state(2)) == hash(again.state(2))
    assert first.state(1) == UNTOUCHED
    for other in (
        Bend(2, (0, 3), "scale", 0.6),
        Bend(2, (0,), "scale", 0.5),
        Bend(2, (), "scale", 0.5),
        Bend(2, (0, 3), "zoom", 0.5),
    ):
        assert Bending([other]).state(2) != first.state(2)
    orders = [Bend(2, (), "flip", 1.0), bend], [bend, Bend(2, (), "flip", 1.0)]
    assert Bending(orders[0]).state(2) != Bending(orders[1]).state(2)


# --- In the networks ------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("family", [f for f in FAMILIES if not f.startswith("stylegan2")])
def test_scale_zero_is_a_hook_that_zeroes(family: str, n: int) -> None:
    g = small(family)
    ws = latents(g, n)
    for layer, info in enumerate(g.layers):
        if family == "dcgan":
            modules = [g.stem_norm, *g.norms, g.head]  # type: ignore[attr-defined, misc]
            module = modules[layer]
        else:
            place = f"synthesis.{info.name}" if family == "stylegan3" else info.name
            module = g.get_submodule(place)

        def zero(_module: nn.Module, _given: Any, y: Tensor) -> Tensor:
            y = y.clone()
            y[:, 1] = 0.0
            return y

        hook = module.register_forward_hook(zero)
        want = g.synthesize(ws)
        hook.remove()
        assert not torch.equal(want, g.synthesize(ws))
        got = g.synthesize(ws, tap=Bending([Bend(layer, (1,), "scale", 0.0)]))
        torch.testing.assert_close(got, want, atol=1e-6, rtol=0)


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("family", [f for f in FAMILIES if f.startswith("stylegan2")])
def test_scale_zero_is_a_feature_without_weights(family: str, n: int) -> None:
    bare = small(family)
    ws = latents(bare, n)
    for layer, info in enumerate(bare.layers):
        g = small(family)
        module: Any = g.get_submodule(f"synthesis.{info.name}")
        module.weight[1] = 0.0
        module.bias[1] = 0.0
        want = g.synthesize(ws, "none")
        assert not torch.allclose(want, bare.synthesize(ws, "none"))
        got = bare.synthesize(ws, "none", tap=Bending([Bend(layer, (1,), "scale", 0.0)]))
        torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("family", STYLED)
def test_a_style_bend_is_another_bias_of_the_affine(family: str, n: int) -> None:
    bare = small(family)
    ws = latents(bare, n)
    for layer, info in enumerate(bare.layers):
        g = small(family)
        place = info.name if family == "stylegan" else f"synthesis.{info.name}"
        affine: Any = g.get_submodule(f"{place}.affine")
        affine.bias[[0, 2]] += 1.5
        want = g.synthesize(ws)
        assert not torch.allclose(want, bare.synthesize(ws))
        got = bare.synthesize(ws, tap=Bending([Bend(layer, (0, 2), "style", 1.5)]))
        torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", [kind for kind in STRONG if kind != "threshold"])
def test_derivatives_go_through_a_bend(kind: BendKind) -> None:
    g = small("stylegan2").double()
    tap = Bending([Bend(2, (0, 3), kind, STRONG[kind]), Bend(3, (), "style", 0.2)])
    ws = latents(g, 1).requires_grad_()
    weight = torch.randn(1, 3, 16, 16).double()
    loss = lambda at: (g.synthesize(at, tap=tap) * weight).sum()  # noqa: E731
    (grad,) = torch.autograd.grad(loss(ws), ws)
    along = grad / grad.norm()
    with torch.no_grad():
        slope = (loss(ws + 1e-6 * along) - loss(ws - 1e-6 * along)) / 2e-6
    assert float(slope) == pytest.approx(float(grad.norm()), rel=1e-5)


def test_a_preview_is_bent_too() -> None:
    g = small("stylegan2")
    ws, tap = latents(g, 1), Bending([Bend(1, (), "scale", 0.0), Bend(5, (999,), "scale", 0.0)])
    got = g.synthesize(ws, "none", max_resolution=8, tap=tap)
    conv: Any = g.get_submodule("synthesis.b8.conv0")
    conv.weight.zero_()
    conv.bias.zero_()
    want = g.synthesize(ws, "none", max_resolution=8)
    torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-5)


def test_reduced_precision_comes_near() -> None:
    g = StyleGAN2(**MAPPED, **WIDTHS).eval().requires_grad_(False)
    ws = latents(g, 1)
    bends = [Bend(3, (0, 1), "style", 0.5), Bend(4, (2,), "rotate", 20.0)]
    with torch.autocast("cpu", torch.bfloat16):
        near = g.synthesize(ws, tap=Bending(bends))
    torch.testing.assert_close(near, g.synthesize(ws, tap=Bending(bends)), atol=0.05, rtol=0.05)


@pytest.mark.parametrize("family", FAMILIES)
def test_channels_that_are_not_there(family: str) -> None:
    g = small(family)
    tap = Bending([Bend(1, (0, 777), "scale", 0.0)])
    with pytest.raises(ValueError, match=r"layer 1 names channel 777, but the last one there is"):
        g.synthesize(latents(g, 1), tap=tap)
    if family in STYLED:
        last = g.style_channels(1) - 1
        tap = Bending([Bend(1, (last + 1,), "style", 1.0)])
        with pytest.raises(ValueError, match=f"the last one there is {last}$"):
            g.synthesize(latents(g, 1), tap=tap)


@pytest.mark.parametrize("family", ["dcgan", "progan"])
def test_no_style_to_bend(family: str) -> None:
    g = small(family)
    with pytest.raises(ValueError, match="layer 1 of this generator has no style to bend"):
        g.synthesize(latents(g, 1), tap=Bending([Bend(1, (), "style", 1.0)]))
