from __future__ import annotations

from time import monotonic

import msgspec
import pytest

from latentstudio.document.recipe import Recipe
from latentstudio.document.timeline.ease import Ease
from latentstudio.document.timeline.motion import Walk
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.ui.timeline.player import Player
from tests.ui.timelines import PICTURES, TIMES, Clock, Room, film, picture


@pytest.fixture
def rooms(qapp):
    made = []

    def make(timeline=None, **how):
        made.append(Room(timeline, **how))
        return made[-1]

    yield make
    for room in made:
        room.model.stop()


# -- scrubbing -----------------------------------------------------------------------------


def test_a_scrub_is_one_undo_step_that_every_panel_sees(rooms):
    room = rooms(film())
    seen = []
    room.document.recipe_changed.connect(seen.append)
    for time in (0.5, 1.0, 1.5):
        room.model.seek(time)
        assert room.document.recipe == film().at(time)
    room.model.seek(3.0)
    assert len(seen) == 4
    assert room.labels == ["Scrub"]
    room.model.seek(0.0)
    assert room.labels == []  # there and back is nothing


def test_undo_of_a_scrub_takes_the_playhead_back(rooms):
    room = rooms(film())
    room.model.seek(0.5)
    room.model.seek(3.0)
    room.document.undo()
    assert room.model.time == 0.0
    assert room.model.following
    room.document.redo()
    assert room.model.time == 3.0
    assert room.model.following


def test_the_playhead_keeps_within_the_film(rooms):
    room = rooms(film())
    room.model.seek(99.0)
    assert room.model.time == 8.0  # with room for the next key
    assert room.document.recipe == PICTURES[-1]
    assert room.model.following
    room.model.seek(-1.0)
    assert room.model.time == 0.0
    room.model.seek(8.0)
    room.model.change("Length", lambda t: msgspec.structs.replace(t, length=4.0))
    assert room.model.time == 6.0


def test_without_keys_only_the_playhead_moves(rooms):
    room = rooms()
    before = room.document.recipe
    room.model.seek(2.0)
    assert room.model.time == 2.0
    assert room.document.recipe == before
    assert room.labels == []
    room.model.play()
    assert not room.model.playing


# -- playing -------------------------------------------------------------------------------


def test_playing_shows_frames_by_the_clock_and_leaves_no_steps(rooms):
    room = rooms(film())
    room.model.play()
    room.wait(0.0)
    room.wait(0.5)  # a slow machine: fourteen frames are skipped, none comes late
    room.wait(1 / 30)
    assert room.shown == [film().recipe(0), film().recipe(15), film().recipe(16)]
    assert room.model.time == film().time(16)
    assert room.document.recipe == film().at(0.0)
    assert room.labels == []
    room.model.pause()
    assert room.document.recipe == film().recipe(16)
    assert room.labels == ["Play"]
    assert not room.model._player.going


def test_once_rests_on_the_last_frame_and_begins_anew(rooms):
    room = rooms(film())
    room.model.seek(5.9)
    room.model.play()
    room.wait(0.2)
    assert not room.model.playing
    assert room.model.time == film().time(179)
    assert room.document.recipe == film().recipe(179)
    room.model.play()
    room.wait(0.0)
    assert room.shown[-1] == film().recipe(0)


def test_played_to_its_last_key_it_rests_there_and_a_key_replaces_it(rooms):
    timeline = film()
    whole = msgspec.structs.replace(timeline, length=max(timeline.marks))
    room = rooms(whole)
    room.model.seek(whole.length - 0.1)
    room.model.play()
    room.wait(0.2)
    assert room.model.time == whole.length
    room.model.set_key()
    assert room.model.timeline.marks == whole.marks
    room.model.play()
    room.wait(0.0)
    assert room.shown[-1] == whole.recipe(0)


@pytest.mark.parametrize(("loop", "where"), [("loop", 1.0), ("back and forth", 5.0)])
def test_other_loops_go_on(rooms, loop, where):
    room = rooms(film(loop=loop))
    room.model.play()
    room.wait(7.0)
    assert room.model.playing
    assert room.model.time == pytest.approx(where)
    assert room.shown[-1] == film(loop=loop).at(room.model.time)


def test_the_hand_on_the_picture_ends_playing(rooms):
    room = rooms(film())
    room.model.play()
    room.wait(0.5)
    room.document.change("Seed", recipe=picture(77))
    assert not room.model.playing
    assert room.document.recipe == picture(77)
    assert room.labels == ["Seed"]


def test_easing_and_rate_may_change_while_it_plays(rooms):
    room = rooms(film())
    room.model.play()
    room.wait(1.0)
    room.model.change("Easing", lambda t: t.with_ease(0.0, Ease("linear")))
    room.model.change("Frame rate", lambda t: msgspec.structs.replace(t, rate=(10, 1)))
    room.wait(0.5)
    assert room.model.playing
    assert room.shown[-1] == room.model.timeline.at(1.5)
    assert room.document.recipe == film().at(0.0)


def test_the_timer_waits_for_the_next_frame(qapp):
    clock = Clock()
    player = Player(clock)
    frames = []
    player.due.connect(frames.append)
    player.start(2.0, 25.0)
    clock.now += 0.05
    player.tick()
    waits = player._timer.interval()
    player.stop()
    assert frames == [51]
    assert waits in (30, 31)  # 2.08 - 2.05, and never before it
    assert not player.going


