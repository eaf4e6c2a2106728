from __future__ import annotations

import inspect
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from latentstudio.generators.noise import NoisePlanes
from latentstudio.generators.protocol import Generator
from latentstudio.generators.reuse import Activations
from tests.generators.small import FAMILIES, STYLED, latents, small

NOISY = [family for family in STYLED if family != "stylegan3"]
WS = torch.zeros(2, 1, 1)


def draw(g: Generator, turn: float, mode: Any = "const", seed: Any = 3, **rest: Any) -> Tensor:
    with torch.inference_mode():
        return g.synthesize(
            latents(g, rest.pop("n", 1)), mode, noise_seed=seed, noise_turn=turn, **rest
        )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("mode", ["const", "random", "none"])
def test_whole_turns_give_the_picture_back_to_the_bit(family: str, mode: Any) -> None:
    g = small(family)
    with torch.inference_mode():
        plain = g.synthesize(latents(g, 1), mode, noise_seed=3)
    for turn in (0.0, 1.0, -2.0, 1e6):
        assert torch.equal(draw(g, turn, mode), plain)
    assert torch.equal(draw(g, 3.25, mode), draw(g, 0.25, mode))
    assert torch.equal(draw(g, 0.3, mode), plain) == (family not in NOISY or mode == "none")


@pytest.mark.parametrize("mode", ["const", "random"])
@pytest.mark.parametrize("turn", [0.1, 0.25, 0.5, 0.8])
def test_planes_on_the_circle_by_hand(mode: Any, turn: float) -> None:
    stored = torch.randn(200, 200, generator=torch.Generator().manual_seed(1))
    start, quarter, here = (
        NoisePlanes(mode, 7, at, WS).next(stored, 1.0) for at in (0.0, 0.25, turn)
    )
    assert start is not None and quarter is not None and here is not None
    angle = 2 * math.pi * turn
    expected = math.cos(angle) * start.double() + math.sin(angle) * quarter.double()
    torch.testing.assert_close(here.double(), expected, atol=1e-5, rtol=1e-5)
    # 40,000 values: the variance of a standard normal is 1 within five of its standard errors.
    for plane in here.reshape(-1, 200 * 200):
        assert float(plane.var()) == pytest.approx(1.0, abs=5 * math.sqrt(2 / 40_000))
        assert float(plane.mean()) == pytest.approx(0.0, abs=5 / 200)
    across = float((start * quarter).mean())
    assert across == pytest.approx(0.0, abs=5 / 200), "the others come from another stream"


def test_half_a_turn_is_the_opposite_plane() -> None:
    stored = torch.randn(8, 8)
    half = NoisePlanes("const", 7, 0.5, WS).next(stored, 2.0)
    assert half is not None
    torch.testing.assert_close(half[0, 0], -2.0 * stored, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("family", NOISY)
def test_the_seed_says_where_stored_planes_turn_to(family: str) -> None:
    g = small(family)
    assert not torch.equal(draw(g, 0.2, seed=3), draw(g, 0.2, seed=4))
    assert torch.equal(draw(g, 0.2, seed=3), draw(g, 0.2, seed=3))
    whole = draw(g, 0.2, n=2)  # all pictures of a batch share the stored planes, and the others
    single = g.synthesize(latents(g, 2)[1:], noise_seed=3, noise_turn=0.2)
    torch.testing.assert_close(whole[1:], single, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", NOISY)
@pytest.mark.parametrize("mode", ["const", "random"])
def test_a_batch_with_seeds_of_its_own_shows_the_single_pictures(family: str, mode: Any) -> None:
    g = small(family)
    whole = draw(g, 0.2, mode, seed=[5, 6], n=2)
    for i, seed in enumerate((5, 6)):
        single = g.synthesize(latents(g, 2)[i : i + 1], mode, noise_seed=seed, noise_turn=0.2)
        torch.testing.assert_close(whole[i : i + 1], single, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("mode", ["const", "random"])
def test_what_is_kept_of_one_turn_is_not_shown_at_another(mode: Any) -> None:
    g, kept = small("stylegan2"), Activations()
    ws = latents(g, 1)

    def drawn(turn: float, seed: int | None, **reuse: Any) -> Tensor:
        with torch.inference_mode():
            return g.synthesize(ws, mode, noise_seed=seed, noise_turn=turn, **reuse)

    for turn, seed in ((0.0, 1), (0.2, 1), (0.2, 2), (1.2, 2), (1.0, 1)):
        assert torch.equal(drawn(turn, seed, reuse=kept), drawn(turn, seed))
    pictures = [drawn(0.2, None, reuse=kept) for _ in range(2)]
    assert not torch.equal(*pictures), "without a seed every picture is another"


def test_every_family_takes_a_turn() -> None:
    for family in FAMILIES:
        parameter = inspect.signature(small(family).synthesize).parameters["noise_turn"]
        assert parameter.default == 0.0
