"""Recipes to JSON and back; whatever is wrong is one sentence."""

import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from latentstudio.document.codec import (
    MAX_BYTES,
    recipe_digest,
    recipe_from_json,
    recipe_to_json,
)
from latentstudio.document.recipe import (
    POINT_NAMES,
    Point,
    Recipe,
    RecipeError,
    Seed,
    Transform,
)
from latentstudio.document.vector import MAX_VALUES, Vector
from tests.strategies import json_values, recipes


@given(recipes)
def test_round_trip_is_exact_and_canonical(recipe):
    data = recipe_to_json(recipe)
    back = recipe_from_json(data)
    assert back == recipe
    assert recipe_to_json(back) == data
    assert recipe_digest(back) == recipe_digest(recipe)


@given(recipes)
def test_the_standard_library_reads_the_same_numbers(recipe):
    """json is the outside witness: spacing, order and number syntax of others read alike."""
    plain = json.loads(recipe_to_json(recipe))
    assert plain["truncation"]["psi"] == recipe.truncation.psi
    assert plain["noise"]["layers"] == list(recipe.noise.layers)
    moved = recipe.transform
    assert plain["transform"] == {"x": moved.x, "y": moved.y, "angle": moved.angle}
    for point, written in zip(recipe.points, plain["points"], strict=True):
        assert [m["amount"] for m in written["moves"]] == [m.amount for m in point.moves]
    shuffled = json.dumps(dict(reversed(plain.items())), indent=3).encode()
    assert recipe_from_json(shuffled) == recipe


def test_the_format_stands_still():
    """Files written today must open in ten years: fields may be added, none may change."""
    text = (
        b'{"checkpoint":"","points":['
        b'{"name":"A","base":{"kind":"seed","value":0},"moves":[]},'
        b'{"name":"B","base":{"kind":"seed","value":1},"moves":[]},'
        b'{"name":"C","base":{"kind":"seed","value":2},"moves":[]},'
        b'{"name":"D","base":{"kind":"seed","value":3},"moves":[]}],'
        b'"blend":{"weights":[{"point":"A","amount":1.0}],"space":"w"},"label":null,'
        b'"truncation":{"psi":1.0,"cutoff":null},"mixing":{"cells":[],"solo":[],"mute":[]},'
        b'"noise":{"mode":"const","seed":0,"strength":1.0,"layers":[],"turn":0.0},'
        b'"transform":{"x":0.0,"y":0.0,"angle":0.0},"edits":[],"bends":[],"morph":null,'
        b'"difference":"","version":3}'
    )
    assert recipe_to_json(Recipe()) == text
    assert recipe_from_json(text) == Recipe()


def test_a_recipe_from_before_transforms_opens_unmoved():
    """As the first release wrote it: fields may be added, and then their defaults hold."""
    text = (
        b'{"checkpoint":"","points":['
        b'{"name":"A","base":{"kind":"seed","value":7},"moves":[]},'
        b'{"name":"B","base":{"kind":"seed","value":1},"moves":[]},'
        b'{"name":"C","base":{"kind":"seed","value":2},"moves":[]},'
        b'{"name":"D","base":{"kind":"seed","value":3},"moves":[]}],'
        b'"blend":{"weights":[{"point":"A","amount":1.0}],"space":"w"},"label":null,'
        b'"truncation":{"psi":1.0,"cutoff":null},"mixing":{"cells":[],"solo":[],"mute":[]},'
        b'"noise":{"mode":"const","seed":0,"strength":1.0,"layers":[]},"version":1}'
    )
    recipe = recipe_from_json(text)
    assert recipe.transform == Transform(0.0, 0.0, 0.0)
    assert recipe == Recipe().with_point(Point("A", Seed(7)))


def test_the_largest_recipe_that_can_be_can_also_be_read():
    values = np.ones(MAX_VALUES, np.float32)
    recipe = Recipe(points=tuple(Point(name, Vector.of("w", values)) for name in POINT_NAMES))
    data = recipe_to_json(recipe)
    assert len(data) < MAX_BYTES
    assert recipe_from_json(data) == recipe


