"""The timeline: the recipe of every moment, keys set and moved, files."""

import json
import math
from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.document.document import Document
from latentstudio.document.recipe import (
    Axis,
    Between,
    Blend,
    Cell,
    Edit,
    Mixing,
    Morph,
    Noise,
    Point,
    Recipe,
    RecipeError,
    Seed,
    Stop,
    Truncation,
    Weight,
)
from latentstudio.document.timeline.ease import Ease
from latentstudio.document.timeline.file import (
    read_timeline,
    timeline_from_json,
    timeline_to_json,
    write_timeline,
)
from latentstudio.document.timeline.motion import Beat, Pulse, Walk
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.document.timeline.tracks import Key, PointTrack, TruncationTrack
from latentstudio.document.vector import Vector
from tests.strategies import numbers, recipes

replace = msgspec.structs.replace
BASE = Recipe(checkpoint="a" * 64)
LINEAR = Ease("linear")


def with_psi(recipe, psi):
    return replace(recipe, truncation=Truncation(psi))


def smile(amount):
    return Edit("smile", "Smile", Vector.of("w", np.ones(3, np.float32)), amount)


def heard(recipe):
    """What its edits do, in whatever order."""
    return {edit.key: edit for edit in recipe.edits if edit.amount}


def film(*recipes_, **fields):
    """Keys a second apart, straight lines between them."""
    timeline = Timeline()
    for i, recipe in enumerate(recipes_):
        timeline = timeline.with_mark(float(i), recipe, LINEAR)
    return replace(timeline, **{"length": max(1.0, len(recipes_) - 1.0)} | fields)


# -- keys --------------------------------------------------------------------------------


@given(st.lists(recipes, min_size=1, max_size=4))
def test_at_every_key_the_film_shows_exactly_what_was_on_the_screen(recipes_):
    recipes_ = [replace(recipe, checkpoint="") for recipe in recipes_]
    timeline = film(*recipes_)
    for time, recipe in enumerate(recipes_):
        shown = timeline.at(float(time))
        assert heard(shown) == heard(recipe)
        wanted = replace(recipe, edits=())
        assert replace(shown, edits=()) == wanted


@given(st.lists(recipes, min_size=2, max_size=3), numbers(0, 3), st.sampled_from(["once", "loop"]))
def test_every_moment_is_a_recipe(recipes_, time, loop):
    assert isinstance(film(*recipes_, loop=loop, length=3.0).at(time), Recipe)


def test_only_what_differs_becomes_a_track():
    timeline = film(BASE, with_psi(BASE, 0.5))
    assert [track.name for track in timeline.tracks] == ["truncation"]
    assert timeline.at(0.5).truncation.psi == pytest.approx(0.75)


def test_a_track_that_begins_late_holds_the_old_value_up_to_the_mark_before():
    timeline = film(BASE, BASE, with_psi(BASE, 0.5))
    assert [timeline.at(t).truncation.psi for t in (0.0, 0.9, 1.0, 1.5, 2.0)] == [
        1.0, 1.0, 1.0, 0.75, 0.5,
    ]  # fmt: skip


def test_a_key_between_two_keeps_the_later_one():
    timeline = film(BASE, BASE, BASE).with_mark(0.5, with_psi(BASE, 0.0), LINEAR)
    assert [timeline.at(t).truncation.psi for t in (0.0, 0.5, 1.0, 2.0)] == [1.0, 0.0, 1.0, 1.0]


def test_an_edit_comes_and_goes():
    timeline = film(BASE, BASE.with_edit(smile(2.0)), BASE)
    assert timeline.at(0.0).edits == ()
    assert timeline.at(0.5).edits[0].amount == pytest.approx(1.0)
    assert timeline.at(2.0).edits == ()
    assert [track.name for track in timeline.tracks] == ["edit smile"]


def test_an_edit_of_the_base_that_is_taken_away_fades():
    timeline = film(BASE.with_edit(smile(2.0)), BASE)
    assert timeline.at(0.5).edits[0].amount == pytest.approx(1.0)
    assert timeline.at(1.0).edits == ()


def test_points_go_their_course_and_equal_bases_only_move():
    there = BASE.with_point(Point("A", Seed(9)))
    moved = BASE.with_point(Point("A", Seed(0)).moved(Axis("random", 3), 1.0))
    way = Between(Stop(Seed(0)), Stop(Seed(9)), 0.25)
    assert film(BASE, there).at(0.25).point("A") == Point("A", way)
    assert film(BASE, moved).at(0.25).point("A").along(Axis("random", 3)) == pytest.approx(0.25)