def test_it_plays_in_real_time(qtbot, rooms):
    room = rooms(film(length=0.3))
    room.model._player._clock = monotonic
    began = monotonic()
    room.model.play()
    qtbot.waitUntil(lambda: not room.model.playing, timeout=5000)
    assert monotonic() - began >= 0.29
    assert room.shown


# -- keys ----------------------------------------------------------------------------------


def test_three_pictures_and_three_presses_make_a_film(rooms):
    room = rooms()
    for recipe in PICTURES:
        room.document.change("Picture", recipe=recipe)
        room.model.set_key()
    timeline = room.model.timeline
    assert timeline.marks == TIMES
    assert [timeline.at(time) for time in TIMES] == list(PICTURES)
    assert room.model.time == 6.0
    assert room.labels[0] == "Set key at 0:04.00"


def test_a_key_between_others_leaves_the_playhead(rooms):
    room = rooms(film())
    room.model.seek(1.0)
    room.document.change("Picture", recipe=picture(9, 0.2))
    assert not room.model.following
    room.model.set_key()
    assert room.model.time == 1.0
    assert room.model.following
    assert room.model.timeline.at(1.0) == picture(9, 0.2)
    assert room.model.timeline.at(2.0) == PICTURES[1]


def test_what_a_walk_adds_is_not_added_twice(rooms):
    room = rooms(film(walks=(Walk(turns=3), Walk("A", radius=0.4))))
    room.model.seek(1.0)
    shown = room.document.recipe
    assert shown.noise.turn == pytest.approx(0.5)
    room.model.set_key()
    assert room.model.timeline.at(1.0) == shown
    psi = msgspec.structs.replace(shown.truncation, psi=0.3)
    room.document.change("Truncation", recipe=msgspec.structs.replace(shown, truncation=psi))
    room.model.set_key()
    assert room.model.timeline.at(1.0) == room.document.recipe
    another = picture(50)  # its point does not walk: the film is led through it
    room.document.change("Picture", recipe=another)
    room.model.set_key()
    moves = room.model.timeline.at(1.0).point("A").moves
    assert [move.amount for move in moves] == pytest.approx([0.0] * len(moves), abs=1e-12)


def test_the_picture_goes_with_the_film_in_one_step(rooms):
    room = rooms(film())
    room.model.seek(0.6)
    room.model.change("Easing", lambda t: t.with_ease(0.0, Ease("hold")))
    assert room.document.recipe == room.model.timeline.at(0.6)
    assert room.document.recipe.truncation == PICTURES[0].truncation
    room.document.undo()
    assert room.document.recipe == film().at(0.6)
    room.document.change("Picture", recipe=picture(9))
    room.model.change("Easing", lambda t: t.with_ease(0.0, Ease("linear")))
    assert room.document.recipe == picture(9)  # not the film's: it stays


def test_auto_key_waits_until_the_hand_rests(rooms, qtbot):
    room = rooms(film())
    room.model.seek(1.0)
    room.model.auto_key = True
    for psi in (0.1, 0.2, 0.3):
        room.document.change("Truncation", recipe=picture(9, psi), merge="psi#1")
    assert room.model.timeline == film()
    qtbot.waitUntil(lambda: room.model.timeline != film(), timeout=3000)
    assert room.model.timeline.at(1.0) == picture(9, 0.3)
    assert room.labels == ["Auto key at 0:01.00", "Truncation", "Scrub"]
    room.document.undo()
    room.document.undo()
    assert not room.model._rest.isActive()


# -- what cannot be ------------------------------------------------------------------------


def test_a_film_of_another_checkpoint(rooms):
    room = rooms(film())
    other = msgspec.structs.replace(PICTURES[0], checkpoint="cd" * 32)
    room.document.change("Open", recipe=other)
    assert "another checkpoint (abababab…)" in room.model.foreign
    room.model.set_key()
    assert room.told == [room.model.foreign]
    assert room.model.timeline == film()
    room.model.seek(1.0)  # it is here, so scrubbing brings it back
    assert room.document.recipe == film().at(1.0)
    assert room.model.foreign == ""


def test_a_checkpoint_that_is_not_here(rooms):
    room = rooms(film(), here=False)
    other = msgspec.structs.replace(PICTURES[0], checkpoint="cd" * 32)
    room.document.change("Open", recipe=other)
    room.model.seek(1.0)
    room.model.play()
    assert room.document.recipe == other
    assert not room.model.playing
    assert len(room.told) == 2
    assert "which is not here" in room.told[0]


def test_a_change_that_cannot_be_is_one_sentence(rooms):
    room = rooms(film())
    assert not room.model.change("Length", lambda t: msgspec.structs.replace(t, length=86400.0))
    assert room.told[0].startswith("The timeline has 2592000 frames; 1000000 are the most")
    assert room.model.timeline == film()


def test_a_session_with_another_film_is_followed(rooms):
    room = rooms(film())
    room.model.seek(5.0)
    room.document.reset(msgspec.structs.replace(room.document.state, timeline=Timeline(length=1.0)))
    assert room.model.time == 0.0
    assert room.model.empty
    assert room.document.recipe != Recipe()
