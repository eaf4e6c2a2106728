"""Points between others and morphs, against a brute-force oracle in float64."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentstudio.document.course import Course, Way
from latentstudio.document.edit import Edit
from latentstudio.document.morph import Morph
from latentstudio.document.recipe import (
    Axis,
    Between,
    Blend,
    Move,
    Point,
    Recipe,
    RecipeError,
    Seed,
    Stop,
    Weight,
)
from latentstudio.document.vector import Vector
from latentstudio.engine.cache import LRU
from latentstudio.generators.protocol import Generator
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.latents.compose import compose
from latentstudio.latents.paths import lerp
from latentstudio.latents.principal import principal_axes
from tests.generators.small import FAMILIES, small

WAYS: tuple[Way, ...] = ("slerp z", "lerp z", "lerp w")
PACE = (0.0, 0.1, 0.1, 0.7, 1.0)
Floats = NDArray[np.float64]


@pytest.fixture(autouse=True)
def _no_gradients() -> Any:
    with torch.no_grad():
        yield


def seed_z(generator: Generator, seed: int) -> Floats:
    """As published StyleGAN tools draw it."""
    return np.random.RandomState(seed).randn(generator.z_dim)


def sphere(a: Floats, b: Floats, t: float) -> Floats:
    """Slerp by Shoemake's sines, norms linearly."""
    na, nb = np.linalg.norm(a), np.linalg.norm(b)
    angle = math.acos(float(a @ b / na / nb))
    unit = (math.sin((1 - t) * angle) * a / na + math.sin(t * angle) * b / nb) / math.sin(angle)
    return ((1 - t) * na + t * nb) * unit


def on_way(way: Way, a: Floats, b: Floats, t: float) -> Floats:
    return a + (b - a) * t if way == "lerp z" else sphere(a, b, t)


def mapped(generator: Generator, z: Floats) -> Tensor:
    """[num_layers, w_dim] float64."""
    return generator.double().map(torch.from_numpy(z)[None])[0].double()


def oracle(generator: Generator, way: Way, a: Floats, b: Floats, t: Sequence[float]) -> Tensor:
    """Each layer at its own position."""
    if way == "lerp w" and generator.has_mapping:
        ends = mapped(generator, a), mapped(generator, b)
        rows = [ends[0][i] + (ends[1][i] - ends[0][i]) * p for i, p in enumerate(t)]
    else:
        rows = [mapped(generator, on_way(way, a, b, p))[i] for i, p in enumerate(t)]
    return torch.stack(rows)[None]


def morph(way: Way, t: float, pace: Any = (), layers: Any = ()) -> Recipe:
    return Recipe(morph=Morph("A", "B", t, Course(way, pace), layers))


def between(start: Stop, end: Stop, t: float, way: Way = "slerp z", moves: Any = ()) -> Recipe:
    base = Between(start, end, t, Course(way))
    return Recipe().with_point(Point("A", base, moves))


def vector(space: Any, *shape: int) -> Vector:
    return Vector.of(space, np.full(shape, 0.5, np.float32))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("way", WAYS)
