"""The same pictures on a GPU: run where there is one (``pytest -m gpu``)."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.document.recipe import Noise, Recipe, Truncation
from latentstudio.engine.engine import Engine

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
