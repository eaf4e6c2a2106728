"""The recipe as a value: what it refuses, and that equal values have one spelling."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.document.codec import recipe_to_json
from latentstudio.document.recipe import (
    Axis,
    Blend,
    Cell,
    Mixing,
    Move,
    Noise,
    Point,
    Recipe,
    RecipeError,
    Seed,
    Transform,
    Truncation,
    Weight,
)
from tests.strategies import blends, mixings, names, noises, numbers, recipes

AXIS = Axis("random", 3)

REFUSED = [
    (lambda: Seed(-1), "seed is -1"),
    (lambda: Seed(2**32), "seed is 4294967296"),
    (lambda: Axis("random", -1), "axis.index is -1"),
    (lambda: Move(AXIS, math.nan), "move.amount is nan"),
    (lambda: Move(AXIS, 100.5), "move.amount is 100.5"),
    (lambda: Point("E", Seed(0)), "point.name is 'E'"),
    (lambda: Point("A", Seed(0), (Move(AXIS, 1.0), Move(AXIS, 2.0))), "point A moves twice"),
    (lambda: Weight("a", 1.0), "blend names point 'a'"),
    (lambda: Weight("A", -0.1), "blend.amount is -0.1"),
    (lambda: Weight("A", math.inf), "blend.amount is inf"),
    (lambda: Blend(()), "blend has no weight above 0"),
    (lambda: Blend((Weight("A", 0.0),)), "blend has no weight above 0"),
    (lambda: Blend((Weight("A", 1.0), Weight("A", 2.0))), "blend names a point twice"),
    (lambda: Truncation(10.1), "truncation.psi is 10.1"),
    (lambda: Truncation(math.nan), "truncation.psi is nan"),
    (lambda: Truncation(1.0, -1), "truncation.cutoff is -1"),
    (lambda: Truncation(1.0, 1025), "truncation.cutoff is 1025"),
    (lambda: Cell(1024, "A", 1.0), "mixing.layer is 1024"),
    (lambda: Cell(0, "", 1.0), "mixing names point ''"),
    (lambda: Cell(0, "A", 1.01), "mixing.strength is 1.01"),
    (lambda: Mixing((Cell(1, "A", 1.0), Cell(0, "A", 1.0))), "mixing.cells must be sorted"),
    (lambda: Mixing((Cell(0, "A", 1.0), Cell(0, "A", 0.5))), "layer and point twice"),
    (lambda: Mixing(solo=("B", "A")), "mixing.solo"),
    (lambda: Mixing(mute=("A", "A")), "mixing.mute"),
    (lambda: Mixing(mute=("Z",)), "mixing.mute"),
    (lambda: Noise(seed=-5), "noise.seed is -5"),
    (lambda: Noise(strength=-1.0), "noise.strength is -1"),
    (lambda: Noise(layers=(1.0, 1.0, 101.0)), r"noise.layers\[2\] is 101"),
    (lambda: Noise(layers=(1.0,) * 1025), "noise.layers has 1025 values"),
    (lambda: Transform(x=10.5), "transform.x is 10.5"),
    (lambda: Transform(y=-math.inf), "transform.y is -inf"),
    (lambda: Transform(angle=-3601.0), "transform.angle is -3601"),
    (lambda: Recipe(checkpoint="ab"), "checkpoint is not a sha256"),
    (lambda: Recipe(checkpoint="AB" * 32), "checkpoint is not a sha256"),
    (lambda: Recipe(points=()), "points must be A, B, C and D"),
    (lambda: Recipe(points=Recipe().points[::-1]), "points must be A, B, C and D"),
    (lambda: Recipe(label=-1), "label is -1"),
    (lambda: Recipe(label=2**31), "label is 2147483648"),
    (lambda: Recipe(version=0), "version is 0"),
    (lambda: Recipe(version=4), "update latentstudio"),
]


@pytest.mark.parametrize(("build", "sentence"), REFUSED, ids=[s for _, s in REFUSED])
def test_what_cannot_be_is_refused_by_name(build, sentence):
    with pytest.raises(RecipeError, match=sentence) as caught:
        build()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Truncation(psi=1), Truncation(psi=1.0)),
        (Truncation(psi=-0.0), Truncation(psi=0.0)),
        (Truncation(psi=np.float32(0.5)), Truncation(psi=0.5)),
        (Truncation(cutoff=np.int64(4)), Truncation(cutoff=4)),
        (Noise(layers=(1, -0.0)), Noise(layers=(1.0, 0.0))),
        (Noise(seed=np.uint32(9), strength=2), Noise(seed=9, strength=2.0)),
        (Transform(-0.0, 1, -0.0), Transform(0.0, 1.0, 0.0)),
    ],
)
def test_equal_numbers_have_one_spelling(one, other):
    """Bytes are keys of caches, so 1 and 1.0, -0.0 and 0.0 must not differ in them."""
    field = type(one).__name__.lower()
    first, second = Recipe(**{field: one}), Recipe(**{field: other})
    assert first == second
    assert recipe_to_json(first) == recipe_to_json(second)


def test_a_seed_is_whole():
    with pytest.raises(TypeError):
        Seed(1.5)


@given(recipes, recipes | st.none())
def test_equal_recipes_hash_alike_and_others_differ_in_bytes(one, drawn):
    other = drawn or msgspec.structs.replace(one, noise=msgspec.structs.replace(one.noise))
    assert (one == other) == (recipe_to_json(one) == recipe_to_json(other))
    if one == other:
        assert hash(one) == hash(other)


@given(recipes, names, numbers(-100, 100), numbers(-100, 100))
def test_moving_replaces_what_was_along_the_axis(recipe, name, first, second):
    start = recipe.point(name)
    moved = start.moved(AXIS, first).moved(AXIS, second)
    assert moved.along(AXIS) == second
    assert moved == start.moved(AXIS, second)
    others = [move for move in moved.moves if move.axis != AXIS]
    assert others == [move for move in start.moves if move.axis != AXIS]
    assert all(move.axis != AXIS for move in moved.moved(AXIS, 0).moves)
    assert recipe.with_point(moved).point(name) == moved
    assert [p for p in recipe.with_point(moved).points if p.name != name] == [
        p for p in recipe.points if p.name != name
    ]


@given(blends)
def test_shares_sum_to_one(blend):
    shares = [blend.share(name) for name in "ABCD"]
    assert all(0 <= share <= 1 for share in shares)
    assert sum(shares) == pytest.approx(1)


@given(recipes, names)
def test_showing_puts_the_whole_blend_on_one_point(recipe, name):
    shown = recipe.showing(name)
    assert [shown.blend.share(other) for other in "ABCD"] == [other == name for other in "ABCD"]
    assert shown.blend.space == recipe.blend.space


@given(mixings, st.dictionaries(st.tuples(st.integers(0, 1023), names), numbers(0, 1), max_size=8))
def test_cells_that_are_set_are_found_and_the_rest_stays(mixing, changes):
    after = mixing.with_cells(changes)
    for key, strength in changes.items():
        assert after.strength(*key) == strength
    for cell in mixing.cells:
        if (cell.layer, cell.point) not in changes:
            assert after.strength(cell.layer, cell.point) == cell.strength
    assert all(cell.strength > 0 for cell in after.cells)
    assert (after.solo, after.mute) == (mixing.solo, mixing.mute)


def test_solo_and_mute_by_hand():
    assert [Mixing().sounds(p) for p in "ABCD"] == [True] * 4
    assert [Mixing(mute=("B",)).sounds(p) for p in "ABCD"] == [True, False, True, True]
    assert [Mixing(solo=("A", "B")).sounds(p) for p in "ABCD"] == [True, True, False, False]
    both = Mixing(solo=("A", "B"), mute=("B",))
    assert [both.sounds(p) for p in "ABCD"] == [True, False, False, False]


@given(noises, st.integers(0, 10))
def test_noise_factor_is_the_product(noise, layer):
    own = (list(noise.layers) + [1.0] * 20)[layer]
    assert noise.factor(layer) == noise.strength * own
