"""A direction as a value: what it refuses, its key, and how a recipe takes it up."""

import math

import msgspec
import numpy as np
import pytest

from latentstudio.document.checks import RecipeError
from latentstudio.document.direction import MAX_LEAKS, Direction, Leak
from latentstudio.document.edit import Bend, Edit
from latentstudio.document.recipe import Recipe
from latentstudio.document.vector import Vector

HASH, OTHER = "ab" * 32, "cd" * 32
STEP = Vector.of("w", np.array([1.0, -2.0], np.float32))
BACK = Vector.of("w", np.array([-1.0, 2.0], np.float32))
CHANNELS = (Bend(2, (5,), "style", 0.0), Bend(3, (1, 4), "style", -2.0))
SMILE = Direction("Smile", HASH, STEP)
STYLE = Direction("Hair", HASH, channels=CHANNELS, method="style")
EMPTY = Recipe(HASH)


def changed(**fields):
    return msgspec.structs.replace(SMILE, **fields)


REFUSED = [
    ({"name": ""}, r"direction\.name is empty"),
    ({"name": "two\nlines"}, r"direction\.name must be one printable line"),
    ({"unit": "\x00"}, r"direction\.unit must be"),
    ({"notes": "x" * 2001}, r"direction\.notes must be"),
    ({"checkpoint": ""}, r"direction\.checkpoint is not a sha256"),
    ({"checkpoint": "AB" * 32}, r"direction\.checkpoint is not a sha256"),
    ({"vector": None}, "either a vector or channels"),
    ({"channels": CHANNELS}, "either a vector or channels"),
    ({"vector": None, "channels": (Bend(0, (), "scale", 0.0),)}, "kind style, without keys"),
    ({"vector": None, "channels": (Bend(0, (), "style", 1.0, "k"),)}, "kind style, without keys"),
    ({"first": -1}, r"direction\.first is -1"),
    ({"first": 4, "stop": 4}, r"direction\.stop is 4; it must be above first"),
    ({"low": math.nan}, r"direction\.low is nan"),
    ({"high": 101}, r"direction\.high is 101"),
    ({"low": 3, "high": 3}, r"direction\.low must be below direction\.high"),
    ({"samples": -1}, r"direction\.samples is -1"),
    ({"leakage": (Leak("a", "", 0, 0, 0, 0),) * (MAX_LEAKS + 1)}, r"direction\.leakage has more"),
    ({"version": 2}, "version is 2; .* update latentstudio"),
    ({"version": 0}, "version is 0"),
]


@pytest.mark.parametrize(("fields", "sentence"), REFUSED, ids=[s for _, s in REFUSED])
def test_what_cannot_be_is_refused_by_name(fields, sentence):
    with pytest.raises(RecipeError, match=sentence) as caught:
        changed(**fields)
    assert "\n" not in str(caught.value)


def test_the_key_says_what_it_does_whatever_it_is_called():
    assert len(SMILE.key) == 16
    assert set(SMILE.key) <= set("0123456789abcdef")
    for fields in ({"name": "Grin"}, {"unit": "σ"}, {"low": -9}, {"first": 3}, {"notes": "x"}):
        assert changed(**fields).key == SMILE.key
    keys = {SMILE.key, STYLE.key, changed(vector=BACK).key, changed(checkpoint=OTHER).key}
    assert len(keys) == 4


def test_a_slider_puts_an_edit_into_the_recipe_and_takes_it_away():
    assert SMILE.amount(EMPTY) == 0.0
    once = SMILE.applied(EMPTY, 1.5)
    assert once.edits == (Edit(SMILE.key, "Smile", STEP, 1.5, 0, None),)
    assert SMILE.amount(once) == 1.5
    other = changed(vector=BACK, name="Frown")
    both = other.applied(once, -1.0)
    assert [edit.name for edit in both.edits] == ["Smile", "Frown"]
    again = SMILE.applied(both, 0.5)
    assert (SMILE.amount(again), other.amount(again)) == (0.5, -1.0)
    assert [edit.name for edit in again.edits] == ["Smile", "Frown"]
    assert SMILE.applied(again, 0.0).edits == again.edits[1:]


def test_layers_stay_as_they_were_set():
    fine = changed(first=4, stop=8)
    assert fine.layers_in(EMPTY) == (4, 8)
    moved = fine.applied(EMPTY, 1.0)
    assert fine.layers_in(moved) == (4, 8)
    moved = fine.applied(moved, 1.0, (2, None))
    assert fine.layers_in(moved) == (2, None)
    moved = fine.applied(moved, 2.0)
    assert (fine.layers_in(moved), fine.amount(moved)) == ((2, None), 2.0)
    assert fine.layers_in(fine.applied(moved, 0.0)) == (4, 8)


def test_style_channels_become_bends_under_one_key():
    foreign = Bend(0, (), "scale", 0.0)
    start = msgspec.structs.replace(EMPTY, bends=(foreign,))
    assert STYLE.amount(start) == 0.0
    moved = STYLE.applied(start, 1.5)
    assert moved.bends == (
        foreign,
        Bend(2, (5,), "style", 0.0, STYLE.key, "Hair"),
        Bend(3, (1, 4), "style", -3.0, STYLE.key, "Hair"),
    )
    assert STYLE.amount(moved) == 1.5
    assert STYLE.amount(STYLE.applied(moved, -0.25)) == -0.25
    assert STYLE.applied(moved, 0.0).bends == (foreign,)


@pytest.mark.parametrize("direction", [SMILE, STYLE])
def test_a_recipe_of_another_checkpoint_is_refused_with_a_sentence(direction):
    sentence = f"{direction.name} belongs to the checkpoint abababab…, not to cdcdcdcd…: open"
    with pytest.raises(RecipeError, match=sentence):
        direction.applied(Recipe(OTHER), 1.0)
    with pytest.raises(RecipeError, match="not to none…"):
        direction.applied(Recipe(), 1.0)


def test_an_amount_beyond_reason_is_refused():
    with pytest.raises(RecipeError, match=r"edit\.amount is 101"):
        SMILE.applied(EMPTY, 101.0)
