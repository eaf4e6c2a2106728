"""Edits in a recipe: where they are added, and what they leave alone."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from latentstudio.document.recipe import Blend, Edit, Point, Recipe, RecipeError, Seed, Truncation
from latentstudio.document.recipe import Weight as Share
from latentstudio.document.sampling import Sampling
from latentstudio.document.vector import Vector
from latentstudio.engine.cache import LRU
from latentstudio.engine.render import draw
from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.progan import ProGAN
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.latents.compose import compose
from latentstudio.latents.samples import draws_of, sample_images


@pytest.fixture(autouse=True)
def _no_gradients() -> Any:
    with torch.no_grad():
        yield


def values(seed: int, *shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def with_edits(*edits: Edit, **changes: Any) -> Recipe:
    recipe = Recipe(edits=edits).with_point(Point("A", Seed(5)))
    return msgspec.structs.replace(recipe, **changes)


def test_w_is_displaced_on_its_layers_after_truncation(style: StyleGAN2) -> None:
    vector = values(1, 12)
    edit = Edit("smile", "Smile", Vector.of("w", vector), 1.5, 2, 5)
    for psi in (1.0, 0.3):
        base = with_edits(truncation=Truncation(psi))
        expected = compose(style, base).clone()
        expected[:, 2:5] += 1.5 * torch.from_numpy(vector)
        edited = compose(style, msgspec.structs.replace(base, edits=(edit,)))
        torch.testing.assert_close(edited, expected)


def test_rows_of_their_own_and_sums(style: StyleGAN2) -> None:
    rows, vector = values(2, 8, 12), values(3, 12)
    edits = (
        Edit("a", "A", Vector.of("w+", rows), -0.5),
        Edit("b", "B", Vector.of("w", vector), 2.0, 7),
    )
    expected = compose(style, with_edits()) - 0.5 * torch.from_numpy(rows)
    expected[:, 7:] += 2.0 * torch.from_numpy(vector)
    torch.testing.assert_close(compose(style, with_edits(*edits)), expected)
    torch.testing.assert_close(compose(style, with_edits(*edits[::-1])), expected)


def test_z_is_displaced_before_the_mapping(style: StyleGAN2, plain: DCGAN) -> None:
    for generator in (style, plain, ProGAN(16, resolution=32, channel_base=128, channel_max=8)):
        delta = values(4, 16)
        edit = Edit("turn", "Turn", Vector.of("z", delta), -0.7)
        z = generator.sample_z(1, 5) - 0.7 * torch.from_numpy(delta)
        torch.testing.assert_close(compose(generator, with_edits(edit)), generator.map(z))


def test_z_of_every_blended_point(style: StyleGAN2) -> None:
    delta = values(4, 16)
    edit = Edit("turn", "Turn", Vector.of("z", delta))
    blend = Blend((Share("A", 1.0), Share("B", 3.0)), "w")
    a, b = (style.map(style.sample_z(1, seed) + torch.from_numpy(delta)) for seed in (5, 1))
    torch.testing.assert_close(
        compose(style, with_edits(edit, blend=blend)), 0.25 * a + 0.75 * b, atol=1e-5, rtol=1e-5
    )


def test_a_kept_point_is_not_taken_for_another_edit(style: StyleGAN2) -> None:
    memo: LRU[torch.Tensor] = LRU(20)
    for space, size in (("z", 16), ("w", 12)):
        for seed, amount, first in ((1, 1.0, 0), (1, 2.0, 0), (2, 2.0, 0), (2, 2.0, 3)):
            vector = Vector.of(space, values(seed, size))  # type: ignore[arg-type]
            recipe = with_edits(Edit("k", "K", vector, amount, first))
            assert torch.equal(compose(style, recipe, memo), compose(style, recipe))


def test_amount_zero_is_no_edit(style: StyleGAN2) -> None:
    edit = Edit("k", "K", Vector.of("w", values(1, 12)), 0.0)
    assert torch.equal(compose(style, with_edits(edit)), compose(style, with_edits()))
    assert with_edits(msgspec.structs.replace(edit, amount=1.0)).with_edit(edit).edits == ()


@pytest.mark.parametrize("space", ["z", "w", "w+"])
def test_samples_carry_the_edit(style: StyleGAN2, space: Any) -> None:
    shape = {"z": (16,), "w": (12,), "w+": (8, 12)}[space]
    edit = Edit("k", "K", Vector.of(space, values(6, *shape)), 0.8, 1)
    sampling = Sampling(truncation=Truncation(0.5), mixing=0.7, edits=(edit,))
    draws = draws_of(style, sampling, 0, 4)
    plain = sample_images(style, msgspec.structs.replace(sampling, edits=()), draws)
    for i, image in enumerate(sample_images(style, sampling, draws)):
        recipe = sampling.recipe(draws, i, style.num_layers)
        torch.testing.assert_close(image, draw(style, recipe), atol=2e-5, rtol=2e-5)
        assert not torch.allclose(image, plain[i], atol=1e-3)


def test_what_does_not_fit_is_said(style: StyleGAN2, plain: DCGAN) -> None:
    wide = Edit("k", "Smile", Vector.of("w", values(1, 9)))
    with pytest.raises(RecipeError, match=r"edit Smile displaces w by \[9\].*\[12\]"):
        compose(style, with_edits(wide))
    late = Edit("k", "Smile", Vector.of("w", values(1, 12)), 1.0, 8)
    with pytest.raises(RecipeError, match="begins at layer 8"):
        compose(style, with_edits(late))
    z = Edit("k", "Smile", Vector.of("z", values(1, 16)))
    w_point = Point("A", Vector.of("w", values(1, 12)))
    with pytest.raises(RecipeError, match="point A is a w vector and has no z: use an edit in w"):
        compose(style, with_edits(z).with_point(w_point))