def test_a_morph_is_the_oracles(family: str, way: Way) -> None:
    generator, exact = small(family), small(family).double()
    a, b = seed_z(exact, 0), seed_z(exact, 1)
    for t in (-0.4, 0.15, 0.5, 0.8, 1.7):
        expected = oracle(exact, way, a, b, [t] * exact.num_layers)
        got = compose(generator, morph(way, t))
        torch.testing.assert_close(got.double(), expected, atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("way", WAYS)
def test_each_layer_goes_by_its_own_t_and_by_the_pace(family: str, way: Way) -> None:
    generator, exact = small(family), small(family).double()
    layers = (0.25, None, 1.0, 0.6)
    times = [0.4 if t is None else t for t in (*layers, *[None] * 99)][: exact.num_layers]
    # PACE by hand: a quarter of the time for each stretch.
    positions = [{0.25: 0.1, 0.4: 0.1, 1.0: 1.0, 0.6: 0.1 + 0.4 * 0.6}[t] for t in times]
    expected = oracle(exact, way, seed_z(exact, 0), seed_z(exact, 1), positions)
    got = compose(generator, morph(way, 0.4, PACE, layers))
    torch.testing.assert_close(got.double(), expected, atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("way", WAYS)
def test_a_point_between_stops_is_the_oracles(family: str, way: Way) -> None:
    generator, exact = small(family), small(family).double()
    z = np.arange(1.0, 1.0 + exact.z_dim)
    stops = Stop(Seed(7)), Stop(Vector.of("z", z.astype(np.float32)))
    expected = oracle(exact, way, seed_z(exact, 7), z, [0.3] * exact.num_layers)
    got = compose(generator, between(*stops, 0.3, way))
    torch.testing.assert_close(got.double(), expected, atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("way", WAYS)
def test_ends_are_exact_and_the_other_one_does_not_matter(family: str, way: Way) -> None:
    generator = small(family)
    for t, name, other in ((0.0, "A", "B"), (1.0, "B", "A")):
        alone = compose(generator, Recipe().showing(name))
        assert torch.equal(compose(generator, morph(way, t)), alone)
        broken = morph(way, t).with_point(Point(other, vector("w", 99)))
        assert torch.equal(compose(generator, broken), alone)
        base = Recipe().point(name).base
        assert isinstance(base, Seed)
        stops = (Stop(base), Stop(Seed(50))) if t == 0.0 else (Stop(Seed(50)), Stop(base))
        assert torch.equal(compose(generator, between(*stops, t, way)), alone)
    layers = (0.0, 1.0)
    ends = [compose(generator, Recipe().showing(name)) for name in "AB"]
    split = compose(generator, morph(way, 0.5, (), layers))
    for i, end in enumerate(ends[: generator.num_layers]):
        torch.testing.assert_close(split[:, i], end[:, i], atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("family", ["dcgan", "progan", "stylegan2"])
def test_half_way_is_the_even_blend(family: str) -> None:
    generator = small(family)
    for space, way in (("z", "slerp z"), ("w", "lerp w")):
        blend = Recipe(blend=Blend((Weight("A", 0.7), Weight("B", 0.3)), space))  # type: ignore[arg-type]
        expected = compose(generator, blend)
        got = compose(generator, morph(way, 0.3))  # type: ignore[arg-type]
        torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)


def test_moves_come_before_the_way_and_a_points_own_after_it() -> None:
    exact = small("stylegan2")
    turned = [
        compose_z(exact, Point("A", Seed(seed), (Move(Axis("coordinate", i), amount),)))
        for seed, i, amount in ((0, 1, 0.7), (5, 2, -0.4))
    ]
    middle = sphere(*turned, 0.6)
    axis = np.zeros(exact.z_dim)
    axis[3] = 1.0
    side = axis - (axis @ middle) * middle / (middle @ middle)
    norm = float(np.linalg.norm(middle))
    side *= norm / np.linalg.norm(side)
    moved = math.cos(0.2) * middle + math.sin(0.2) * side
    stops = (
        Stop(Seed(0), (Move(Axis("coordinate", 1), 0.7),)),
        Stop(Seed(5), (Move(Axis("coordinate", 2), -0.4),)),
    )
    got = compose(exact, between(*stops, 0.6, moves=(Move(Axis("coordinate", 3), 0.2),)))
    expected = exact.double().map(torch.from_numpy(moved)[None])
    torch.testing.assert_close(got.double(), expected.double(), atol=2e-5, rtol=2e-5)


def compose_z(generator: Generator, point: Point) -> Floats:
    """A z turned along coordinate axes, by hand."""
    assert isinstance(point.base, Seed)
    z = seed_z(generator, point.base.value)
    (move,) = point.moves
    axis = np.zeros_like(z)
    axis[move.axis.index] = 1.0
    side = axis - (axis @ z) * z / (z @ z)
    side *= np.linalg.norm(z) / np.linalg.norm(side)
    return math.cos(move.amount) * z + math.sin(move.amount) * side


@pytest.mark.parametrize("way", WAYS)
def test_principal_moves_of_the_ends_are_shared(style: StyleGAN2, way: Way) -> None:
    axes = principal_axes(style, 200)
    moves = (Move(Axis("principal", 2), 1.5),), (Move(Axis("principal", 0), -2.0),)
    bare = compose(style, between(Stop(Seed(0)), Stop(Seed(1)), 0.3, way))
    expected = (
        bare
        + 0.7 * 1.5 * axes.sigma[2] * axes.components[2]
        - 0.3 * 2.0 * axes.sigma[0] * axes.components[0]
    )
    stops = Stop(Seed(0), moves[0]), Stop(Seed(1), moves[1])
    points = morph(way, 0.3)
    for name, seed, own in zip("AB", (0, 1), moves, strict=True):
        points = points.with_point(Point(name, Seed(seed), own))
    for recipe in (between(*stops, 0.3, way), points):
        got = compose(style, recipe, axes=lambda _: axes)
        torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)


def test_a_vector_in_w_goes_straight_in_w(style: StyleGAN2) -> None:
    w = vector("w+", 8, 12)
    recipe = morph("lerp w", 0.25).with_point(Point("B", w))
    expected = 0.75 * style.map(style.sample_z(1, 0)) + 0.125
    torch.testing.assert_close(compose(style, recipe), expected)
    stops = Stop(Seed(0)), Stop(w)
    torch.testing.assert_close(compose(style, between(*stops, 0.25, "lerp w")), expected)


def test_edits_in_z_act_on_both_ends_of_a_way_in_w(style: StyleGAN2) -> None:
    shift = np.linspace(-1, 1, 16).astype(np.float32)
    edit = Edit("shift", "shift", Vector.of("z", shift), 0.5)
    both = torch.cat([style.sample_z(1, seed) for seed in (0, 1)]) + 0.5 * torch.from_numpy(shift)
    expected = style.map(both).mean(dim=0, keepdim=True)
    for recipe in (
        morph("lerp w", 0.5),
        between(Stop(Seed(0)), Stop(Seed(1)), 0.5, "lerp w"),
    ):
        edited = msgspec.structs.replace(recipe, edits=(edit,))
        torch.testing.assert_close(compose(style, edited), expected, atol=1e-5, rtol=1e-5)


def test_points_between_others_may_move_toward_each_other(style: StyleGAN2) -> None:
    def towards(index: int) -> tuple[Move, ...]:
        return (Move(Axis("toward", index), 0.3),)

    recipe = Recipe(morph=Morph("A", "B", 0.5, Course("slerp z")))
    for name, other in (("A", 1), ("B", 0)):
        stops = Stop(Seed(other), towards(other)), Stop(Seed(9 + other), towards(other))
        base = Between(*stops, 0.5, Course("slerp z"))
        recipe = recipe.with_point(Point(name, base, towards(other)))
    assert compose(style, recipe).isfinite().all()
    # Their aim is part of what is kept by.
    memo: LRU[Tensor] = LRU(50)
    before = compose(style, recipe, memo)
    after = compose(style, recipe.with_point(Point("B", Seed(77))), memo)
    assert torch.equal(after, compose(style, recipe.with_point(Point("B", Seed(77)))))
    assert not torch.equal(before, after)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_kept_is_what_would_be_made(style: StyleGAN2, way: Way) -> None:
    memo: LRU[Tensor] = LRU(50)
    for t in (0.0, 0.2, 0.7, 0.2, 1.0):
        for recipe in (morph(way, t), between(Stop(Seed(0)), Stop(Seed(1)), t, way)):
            assert torch.equal(compose(style, recipe, memo), compose(style, recipe))


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (
            morph("slerp z", 0.5).with_point(Point("B", vector("w+", 8, 12))),
            "^morph.way is slerp z, but point B is a w\\+ vector and has no z: morph in w$",
        ),
        (
            between(Stop(Seed(0)), Stop(vector("w", 12)), 0.5, "lerp z"),
            "^point A is on a way by lerp z, but its end is a w vector and has no z: go by lerp w$",
        ),
        (
            between(Stop(vector("z", 3)), Stop(Seed(0)), 0.5),
            r"vector.shape of the start of point A is \[3\]",
        ),
        (
            between(Stop(Seed(0)), Stop(Seed(0)), 0.5, "lerp w", (Move(Axis("random", 0), 1.0),)),
            "point A moves along a random axis of z, but its base is between others in w",
        ),
        (
            between(Stop(Seed(0)), Stop(Seed(1), (Move(Axis("coordinate", 99), 1.0),)), 0.5),
            "move.axis.index of the end of point A is 99",
        ),
        (morph("lerp w", 0.5).with_point(Point("B", vector("w", 5))), "vector.shape of point B"),
    ],
)
def test_ways_that_cannot_be_gone_are_named(style: StyleGAN2, recipe: Recipe, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        compose(style, recipe)


@pytest.mark.parametrize("t", [-0.5, 0.0, 0.3, 1.0, 1.5])
def test_a_straight_line_by_hand(t: float) -> None:
    random = np.random.RandomState(3)
    a, b = (random.randn(2, 5).astype(np.float32) for _ in "ab")
    both = lerp(torch.from_numpy(a), torch.from_numpy(b), [t, 1.0]).numpy()
    np.testing.assert_allclose(both[0], a[0] + (b[0] - a[0]) * t, rtol=1e-5, atol=1e-6)
    assert np.array_equal(both[1], b[1])
    single = lerp(torch.from_numpy(a[0]), torch.from_numpy(b[0]), t).numpy()
    assert np.array_equal(single, both[0])
