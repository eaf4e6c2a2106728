from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from latentstudio.generators import filtered_lrelu as module
from latentstudio.generators import filters
from latentstudio.generators.filtered_lrelu import Rates, filtered_lrelu
from latentstudio.generators.filters import Resampling, lowpass
from tests.oracles import stylegan3 as oracle

# --- The design of filters --------------------------------------------------------------------


def response(taps: Tensor, frequency: float, rate: float) -> float:
    place = np.arange(len(taps)) - (len(taps) - 1) / 2
    return float((taps.double().numpy() * np.cos(2 * math.pi * frequency / rate * place)).sum())


def test_a_lowpass_passes_what_is_low() -> None:
    taps = lowpass(48, cutoff=8.0, width=4.0, rate=64.0)
    assert taps.sum().item() == pytest.approx(1, abs=1e-6)
    assert torch.equal(taps, taps.flip(0))
    for low in (1.0, 4.0, 5.8):
        assert response(taps, low, 64) == pytest.approx(1, abs=0.01)
    assert response(taps, 8.0, 64) == pytest.approx(0.5, abs=0.01)  # the cutoff is the middle
    for high in (10.2, 15.0, 31.0):
        assert abs(response(taps, high, 64)) < 0.01


def test_kaiser_beta_by_hand() -> None:
    assert filters._kaiser_beta(20.9) == 0.0
    assert filters._kaiser_beta(40.0) == pytest.approx(0.5842 * 19**0.4 + 0.07886 * 19)
    assert filters._kaiser_beta(60.0) == pytest.approx(0.1102 * 51.3)


def test_jinc_is_the_bessel_function() -> None:
    radii = np.array([0.0, 0.01, 0.3, 1.0, 1.5])
    want = [1.0] + [oracle.bessel_j1(2 * math.pi * r) / (math.pi * r) for r in radii[1:]]
    np.testing.assert_allclose(filters._jinc(radii, 1.0), want, atol=1e-12)


@pytest.mark.parametrize("count", [7, 12])
def test_a_radial_filter_depends_on_the_radius(count: int) -> None:
    taps = lowpass(count, cutoff=4.0, width=4.0, rate=32.0, radial=True)
    assert taps.shape == (count, count) and taps.sum().item() == pytest.approx(1, abs=1e-6)
    assert torch.equal(taps, taps.t()) and torch.equal(taps, taps.flip(0))
    # Without its window, which is square, it has the same value at equal radii: 3² + 4² = 0² + 5².
    if count == 7:
        assert torch.isfinite(taps).all()
        return
    beta = filters._kaiser_beta(2.285 * (count - 1) * math.pi * 4.0 * 2 / 32 + 7.95)
    bare = taps.double().numpy() / np.outer(np.kaiser(count, beta), np.kaiser(count, beta))
    # Places are odd halves: 1² + 7² = 5² + 5².
    middle = count // 2
    np.testing.assert_allclose(bare[middle, middle + 3], bare[middle + 2, middle + 2], rtol=1e-4)


def test_impossible_filters() -> None:
    with pytest.raises(ValueError, match="2000 taps is outside 1 to 1024"):
        lowpass(2000, 1.0, 1.0, 8.0)
    with pytest.raises(ValueError, match="200 taps is outside 1 to 128"):
        lowpass(200, 1.0, 1.0, 8.0, radial=True)
    for cutoff, width in ((4.0, 1.0), (0.0, 1.0), (1.0, -1.0)):
        with pytest.raises(ValueError, match="no low-pass filter at rate 8"):
            lowpass(6, cutoff, width, 8.0)
    assert torch.equal(lowpass(1, 9.0, -1.0, 8.0), torch.ones(1))


# --- Resampling as a matrix -------------------------------------------------------------------

factors = st.integers(1, 4)
sizes = st.integers(1, 20)


def dense(way: Resampling, taps: Tensor, block: int) -> Tensor:
    matrix = torch.zeros(way.size_out, way.size_in, dtype=taps.dtype)
    covered = 0
    for rows, columns, part in way.blocks(taps, block):
        assert rows.start == covered
        covered = rows.stop
        matrix[rows, columns] = part
    assert covered == way.size_out
    return matrix


