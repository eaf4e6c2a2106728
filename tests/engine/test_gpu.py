"""The same pictures on a GPU: run where there is one (``pytest -m gpu``)."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from latentstudio import load
from latentstudio.document.recipe import Noise, Point, Recipe, Seed, Truncation
from latentstudio.engine.engine import Engine
from latentstudio.engine.graphs import Graphs
from latentstudio.engine.preview import reduced_precision
from latentstudio.engine.render import draw, to_pixels
from latentstudio.generators.stylegan2 import StyleGAN2

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine"),
]


def quiet(*_values: object) -> None:
    pass


def drawn(path: Path, recipe: Recipe, device: str) -> np.ndarray:
    engine = Engine(
        lambda _hash: path, device=device, on_frame=quiet, on_error=quiet, on_model=quiet
    )
    frame = engine.render(recipe)
    assert frame.device.startswith(device)
    assert not frame.preview
    return frame.pixels.astype(int)


@pytest.mark.parametrize("name", ["style", "plain", "large"])
def test_pixels_agree_with_the_cpu(checkpoints, name: str) -> None:
    saved = checkpoints[name]
    noise = Noise("random", seed=3) if name != "plain" else Noise()
    recipe = Recipe(saved.content_hash, truncation=Truncation(0.7), noise=noise)
    difference = np.abs(drawn(saved.path, recipe, "cuda") - drawn(saved.path, recipe, "cpu"))
    # Other sums in another order: a rounding here and there, never a visible difference.
    assert difference.max() <= 1
    assert np.mean(difference > 0) < 0.01


def test_equal_recipes_give_equal_pixels(checkpoints) -> None:
    saved = checkpoints["style"]
    recipe = msgspec.structs.replace(Recipe(saved.content_hash), noise=Noise("random", seed=9))
    assert np.array_equal(drawn(saved.path, recipe, "cuda"), drawn(saved.path, recipe, "cuda"))


def test_replayed_frames_are_those_drawn_kernel_by_kernel(checkpoints) -> None:
    generator = load(checkpoints["style"].path, device="cuda")
    graphs, recipe = Graphs(), Recipe(checkpoints["style"].content_hash)
    for seed in (0, 1, 2, 3):
        changed = recipe.with_point(Point("A", Seed(seed)))
        plain = to_pixels(draw(generator, changed))
        assert np.array_equal(to_pixels(draw(generator, changed, graphs=graphs)), plain)
    with torch.no_grad():
        next(generator.parameters()).mul_(2.0)
        plain = to_pixels(draw(generator, recipe))
    for _ in range(3):
        assert np.array_equal(to_pixels(draw(generator, recipe, graphs=graphs)), plain)


@pytest.mark.parametrize("clamp", [None, 256.0])
def test_reduced_precision_is_near(clamp: float | None) -> None:
    torch.manual_seed(0)
    generator = StyleGAN2(32, 32, 64, channel_base=2048, channel_max=64, conv_clamp=clamp)
    generator = generator.eval().requires_grad_(False).cuda()
    precision = reduced_precision(generator)
    assert precision == ("bfloat16" if clamp is None else "float16")
    exact = to_pixels(draw(generator, Recipe())).astype(int)
    near = to_pixels(draw(generator, Recipe(), precision=precision)).astype(int)
    assert 0 < np.square(near - exact).mean() < 255**2 / 10**4.5
