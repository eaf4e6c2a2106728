from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given
from torch import Tensor

from latentstudio.document.recipe import (
    Axis,
    Blend,
    Cell,
    Mixing,
    Move,
    Point,
    Recipe,
    RecipeError,
    Seed,
    Truncation,
    Weight,
)
from latentstudio.document.vector import Vector
from latentstudio.engine.cache import LRU
from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.protocol import Generator
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.latents.compose import compose
from latentstudio.latents.principal import principal_axes
from latentstudio.latents.sphere import blend_sphere
from tests.strategies import recipes


@pytest.fixture(autouse=True)
def _no_gradients() -> Any:
    with torch.no_grad():
        yield


def seeded(generator: Generator, seed: int, **kwargs: Any) -> Tensor:
    return generator.map(generator.sample_z(1, seed), **kwargs)


def at(base: Seed | Vector, *moves: Move, recipe: Recipe | None = None) -> Recipe:
    return (recipe or Recipe()).with_point(Point("A", base, moves))


def blended(space: Any, **amounts: float) -> Recipe:
    return Recipe(blend=Blend(tuple(Weight(n, a) for n, a in amounts.items()), space))


def test_a_seed_is_what_the_generator_maps(style: StyleGAN2, plain: DCGAN) -> None:
    for generator in (style, plain):
        assert torch.equal(compose(generator, at(Seed(85))), seeded(generator, 85))


def test_truncation_is_the_generators(style: StyleGAN2) -> None:
    recipe = msgspec.structs.replace(at(Seed(3)), truncation=Truncation(-0.4, 5))
    assert torch.equal(compose(style, recipe), seeded(style, 3, psi=-0.4, cutoff=5))


def test_vectors_in_each_space(style: StyleGAN2) -> None:
    z, wp = torch.randn(16), torch.randn(8, 12)
    assert torch.equal(compose(style, at(Vector.of("z", z.numpy()))), style.map(z[None]))
    assert torch.equal(compose(style, at(Vector.of("w+", wp.numpy()))), wp[None])
    rows = compose(style, at(Vector.of("w", wp[0].numpy())))
    assert torch.equal(rows, wp[0].expand(1, 8, 12))


def test_a_class_is_mapped_and_the_first_is_the_default(classes: StyleGAN2) -> None:
    third = compose(classes, msgspec.structs.replace(at(Seed(1)), label=2))
    assert torch.equal(third, seeded(classes, 1, label=torch.tensor([2])))
    assert torch.equal(compose(classes, at(Seed(1))), seeded(classes, 1, label=torch.tensor([0])))


