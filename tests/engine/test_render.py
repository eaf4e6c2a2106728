from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.document.recipe import Noise, Recipe, Truncation
from latentstudio.engine.render import draw, to_pixels
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.latents.samples import settings_of


def naive(image: torch.Tensor) -> np.ndarray:
    """The definition, in numpy: round, clamp, channels last, opaque."""
    values = (image.numpy() + np.float32(1)) * np.float32(127.5)
    rgb = np.clip(np.rint(values), 0, 255).astype(np.uint8)[:3]
    rgb = np.repeat(rgb, 3, axis=0) if len(rgb) == 1 else rgb
    alpha = np.full((1, *rgb.shape[1:]), 255, np.uint8)
    return np.concatenate([rgb, alpha]).transpose(1, 2, 0)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (5, 7), (300, 260), (2, 70_000)])
def test_pixels_are_rounded_and_clamped(channels: int, shape: tuple[int, int]) -> None:
    image = torch.randn(channels, *shape)
    for layout in (image, image.permute(1, 2, 0).contiguous().permute(2, 0, 1)):
        before = layout.clone()
        pixels = to_pixels(layout)
        assert pixels.dtype == np.uint8 and pixels.flags.c_contiguous
        np.testing.assert_array_equal(pixels, naive(image))
        assert torch.equal(layout, before)


def test_every_byte_is_reached_by_its_own_value() -> None:
    values = (torch.arange(256.0) / 127.5 - 1).expand(3, 1, 256).clone()
    values[1] = values[1].flip(1)
    pixels = to_pixels(values)
    assert pixels[0, :, 0].tolist() == list(range(256))
    assert pixels[0, :, 1].tolist() == list(range(255, -1, -1))


def test_beyond_the_range_is_black_or_white() -> None:
    image = torch.tensor([-1e9, -1.0, 1.0, 1e9, float("inf"), -float("inf")]).expand(3, 1, 6)
    assert to_pixels(image)[0, :, 0].tolist() == [0, 0, 255, 255, 255, 0]


def test_each_frame_has_its_own_buffer() -> None:
    image = torch.zeros(3, 4, 4)
    first = to_pixels(image)
    before = first.copy()
    to_pixels(image + 1)
    np.testing.assert_array_equal(first, before)


@pytest.fixture
def noisy() -> StyleGAN2:
    torch.manual_seed(0)
    made = StyleGAN2(
        z_dim=8, w_dim=8, resolution=16, channel_base=128, channel_max=8, mapping_layers=1
    )
    for parameter in made.synthesis.parameters():
        if parameter.ndim == 0:
            torch.nn.init.constant_(parameter, 0.5)
    return made.eval().requires_grad_(False)


def test_a_picture_is_the_bare_networks(noisy: StyleGAN2) -> None:
    bare = noisy.synthesize(noisy.map(noisy.sample_z(1, 0), psi=0.5))[0]
    assert torch.equal(draw(noisy, Recipe(truncation=Truncation(0.5))), bare)


@pytest.mark.parametrize(
    "noise",
    [
        Noise("none"),
        Noise("random", seed=4),
        Noise("const", strength=0.25),
        Noise("random", seed=4, strength=2.0, layers=(0.0, 3.0)),
        Noise("const", layers=(1.0,) * 99),
    ],
)
def test_noise_is_as_the_recipe_says(noisy: StyleGAN2, noise: Noise) -> None:
    factors = [noise.factor(layer) for layer in range(noisy.num_layers)]
    ws = noisy.map(noisy.sample_z(1, 0))
    bare = noisy.synthesize(ws, noise.mode, noise_seed=noise.seed, noise_strength=factors)[0]
    recipe = Recipe(noise=noise)
    assert torch.equal(draw(noisy, recipe), bare)
    if noise.layers[:1] != (1.0,):
        assert not torch.equal(bare, draw(noisy, Recipe()))
    assert settings_of(noisy, msgspec.structs.replace(recipe, noise=noise))["noise"] == noise.mode


def test_planes_that_are_drawn_are_not_captured(noisy: StyleGAN2) -> None:
    captured = []

    def graphs(_generator: Any, kind: Any, ws: Any, synthesize: Any) -> Any:
        captured.append(kind)
        return synthesize(ws)

    noises = [Noise(turn=0.3), Noise(turn=2.0), Noise("random"), Noise(seed=7, turn=0.3)]
    pictures = [draw(noisy, Recipe(noise=each), graphs=graphs) for each in noises]  # type: ignore[arg-type]
    assert len(captured) == 1
    assert torch.equal(pictures[1], draw(noisy, Recipe()))
    assert not torch.equal(pictures[0], pictures[3])


def test_zero_strength_is_no_noise(noisy: StyleGAN2) -> None:
    silent = [Noise("none"), Noise("const", strength=0.0), Noise("random", layers=(0.0,) * 6)]
    pictures = [draw(noisy, msgspec.structs.replace(Recipe(), noise=noise)) for noise in silent]
    assert torch.equal(pictures[0], pictures[1]) and torch.equal(pictures[0], pictures[2])