def test_marks_move_go_and_spread():
    timeline = film(BASE, with_psi(BASE, 0.5), BASE)
    moved = timeline.moved_mark(1.0, 1.5)
    assert moved.marks == (0.0, 1.5, 2.0)
    assert moved.at(1.5).truncation.psi == 0.5
    assert timeline.without_mark(1.0).at(1.0).truncation.psi == 1.0
    spread = timeline.spread((0.5, 3.0))
    assert spread.marks == (0.5, 2.0, 3.0)
    assert spread.at(3.0).truncation.psi == 0.5
    assert spread.length == 3.0


def test_a_moved_mark_takes_the_place_of_the_one_that_is_there():
    timeline = film(BASE, with_psi(BASE, 0.5), BASE).moved_mark(1.0, 2.0)
    assert timeline.marks == (0.0, 2.0)
    assert timeline.at(2.0).truncation.psi == 0.5


# -- time --------------------------------------------------------------------------------


def test_frames_are_counted_exactly():
    timeline = Timeline(length=10.0, rate=(30000, 1001))
    assert timeline.frames == 300  # 299.7
    assert timeline.time(299) == float(Fraction(299 * 1001, 30000))
    assert replace(timeline, loop="back and forth").frames == 599


def test_back_and_forth_comes_back_by_the_same_way():
    timeline = film(BASE, with_psi(BASE, 0.0), loop="back and forth")
    assert timeline.at(1.25) == timeline.at(0.75)
    assert timeline.at(2.0) == timeline.at(0.0)


def test_a_loop_leads_from_the_last_key_to_the_first():
    timeline = film(BASE, with_psi(BASE, 0.0), loop="loop", length=2.0)
    assert timeline.at(1.5).truncation.psi == pytest.approx(0.5)
    assert timeline.at(2.0) == timeline.at(0.0)
    assert replace(timeline, loop="once").at(1.5).truncation.psi == 0.0


def test_a_loop_goes_over_the_end_before_the_first_key():
    timeline = Timeline(
        tracks=(
            TruncationTrack((Key(1.0, Truncation(0.0), LINEAR), Key(3.0, Truncation(1.0), LINEAR))),
        ),
        length=4.0,
        loop="loop",
    )
    assert timeline.at(0.0).truncation.psi == pytest.approx(0.5)


# -- what moves without keys -------------------------------------------------------------


@given(numbers(0, 5), st.integers(1, 4), st.integers(1, 3))
def test_a_walk_is_closed_and_begins_where_the_point_stands(radius, harmonics, turns):
    walk = Walk("B", turns, radius, harmonics)
    timeline = Timeline(BASE, length=2.0, loop="loop", walks=(walk, Walk("noise", turns)))
    assert timeline.at(0.0) == BASE
    near = timeline.at(2.0 - 1e-9).point("B")
    assert all(abs(move.amount) < 1e-5 for move in near.moves)


def test_a_walk_of_one_harmonic_is_a_circle():
    walk = Walk("A", radius=0.5, seed=7)
    for share in (0.1, 0.4, 0.77):
        point = walk.on(BASE, share).point("A")
        x, y = point.along(Axis("random", 7)), point.along(Axis("random", 8))
        assert math.hypot(x, y - 0.5) == pytest.approx(0.5)


def test_a_walk_between_keys_moves_both_of_them():
    there = BASE.with_point(Point("A", Seed(9)))
    timeline = film(BASE, there, length=1.0, walks=(Walk("A", radius=0.5, seed=7),))
    between = timeline.at(0.25).point("A")
    assert between.moves == ()
    for stop in (between.base.start, between.base.end):
        amounts = {move.axis.index: move.amount for move in stop.moves}
        assert amounts == {7: pytest.approx(0.5), 8: pytest.approx(0.5)}


def test_noise_turns_whole_rounds():
    timeline = Timeline(BASE, length=4.0, walks=(Walk("noise", 3),))
    assert timeline.at(1.0).noise.turn == pytest.approx(0.75)


def test_a_pulse_falls_by_its_decay_and_comes_again_in_a_loop():
    pulse = Pulse("psi", 0.5, 0.2)
    timeline = Timeline(BASE, length=2.0, beats=(Beat(1.0), Beat(1.9, 2.0)), pulses=(pulse,))
    assert timeline.at(0.5).truncation.psi == 1.0
    assert timeline.at(1.0).truncation.psi == pytest.approx(1.5)
    assert timeline.at(1.2).truncation.psi == pytest.approx(1.0 + 0.5 / math.e)
    looped = replace(timeline, loop="loop").at(0.1).truncation.psi
    assert looped == pytest.approx(1.0 + math.exp(-1.0) + 0.5 * math.exp(-1.1 / 0.2))