def test_a_turn_by_a_right_angle_is_the_axis_itself(plain: DCGAN) -> None:
    z = torch.zeros(16)
    z[0] = 3.0
    recipe = at(Vector.of("z", z.numpy()), Move(Axis("coordinate", 5), math.pi / 2))
    expected = torch.zeros(16)
    expected[5] = 3.0
    torch.testing.assert_close(compose(plain, recipe)[0, 0], expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", ["random", "coordinate", "toward"])
def test_a_move_turns_by_its_radians_and_keeps_the_norm(plain: DCGAN, kind: Any) -> None:
    z = plain.sample_z(1, 0)[0]
    moved = compose(plain, at(Seed(0), Move(Axis(kind, 3), 0.7)))[0, 0]
    cosine = float(z @ moved / z.norm() / moved.norm())
    assert math.acos(cosine) == pytest.approx(0.7, abs=1e-4)
    torch.testing.assert_close(moved.norm(), z.norm())


def test_the_direction_of_the_points_own_seed_still_moves(plain: DCGAN) -> None:
    moved = compose(plain, at(Seed(0), Move(Axis("random", 0), 0.5)))
    assert (moved - seeded(plain, 0)).norm() > 0.4


def test_toward_arrives_after_the_angle_between(plain: DCGAN) -> None:
    a, b = plain.sample_z(1, 0)[0].double(), plain.sample_z(1, 2)[0].double()
    angle = math.acos(float(a @ b / a.norm() / b.norm()))
    arrived = compose(plain, at(Seed(0), Move(Axis("toward", 2), angle)))[0, 0].double()
    torch.testing.assert_close(arrived / a.norm(), b / b.norm(), atol=1e-6, rtol=0)


def test_toward_follows_the_other_points_base(style: StyleGAN2) -> None:
    memo: LRU[Tensor] = LRU(10)
    recipe = at(Seed(0), Move(Axis("toward", 1), 0.5))
    before = compose(style, recipe, memo)
    after = compose(style, recipe.with_point(Point("B", Seed(77))), memo)
    assert not torch.equal(before, after)


def test_moves_do_not_depend_on_their_order(style: StyleGAN2) -> None:
    moves = (
        Move(Axis("random", 4), 0.3),
        Move(Axis("coordinate", 1), -0.2),
        Move(Axis("toward", 2), 0.9),
    )
    assert torch.equal(
        compose(style, at(Seed(0), *moves)), compose(style, at(Seed(0), *moves[::-1]))
    )


def test_principal_moves_are_standard_deviations_in_w(style: StyleGAN2) -> None:
    axes = principal_axes(style, 200)
    recipe = at(Seed(0), Move(Axis("principal", 2), 1.5), Move(Axis("principal", 0), -1.0))
    expected = (
        seeded(style, 0)
        + 1.5 * axes.sigma[2] * axes.components[2]
        - axes.sigma[0] * axes.components[0]
    )
    torch.testing.assert_close(compose(style, recipe, axes=lambda _: axes), expected)


def test_blend_in_w_is_linear(style: StyleGAN2) -> None:
    expected = 0.25 * seeded(style, 0) + 0.75 * seeded(style, 1)
    torch.testing.assert_close(compose(style, blended("w", A=1.0, B=3.0)), expected)


def test_blend_in_z_is_mapped_from_the_sphere(style: StyleGAN2) -> None:
    zs = torch.cat([style.sample_z(1, seed) for seed in (0, 1, 2)])
    expected = style.map(blend_sphere(zs, torch.tensor([1.0, 3.0, 2.0]))[None])
    torch.testing.assert_close(compose(style, blended("z", A=1.0, B=3.0, C=2.0)), expected)
    torch.testing.assert_close(compose(style, blended("z", A=1.0, B=0.0)), seeded(style, 0))


def test_blend_in_z_moves_the_points_first(style: StyleGAN2) -> None:
    axes = principal_axes(style, 200)
    moves = (Move(Axis("random", 9), 0.4), Move(Axis("principal", 1), 2.0))
    recipe = at(Seed(0), *moves, recipe=blended("z", A=1.0, B=1.0))
    plain_moves = compose(style, at(Seed(0), moves[0], recipe=blended("z", A=1.0, B=1.0)))
    expected = plain_moves + 0.5 * 2.0 * axes.sigma[1] * axes.components[1]
    torch.testing.assert_close(compose(style, recipe, axes=lambda _: axes), expected)
    assert not torch.allclose(plain_moves, compose(style, blended("z", A=1.0, B=1.0)))


def test_blend_in_z_falls_to_w_when_a_point_has_no_z(style: StyleGAN2) -> None:
    w = Vector.of("w", np.ones(12, np.float32))
    recipes = [blended(space, A=1.0, B=1.0).with_point(Point("B", w)) for space in ("z", "w")]
    expected = 0.5 * seeded(style, 0) + 0.5
    for recipe in recipes:
        torch.testing.assert_close(compose(style, recipe), expected)


def test_without_a_mapping_network_either_blend_keeps_to_the_sphere(plain: DCGAN) -> None:
    zs = torch.cat([plain.sample_z(1, seed) for seed in (0, 1)])
    expected = blend_sphere(zs, torch.ones(2))
    for space in ("z", "w"):
        ws = compose(plain, blended(space, A=1.0, B=1.0))
        torch.testing.assert_close(ws, expected[None, None])
        torch.testing.assert_close(ws.norm(), zs.norm(dim=1).mean())


def test_mixing_comes_before_truncation(style: StyleGAN2) -> None:
    mixing = Mixing((Cell(3, "B", 0.5), Cell(7, "C", 1.0)))
    recipe = Recipe(mixing=mixing, truncation=Truncation(0.5, 6))
    expected = seeded(style, 0).clone()
    expected[:, 3] = 0.5 * (expected[:, 3] + seeded(style, 1)[:, 3])
    expected[:, 7] = seeded(style, 2)[:, 7]
    mean = style.mean_w
    expected[:, :6] = mean + 0.5 * (expected[:, :6] - mean)
    torch.testing.assert_close(compose(style, recipe), expected)


def test_a_kept_point_is_not_mapped_again(style: StyleGAN2, monkeypatch: Any) -> None:
    mapped = []
    plain_map = style._map
    monkeypatch.setattr(style, "_map", lambda z, c: mapped.append(len(z)) or plain_map(z, c))
    memo: LRU[Tensor] = LRU(10)
    for i in range(5):
        recipe = msgspec.structs.replace(
            blended("z" if i % 2 else "w", A=1.0, B=1.0), truncation=Truncation(i / 5)
        )
        assert torch.equal(compose(style, recipe, memo), compose(style, recipe))
        mixing = Mixing((Cell(0, "B", 0.1 * i),))
        compose(style, msgspec.structs.replace(recipe, mixing=mixing), memo)
    with_memo = compose(style, Recipe(), memo)
    assert with_memo.shape == (1, 8, 12)
    kept = len(mapped)
    for i in range(5):
        compose(style, Recipe(truncation=Truncation(i / 5)), memo)
    assert len(mapped) == kept
    assert set(mapped) == {1}, "batches of one only, or pixels depend on what else was asked"


def test_what_does_not_fit_is_refused(style: StyleGAN2) -> None:
    with pytest.raises(RecipeError, match="label is 4"):
        compose(style, Recipe(label=4))


@given(recipes)
def test_any_recipe_is_composed_or_refused_in_a_sentence(recipe: Recipe) -> None:
    torch.manual_seed(0)
    generator = DCGAN(z_dim=4, resolution=8, ngf=2)
    simpler = msgspec.structs.replace(recipe, label=None, mixing=Mixing())
    for each in (recipe, simpler):
        try:
            assert compose(generator, each).shape == (1, 1, 4)
        except RecipeError as error:
            assert "\n" not in str(error)