def test_an_editor_s_byte_order_mark_is_no_damage():
    assert recipe_from_json(b"\xef\xbb\xbf" + recipe_to_json(Recipe())) == Recipe()


BAD = [
    (b"", "truncated"),
    (b"[]", "Expected `object`"),
    (b"null", "Expected `object`"),
    (b"\xff\xfe{", "malformed"),
    (b'{"checkpoint":"\xff"}', "does not hold a readable recipe"),
    (b'{"checkpoint":"\\ud800"}', "does not hold a readable recipe"),
    (b"[" * 100_000, "does not hold a readable recipe"),
    (b'{"a":' * 5000, "does not hold a readable recipe"),
    (b'{"truncation":{"psi":1e400}}', "truncation.psi"),
    (b'{"truncation":{"psi":99}}', "truncation.psi is 99"),
    (b'{"truncation":{"psi":NaN}}', "malformed"),
    (b'{"truncation":{"psy":1}}', "psy"),
    (b'{"noise":{"mode":"loud"}}', "noise.mode"),
    (b'{"noise":{"seed":true}}', "noise.seed"),
    (b'{"noise":{"layers":[1,-1]}}', r"noise.layers\[1\] is -1"),
    (b'{"points":[{"name":"A","base":{"kind":"seed"}}]}', r"points\[0\].base"),
    (b'{"points":[{"name":"A","base":{"kind":"seed","value":-1}}]}', "seed is -1"),
    (b'{"points":[{"name":"A","base":{"kind":"dream"}}]}', "dream"),
    (b'{"transform":{"x":11}}', "transform.x is 11"),
    (b'{"transform":{"angle":1e400}}', "transform.angle"),
    (b'{"transform":{"z":1}}', "transform"),
    (b'{"transform":null}', "transform"),
    (b'{"label":"cat"}', "label"),
    (b'{"label":' + b"1" * 5000 + b"}", "label"),
    (b'{"version":"x"}', "version"),
    (b'{"version":0}', "version is 0"),
    (b'{"extra":0}', "extra"),
    (b"{}{}", "malformed"),
]


@pytest.mark.parametrize(("data", "sentence"), BAD, ids=[s for _, s in BAD])
def test_bad_json_is_one_sentence_with_the_source_and_the_field(data, sentence):
    with pytest.raises(RecipeError, match=sentence) as caught:
        recipe_from_json(data, "mine.json")
    text = str(caught.value)
    assert text.startswith("mine.json")
    assert text.count("mine.json") == 1
    assert "\n" not in text


def test_a_newer_version_is_named_even_if_its_fields_are_unknown():
    with pytest.raises(RecipeError, match=r"x\.json was written by a newer.*version 4.*update"):
        recipe_from_json(b'{"version":4,"points":"of another kind"}', "x.json")


def test_an_oversized_recipe_is_refused_unread():
    with pytest.raises(RecipeError, match="17 MiB"):
        recipe_from_json(b" " * (17 << 20))


@given(recipes, st.data())
@example(Recipe(), None)
def test_mutated_bytes_give_a_recipe_or_a_sentence(recipe, data):
    raw = bytearray(recipe_to_json(recipe))
    if data is not None:
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(raw) - 1))
            raw[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    try:
        back = recipe_from_json(bytes(raw), "m")
    except RecipeError as error:
        assert str(error).startswith("m")
    else:
        assert recipe_from_json(recipe_to_json(back)) == back


FIELDS = [
    "blend", "checkpoint", "label", "mixing", "noise", "points", "transform", "truncation",
    "version",
]  # fmt: skip


@given(st.sampled_from(FIELDS), json_values)
def test_any_value_in_any_field_gives_a_recipe_or_a_sentence_that_names_it(field, value):
    try:
        recipe_from_json(json.dumps({field: value}).encode())
    except RecipeError as error:
        assert field in str(error)
