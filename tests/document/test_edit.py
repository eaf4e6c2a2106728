"""Edits and bends as values: what they refuse, and that equal values have one spelling."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.document.checks import MAX_LAYERS, RecipeError
from latentstudio.document.codec import recipe_from_json, recipe_to_json
from latentstudio.document.edit import MAX_CHANNELS, MAX_EDITS, Bend, Edit
from latentstudio.document.recipe import Recipe
from latentstudio.document.vector import Vector
from tests.strategies import numbers, vectors

STEP = Vector.of("w", np.array([1.0, -2.0], np.float32))

REFUSED = [
    (lambda: Edit("", "Smile", STEP), r"edit\.key is empty"),
    (lambda: Edit("k" * 201, "Smile", STEP), r"edit\.key must be one printable line"),
    (lambda: Edit("k", "two\nlines", STEP), r"edit\.name must be one printable line"),
    (lambda: Edit("k", "", STEP, math.nan), r"edit\.amount is nan"),
    (lambda: Edit("k", "", STEP, -101), r"edit\.amount is -101"),
    (lambda: Edit("k", "", STEP, 1.0, -1), r"edit\.first is -1"),
    (lambda: Edit("k", "", STEP, 1.0, 3, 3), r"edit\.stop is 3; it must be above first, 3"),
    (lambda: Edit("k", "", STEP, 1.0, 0, MAX_LAYERS + 1), r"edit\.stop is 1025"),
    (lambda: Bend(-1, (), "scale", 0.0), r"bend\.layer is -1"),
    (lambda: Bend(0, (3, 2), "scale", 0.0), r"bend\.channels must be in order"),
    (lambda: Bend(0, (2, 2), "scale", 0.0), r"bend\.channels must be in order, each once"),
    (lambda: Bend(0, (-1,), "scale", 0.0), r"bend\.channels\[0\] is -1"),
    (lambda: Bend(0, (0, 65536), "scale", 0.0), r"bend\.channels\[1\] is 65536"),
    (lambda: Bend(0, tuple(range(MAX_CHANNELS + 1)), "scale", 0.0), "4096 are the most"),
    (lambda: Bend(0, (), "scale", math.inf), r"bend\.amount is inf"),
    (lambda: Bend(0, (), "zoom", 0.0), r"bend\.amount is 0\.0; it must lie between 0\.01"),
    (lambda: Bend(0, (), "move_x", 1.5), r"bend\.amount is 1\.5; it must lie between -1 and 1"),
    (lambda: Bend(0, (), "erode", -0.1), r"bend\.amount is -0\.1; it must lie between 0 and 1"),
    (lambda: Bend(0, (), "scale", 1.0, "a\tb"), r"bend\.key must be one printable line"),
    (lambda: Recipe(edits=(Edit("k", "", STEP), Edit("k", "", STEP))), "edits names a key twice"),
    (lambda: Recipe(bends=(Bend(0, (), "scale", 0.0),) * (MAX_EDITS + 1)), "64 are the most"),
]


@pytest.mark.parametrize(("build", "sentence"), REFUSED, ids=[s for _, s in REFUSED])
def test_what_cannot_be_is_refused_by_name(build, sentence):
    with pytest.raises(RecipeError, match=sentence) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_equal_numbers_have_one_spelling():
    one, other = Edit("k", "", STEP, 1, 2, 5), Edit("k", "", STEP, np.float64(1.0), 2, 5)
    assert msgspec.json.encode(one) == msgspec.json.encode(other)
    one, other = Bend(1, (4, 7), "style", -0.0), Bend(np.int64(1), (np.int64(4), 7), "style", 0)
    assert msgspec.json.encode(one) == msgspec.json.encode(other)


edits = st.builds(
    Edit,
    st.sampled_from("abc"),
    st.text("xyz ", max_size=4),
    vectors(),
    numbers(-100, 100),
    st.integers(0, 20),
    st.none() | st.integers(21, 1024),
)
bends = st.builds(
    Bend,
    st.integers(0, 30),
    st.sets(st.integers(0, 65535), max_size=4).map(lambda chosen: tuple(sorted(chosen))),
    st.sampled_from(["scale", "style", "threshold", "rotate"]),
    numbers(-1000, 1000),
    st.sampled_from(["", "a", "b"]),
)


@given(st.lists(edits, max_size=4), st.lists(bends, max_size=4))
def test_recipes_with_edits_and_bends_survive_json(some, more):
    recipe = Recipe(bends=tuple(more))
    for edit in some:
        recipe = recipe.with_edit(edit)
    assert recipe_from_json(recipe_to_json(recipe)) == recipe


@given(st.lists(edits, max_size=5))
def test_of_one_key_the_last_edit_holds_and_amount_0_takes_it_away(some):
    recipe = Recipe()
    for edit in some:
        recipe = recipe.with_edit(edit)
    assert {edit.key: edit for edit in recipe.edits} == {
        edit.key: edit
        for edit in some
        if {e.key: e for e in some}[edit.key] is edit and edit.amount
    }


def test_bends_take_the_place_of_those_of_their_key():
    plain, a1, a2, b = (Bend(i, (), "scale", 0.0, k) for i, k in enumerate(["", "a", "a", "b"]))
    recipe = Recipe(bends=(plain, a1, a2, b))
    new = Bend(9, (), "scale", 0.5, "a")
    assert recipe.with_bends("a", (new,)).bends == (plain, new, b)
    assert recipe.with_bends("a", ()).bends == (plain, b)
    assert recipe.with_bends("c", (new,)).bends == (plain, a1, a2, b, new)