@given(factors, factors, st.integers(-9, 9), sizes, sizes, st.integers(1, 9), st.integers(1, 40))
def test_blocks_are_the_resampling(
    up: int, down: int, pad: int, size_in: int, size_out: int, count: int, block: int
) -> None:
    taps = torch.arange(1, count + 1, dtype=torch.float64)
    way = Resampling(up, down, pad, size_in, size_out)
    want = torch.zeros(size_out, size_in, dtype=torch.float64)
    for i in range(size_out):
        for j in range(count):  # true convolution: the last tap meets the first sample
            place = i * down + j - pad
            if place % up == 0 and 0 <= place // up < size_in:
                want[i, place // up] += taps[count - 1 - j]
    assert torch.equal(dense(way, taps, block), want)
    assert torch.equal(dense(way.transposed(count), taps.flip(0), block), want.t())


# --- The activation between filters -----------------------------------------------------------

CASES = {
    "up 2": (2, 2, 9, 7, 6, 6),
    "up 4, cropped": (4, 2, -6, 9, 5, 6),
    "no filters": (1, 1, 1, 6, 8, 1),
    "odd": (3, 3, 4, 6, 5, 5),
    "down only": (1, 2, 3, 9, 5, 6),
}


def kernels(case: str, radial: bool) -> tuple[Tensor, Tensor, Rates]:
    up, down, pad, size_in, size_out, taps = CASES[case]
    generator = torch.Generator().manual_seed(0)
    rise = torch.randn(taps * up if up > 1 else 1, generator=generator, dtype=torch.float64)
    length = taps if down > 1 else 1
    shape = (length, length) if radial and down > 1 else (length,)
    fall = torch.randn(shape, generator=generator, dtype=torch.float64)
    return rise, fall, Rates(up, down, pad, size_in, size_out)


@pytest.mark.parametrize("radial", [False, True])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("chunk", [1, module.CPU_CHUNK])
def test_filtered_lrelu_equals_the_loops(
    case: str, radial: bool, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CPU_CHUNK", chunk)
    monkeypatch.setattr(module, "CPU_BLOCK", 8)
    rise, fall, rates = kernels(case, radial)
    torch.manual_seed(1)
    x = torch.randn(2, 17, rates.size_in, rates.size_in, dtype=torch.float64)
    got = filtered_lrelu(x, rise, fall, rates, 2.0)
    assert got.shape == (2, 17, rates.size_out, rates.size_out)
    between = (rates.size_out - 1) * rates.down + len(fall)
    after = between + len(rise) - 1 - rates.size_in * rates.up - rates.pad
    down_kernel = fall if fall.ndim == 2 else fall.outer(fall)
    for sample, picture in zip(x, got, strict=True):
        want = oracle.filtered_lrelu(
            sample.numpy(),
            rise.outer(rise).numpy(),
            down_kernel.numpy(),
            rates.up,
            rates.down,
            (rates.pad, after),
            2.0,
        )
        torch.testing.assert_close(picture, torch.from_numpy(want), atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("radial", [False, True])
@pytest.mark.parametrize("clamp", [None, 1.5])
@pytest.mark.parametrize("case", ["up 2", "up 4, cropped", "down only"])
def test_derivative(case: str, radial: bool, clamp: float | None) -> None:
    rise, fall, rates = kernels(case, radial)
    torch.manual_seed(2)
    x = torch.randn(1, 2, rates.size_in, rates.size_in, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda x: filtered_lrelu(x, rise, fall, rates, clamp),
        (x,),
        eps=1e-7,
        atol=1e-4,
        fast_mode=True,
    )


def test_bfloat16_in_is_bfloat16_out() -> None:
    rise, fall, rates = kernels("up 2", False)
    x = torch.randn(1, 3, 7, 7).bfloat16()
    got = filtered_lrelu(x, rise, fall, rates, None)
    want = filtered_lrelu(x.double(), rise, fall, rates, None)
    assert got.dtype == torch.bfloat16
    torch.testing.assert_close(got.double(), want, atol=0.02, rtol=0.01)
