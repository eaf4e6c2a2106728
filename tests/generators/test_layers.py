from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

from latentstudio.generators.convolution import (
    conv2d,
    conv2d_lrelu,
    conv_transpose2d,
    doubling,
    fir,
    fir_kernel,
    upsample,
    upsample_image,
)
from latentstudio.generators.layers import (
    ACTIVATIONS,
    EqualLinear,
    add_planes,
    compute_dtype,
    normalize_2nd_moment,
    scale_channels,
)
from tests.oracles import networks as oracle


def randn(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@settings(deadline=None, max_examples=60)
@given(
    taps=st.integers(1, 6),
    before=st.integers(-1, 5),
    after=st.integers(-1, 5),
    up=st.sampled_from([1, 2]),
    down=st.sampled_from([1, 2]),
    height=st.integers(4, 7),
)
def test_fir_equals_the_loops(
    taps: int, before: int, after: int, up: int, down: int, height: int
) -> None:
    if height * up + before + after < taps:
        return
    x, kernel = randn(2, 3, height, height), randn(taps, taps, seed=1)
    got = fir(x, kernel, (before, after), up=up, down=down)
    for sample, expected in zip(got.numpy(), x.numpy(), strict=True):
        want = oracle.fir(expected, kernel.numpy(), (before, after), up, down)
        np.testing.assert_allclose(sample, want, atol=1e-12)


@pytest.mark.parametrize(("pad", "up", "down"), [((2, 1), 2, 1), ((1, 1), 1, 2), ((2, 2), 1, 1)])
def test_fir_derivatives(pad: tuple[int, int], up: int, down: int) -> None:
    x, kernel = randn(1, 2, 4, 4).requires_grad_(), randn(4, 4, seed=1)
    call = lambda t: fir(t, kernel, pad, up=up, down=down)  # noqa: E731
    assert gradcheck(call, (x,))
    assert gradgradcheck(call, (x,))


def test_upsample_keeps_a_flat_picture_flat() -> None:
    kernel = fir_kernel([1, 3, 3, 1]).double()
    y = upsample(torch.ones(1, 1, 8, 8, dtype=torch.float64), kernel)
    assert y.shape == (1, 1, 16, 16)
    np.testing.assert_allclose(y[:, :, 2:-2, 2:-2].numpy(), 1.0)


@pytest.mark.parametrize("stride", [1, 2])
def test_conv2d_is_torchs_and_so_are_its_derivatives(stride: int) -> None:
    x, w, b = randn(2, 3, 5, 5), randn(4, 3, 3, 3, seed=1), randn(4, seed=2)
    inputs = tuple(t.requires_grad_() for t in (x, w, b))
    call = lambda x, w, b: conv2d(x, w, b, stride=stride, padding=1)  # noqa: E731
    torch.testing.assert_close(call(*inputs), F.conv2d(*inputs, stride=stride, padding=1))
    assert gradcheck(call, inputs)
    assert gradgradcheck(call, inputs)


@pytest.mark.parametrize("padding", [0, 1])
def test_conv_transpose2d_is_torchs_and_so_are_its_derivatives(padding: int) -> None:
    x, w = randn(2, 3, 3, 3).requires_grad_(), randn(3, 2, 4, 4, seed=1).requires_grad_()
    call = lambda x, w: conv_transpose2d(x, w, padding=padding)  # noqa: E731
    torch.testing.assert_close(call(x, w), F.conv_transpose2d(x, w, stride=2, padding=padding))
    assert gradcheck(call, (x, w))
    assert gradgradcheck(call, (x, w))


@pytest.mark.parametrize("stride", [1, 2])
def test_conv2d_lrelu_is_torchs_and_so_are_its_derivatives(stride: int) -> None:
    x, w, b = randn(2, 3, 5, 5), randn(4, 3, 3, 3, seed=1), randn(4, seed=2)
    inputs = tuple(t.requires_grad_() for t in (x, w, b))
    call = lambda x, w, b: conv2d_lrelu(x, w, b, stride=stride, padding=1)  # noqa: E731
    want = F.leaky_relu(F.conv2d(*inputs, stride=stride, padding=1), 0.2)
    torch.testing.assert_close(call(*inputs), want)
    assert gradcheck(call, inputs)
    assert gradgradcheck(call, inputs)
    # float32, where the activation is fused into the convolution.
    torch.testing.assert_close(call(*(t.float() for t in inputs)), want.float())


@pytest.mark.parametrize("taps", [(1, 3, 3, 1), (1, 2), (1, 2, 4, 1, 3, 2), (1, 2, 1), None])
def test_doubling_equals_the_loops(taps: tuple[float, ...] | None) -> None:
    x, kernel = randn(1, 3, 5, 5), fir_kernel(taps).double()
    matrix = doubling(taps, 5)
    assert matrix is not None
    pad = ((len(kernel) + 1) // 2, (len(kernel) - 2) // 2)
    want = oracle.fir(x[0].numpy(), 4.0 * kernel.numpy(), pad, up=2)
    np.testing.assert_allclose(upsample_image(x, matrix)[0].numpy(), want, atol=1e-5)


def test_doubling_needs_taps_in_a_row() -> None:
    assert doubling([[1, 2], [3, 4]], 4) is None


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_add_planes(noisy: bool, shared: bool) -> None:
    x, bias, strength = randn(2, 3, 4, 5), randn(2, 3, seed=1), randn(2, 3, seed=2)
    x = x.contiguous(memory_format=torch.channels_last)
    noise = randn(4, 5, seed=3) if shared else randn(2, 1, 4, 5, seed=3)
    inputs = tuple(t.requires_grad_() for t in (x, bias, strength))

    def call(x: torch.Tensor, bias: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
        x = x.clone()
        return add_planes(x, bias, noise, strength) if noisy else add_planes(x, bias, None, None)

    want = x + bias[:, :, None, None]
    if noisy:
        want = want + noise * strength[:, :, None, None]
    torch.testing.assert_close(call(*inputs), want)
    learned = inputs if noisy else inputs[:2]
    short = call if noisy else lambda x, bias: call(x, bias, strength)
    assert gradcheck(short, learned)
    assert gradgradcheck(lambda *args: short(*args).square(), learned)


def test_scale_channels() -> None:
    x, scale = randn(2, 3, 4, 5).requires_grad_(), randn(2, 3, seed=1).requires_grad_()
    torch.testing.assert_close(scale_channels(x, scale), x * scale[:, :, None, None])
    assert gradcheck(scale_channels, (x, scale))
    assert gradgradcheck(scale_channels, (x, scale))


@pytest.mark.parametrize("channels", [16, 40])
def test_scale_channels_learns_in_bfloat16(channels: int) -> None:
    x = randn(2, channels, 8, 8).bfloat16().contiguous(memory_format=torch.channels_last)
    scale, grad = randn(2, channels, seed=1).requires_grad_(), randn(2, channels, 8, 8, seed=2)
    scale_channels(x, scale).backward(grad.bfloat16())
    want = (x.double() * grad.bfloat16().double()).sum(dim=(2, 3))
    torch.testing.assert_close(scale.grad, want, rtol=0.02, atol=0.05)


def test_fir_kernel() -> None:
    assert fir_kernel(None).tolist() == [[1.0]]
    kernel = fir_kernel([1, 3, 3, 1])
    assert kernel.shape == (4, 4)
    assert kernel[1, 0] == 3 / 64
    assert fir_kernel([[1, 1], [1, 1]])[0, 0] == 0.25


def test_equal_linear() -> None:
    layer = EqualLinear(5, 3, bias_init=2.0, lr_multiplier=0.01, activation="lrelu").double()
    x = randn(4, 5)
    weight, bias = layer.weight * 0.01 / math.sqrt(5), layer.bias * 0.01
    want = F.leaky_relu(x @ weight.t() + bias, 0.2) * math.sqrt(2)
    torch.testing.assert_close(layer(x), want)
    torch.testing.assert_close(bias, torch.full_like(bias, 2.0))
    # Weights start so that the scaled ones are N(0, 1 / in).
    torch.manual_seed(0)
    scaled = EqualLinear(400, 400, lr_multiplier=0.01)
    assert (scaled.weight * 0.01).std().item() == pytest.approx(1.0, rel=0.02)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activations(name: str) -> None:
    act = ACTIVATIONS[name]
    x = randn(1000)
    if act.homogeneous:
        torch.testing.assert_close(act.function(3 * x), 3 * act.function(x.clone()))
    if name in ("linear", "relu", "lrelu", "swish"):
        y = act.function(randn(100_000)) * act.gain
        assert 0.5 < y.square().mean().item() < 1.2


def test_normalize_2nd_moment() -> None:
    y = normalize_2nd_moment(randn(3, 7))
    torch.testing.assert_close(y.square().mean(dim=1), torch.ones(3, dtype=torch.float64))


def test_compute_dtype_follows_autocast() -> None:
    x = torch.zeros(1)
    assert compute_dtype(x) == torch.float32
    with torch.autocast("cpu", torch.bfloat16):
        assert compute_dtype(x) == torch.bfloat16
        with torch.autocast("cpu", enabled=False):
            assert compute_dtype(x.double()) == torch.float64
