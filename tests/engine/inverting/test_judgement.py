"""What is said of an answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from latentstudio.document.vector import Vector
from latentstudio.engine.inverting.judgement import (
    SAME,
    STRANGE,
    UNIT,
    off,
    outlook,
    strange,
    verdict,
    warning_of,
)
from latentstudio.engine.inverting.values import Answer, Gauge, Order
from latentstudio.latents.inversion import editability

PICTURE = np.zeros((4, 4, 3), np.uint8)
POINT = Vector.of("w", np.zeros(4, np.float32))
LAYERED = Vector.of("w+", np.zeros((2, 4), np.float32))
OWN = Gauge(0.5, "close to the generator's own", "")


def order(**fields) -> Order:
    return Order("", PICTURE, **fields)


def answer(distance=0.02, misfit=0.02) -> Answer:
    return Answer(POINT, 0.1, distance, PICTURE, OWN, misfit=misfit)


def test_a_photograph_is_searched_for_in_every_layer():
    assert order().space == "w+"


@pytest.mark.parametrize(
    ("distance", "words"),
    [(0.0, "0.0 % off"), (0.0412, "4.1 % off"), (0.234, "23 % off"), (1.5, "150 % off")],
)
def test_a_distance_has_one_name(distance, words):
    assert off(distance) == words


def test_what_is_near_enough_is_told_with_its_unit_and_nothing_more():
    assert verdict(answer(SAME)) == f"5.0 % off: {UNIT}"


def test_what_can_come_nearer_says_how_and_what_cannot_does_not():
    assert verdict(answer(0.23, STRANGE["w"])).endswith("tune brings it nearer.")
    assert "nearer" not in verdict(answer(0.37, 0.91))


@pytest.mark.parametrize("word", editability._WORDS)
@pytest.mark.parametrize("space", ["z", "w", "w+"])
def test_what_edits_will_do_never_sends_to_where_one_is(word, space):
    said = outlook(word, space)
    assert said.startswith(word.capitalize().split()[0]) or "edge" in said
    assert f"in {space} " not in said


def test_there_is_nothing_to_say_of_a_good_likeness():
    assert warning_of(order(), answer(misfit=STRANGE["w"])) == ""
    assert warning_of(order(), answer(misfit=2.0), finished=False) == ""


def test_a_warning_has_the_number_that_is_shown_and_no_other():
    said = warning_of(order(), answer(0.37, 0.91))
    assert said.startswith("The generator cannot make this picture: the best it found shows")
    assert "37 % off" in said and "pixel by pixel" in said and "91" not in said
    said = warning_of(order(), answer(0.93, 0.95))
    assert "93 % off, hardly nearer than a random picture" in said and "pixel" not in said


def test_a_freer_search_has_to_come_nearer():
    """Misfits as measured: portraits, and portraits upside down."""
    here = [replace(answer(0.06, misfit), vector=LAYERED) for misfit in (0.264, 0.39)]
    assert [strange(each) for each in here] == [False, True]
    assert not strange(answer(0.24, 0.39))


def test_every_reason_to_be_careful_is_named():
    mask = np.zeros((4, 4), np.uint8)
    said = warning_of(order(mask=mask), answer(0.93, 0.93))
    assert said.startswith("The generator cannot make this picture")
    assert "in the place of the unknown parts is invented" in said and "bias" in said
    said = warning_of(order(small=8), answer())
    assert "finer than the 8 × 8 pixels given is invented" in said and "bias" in said