def test_pulses_keep_within_what_the_recipe_allows():
    recipe = replace(BASE, noise=Noise(strength=99.0), morph=Morph(t=1.9)).with_edit(smile(99.0))
    beats = (Beat(0.0, 10.0),)
    pulses = tuple(Pulse(t, 90.0) for t in ("noise", "morph", "edit smile", "psi", "edit other"))
    shown = Timeline(recipe, beats=beats, pulses=pulses).at(0.0)
    assert (shown.noise.strength, shown.morph.t, shown.edits[0].amount) == (100.0, 2.0, 100.0)
    assert shown.truncation.psi == 10.0


# -- values on the way -------------------------------------------------------------------


def test_each_aspect_goes_its_own_way():
    a = replace(BASE, mixing=Mixing((Cell(1, "B", 1.0),)), morph=Morph(t=0.0, layers=(0.2,)))
    b = replace(
        BASE,
        mixing=Mixing((Cell(2, "C", 0.5),), solo=("C",)),
        morph=Morph(t=1.0, layers=(0.4, 0.0)),
        blend=Blend((Weight("A", 1.0), Weight("B", 3.0))),
        noise=Noise("random", 5, 2.0, (3.0,)),
        label=3,
    )
    shown = film(a, b).at(0.5)
    assert shown.mixing == Mixing((Cell(1, "B", 0.5), Cell(2, "C", 0.25)))
    assert shown.morph.layers == (pytest.approx(0.3), 0.0)  # layer 1 followed t at the start
    assert shown.morph.t == 0.5
    assert shown.blend.share("B") == pytest.approx(0.375)
    assert shown.noise == Noise("const", 0, 1.5, (2.0,))
    assert shown.label is None


# -- files -------------------------------------------------------------------------------


@given(st.lists(recipes, min_size=1, max_size=3))
def test_a_file_brings_it_back(recipes_):
    timeline = film(*recipes_, walks=(Walk(),), beats=(Beat(0.5),), pulses=(Pulse("psi", 0.1),))
    data = timeline_to_json(timeline)
    assert timeline_from_json(data) == timeline
    assert timeline_to_json(timeline_from_json(data)) == data


def test_a_file_on_the_disk(tmp_path):
    file = tmp_path / "mine.timeline.json"
    write_timeline(file, film(BASE, with_psi(BASE, 0.5)))
    assert read_timeline(file) == film(BASE, with_psi(BASE, 0.5))
    with pytest.raises(RecipeError, match="is not there"):
        read_timeline(tmp_path / "none.timeline.json")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": "latentstudio session"}, "is not a latentstudio timeline"),
        ({"version": 9, "timeline": 3}, "newer latentstudio.*version 9.*update"),
        ({"timeline": {"length": 0}}, r"timeline\.length is 0"),
        ({"timeline": {"rate": [1000, 1]}}, r"timeline\.rate is 1000/1"),
        ({"timeline": {"rate": [30, 0]}}, r"timeline\.rate"),
        ({"timeline": {"length": 80000}}, "frames.*shorter"),
        ({"timeline": {"tracks": [{"aspect": "label", "keys": []}]}}, "1 to 10000 keys"),
        ({"timeline": {"tracks": [{"aspect": "smell", "keys": []}]}}, "smell"),
        ({"timeline": {"walks": [{"turns": 0}]}}, r"walk\.turns"),
        ({"timeline": {"pulses": [{"target": "x", "amount": 1}]}}, r"pulse\.target"),
        ({"timeline": {"beats": [{"time": -1}]}}, r"beat\.time"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_file_that_cannot_be_is_one_sentence(change, sentence):
    data = json.loads(timeline_to_json(Timeline())) | change
    with pytest.raises(RecipeError, match=f"(?s)^mine.*{sentence}") as caught:
        timeline_from_json(json.dumps(data).encode(), "mine")
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_timeline_or_one_sentence(data):
    with pytest.raises(RecipeError):
        timeline_from_json(data)


def test_tracks_refuse_what_cannot_be():
    key = Key(0.0, Point("A", Seed(1)))
    with pytest.raises(RecipeError, match="one point"):
        PointTrack((key, Key(1.0, Point("B", Seed(1)))))
    with pytest.raises(RecipeError, match="in order"):
        PointTrack((key, key))
    with pytest.raises(RecipeError, match="twice"):
        Timeline(tracks=(PointTrack((key,)), PointTrack((key,))))


# -- the document ------------------------------------------------------------------------


def test_the_timeline_is_undone_like_everything_else():
    document, told = Document(), []
    document.timeline_changed.connect(told.append)
    document.change("Set a key", timeline=film(BASE))
    document.change("Seed", recipe=BASE)
    assert document.timeline == film(BASE)
    document.undo()
    document.undo()
    assert document.timeline == Timeline()
    assert told == [film(BASE), Timeline()]
