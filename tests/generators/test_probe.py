from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from latentstudio.document.edit import Bend
from latentstudio.generators.bending import Bending
from latentstudio.generators.probe import Probe, spectrum
from latentstudio.generators.tap import UNTOUCHED, Chain
from tests.generators.small import FAMILIES, STYLED, latents, small


@pytest.mark.parametrize("family", FAMILIES)
def test_keeps_what_was_asked_for(family: str) -> None:
    g, everything, some = small(family), Probe(styles=True), Probe([1, 2])
    bare = Probe([1], styles=True, maps=False)
    ws = latents(g, 2)
    with torch.inference_mode():
        g.synthesize(ws, tap=everything)
        g.synthesize(ws, tap=some)
        g.synthesize(ws, tap=bare)
    assert bare.maps == {} and list(bare.styles) == list(everything.styles)[1:2]
    assert list(everything.maps) == list(range(len(g.layers)))
    assert list(everything.styles) == (list(everything.maps) if family in STYLED else [])
    assert list(some.maps) == [1, 2] and some.styles == {}
    for layer in (1, 2):
        torch.testing.assert_close(some.maps[layer], everything.maps[layer], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("family", STYLED)
def test_styles_are_the_affine_map_of_a_row(family: str) -> None:
    g, probe = small(family), Probe([2], styles=True)
    at_zero = Probe([2], styles=True)
    ws = latents(g, 2)
    g.synthesize(ws, tap=probe)
    g.synthesize(torch.zeros_like(ws), tap=at_zero)
    weights = g.affine_weights(2)[: g.style_channels(2)]
    torch.testing.assert_close(probe.styles[2], ws[:, 2] @ weights.t() + at_zero.styles[2])


def test_behind_a_bend_it_sees_what_the_bend_made() -> None:
    g, probe = small("stylegan2"), Probe([2])
    g.synthesize(latents(g, 1), tap=Chain([Bending([Bend(2, (1,), "scale", 0.0)]), probe]))
    assert probe.maps[2][:, 1].abs().max() == 0 and probe.maps[2][:, 0].abs().max() > 0


def test_wants_every_picture() -> None:
    probe = Probe([3])
    assert probe.state(3) != probe.state(3)
    assert probe.state(2) == UNTOUCHED


# --- Spectrum -------------------------------------------------------------------------------


def ring_sizes(h: int, w: int) -> list[int]:
    """How many of the frequencies of an h × w map round to each whole length."""
    counts = [0] * (h + w)
    for v in range(h):
        for u in range(w):
            counts[round(math.hypot(min(v, h - v), min(u, w - u)))] += 1
    return counts


@pytest.mark.parametrize("size", [8, 15, 16])
@pytest.mark.parametrize("along", [0, 1])
def test_a_wave_has_one_frequency(size: int, along: int) -> None:
    for k in range(1, (size - 1) // 2 + 1):
        wave = 3.0 * torch.cos(2 * math.pi * k * torch.arange(size) / size + 0.7)
        maps = wave[:, None].expand(size, size) if along else wave.expand(size, size)
        got = spectrum(maps[None, None].double())
        assert got.shape == (1, 1, size // 2 + 1)
        want = torch.zeros(size // 2 + 1).double()
        want[k] = 2 * 3.0**2 / 4 / ring_sizes(size, size)[k]
        torch.testing.assert_close(got[0, 0], want, atol=1e-6, rtol=1e-6)


def test_a_slanted_wave_has_the_length_of_its_frequency() -> None:
    y, x = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
    got = spectrum(torch.cos(2 * math.pi * (3 * x + 4 * y) / 16)[None, None])[0, 0]
    assert int(got.argmax()) == 5
    assert float(got[5]) == pytest.approx(2 / 4 / ring_sizes(16, 16)[5], rel=1e-4)


def test_a_constant_has_its_square_at_zero() -> None:
    got = spectrum(torch.full((1, 2, 6, 6), -1.5))
    torch.testing.assert_close(got[:, :, 0], torch.full((1, 2), 2.25))
    assert got[:, :, 1:].abs().max() < 1e-10


@pytest.mark.parametrize(("h", "w"), [(6, 6), (5, 8), (7, 4), (1, 1)])
def test_equals_the_sums_of_the_definition(h: int, w: int) -> None:
    maps = np.random.RandomState(0).randn(2, 3, h, w)
    count = min(h, w) // 2 + 1
    sums = np.zeros((2, 3, count))
    for v in range(h):
        for u in range(w):
            turn = np.arange(h)[:, None] * v / h + np.arange(w) * u / w
            power = np.abs((maps * np.exp(-2j * np.pi * turn)).mean(axis=(2, 3))) ** 2
            ring = round(math.hypot(min(v, h - v), min(u, w - u)))
            if ring < count:
                sums[:, :, ring] += power
    want = sums / np.asarray(ring_sizes(h, w)[:count])
    np.testing.assert_allclose(spectrum(torch.from_numpy(maps)).numpy(), want, atol=1e-12)


def test_reduced_precision_is_read_in_float32() -> None:
    maps = torch.randn(1, 2, 8, 8).bfloat16()
    got = spectrum(maps)
    assert got.dtype == torch.float32
    torch.testing.assert_close(got, spectrum(maps.float()))
