"""Where the playhead stands, and that no picture is lost by it: with the mouse, in the panel."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt

from latentstudio.document.timeline.timeline import Timeline
from latentstudio.ui.panels.timeline import TimelinePanel
from tests.ui.timelines import PICTURES, TIMES, film, picture

LEFT = Qt.MouseButton.LeftButton
A, B, C = PICTURES
replace = msgspec.structs.replace


@pytest.fixture
def panel(studio, show):
    made = show(TimelinePanel(studio.context), width=900, height=300)
    yield made
    made.stop()


@pytest.fixture
def filmed(panel, studio):
    studio.document.change("Film", timeline=film(), recipe=A)
    return panel


@pytest.fixture
def hand(panel, studio, qtbot):
    return Hand(panel, studio, qtbot)


class Hand:
    """What a person does at the panel."""

    def __init__(self, panel, studio, qtbot):
        self.panel, self.document, self.qtbot = panel, studio.document, qtbot
        self.studio = studio

    def picture(self, recipe):
        self.document.change("Picture", recipe=recipe)

    def click(self, widget):
        self.qtbot.mouseClick(widget, LEFT, pos=widget.rect().center())

    def key(self):
        self.click(self.panel.transport.key)

    def go(self, time):
        at = QPoint(round(self.panel.chart.scale.x(time)), 20)
        self.qtbot.mouseClick(self.panel.chart.ruler, LEFT, pos=at)

    @property
    def sees(self):
        """The playhead, the picture, and what the panel says of them."""
        return self.panel.model.time, self.document.recipe, self.words

    @property
    def words(self):
        row = self.panel.chart.astray
        return row.words.text() if row.isVisible() else ""

    @property
    def steps(self):
        history = self.document.history  # undo itself would close the step that is open
        return history._labels[1 : history._index + 1]


def off(when):
    return f"The picture is not the film's at {when}: Key makes it so."


# -- undo and opening ----------------------------------------------------------------------


def test_undo_shows_the_picture_and_the_playhead_that_belong_together(hand):
    hand.picture(A)
    seen = [hand.sees]
    for recipe in (None, B, None, C, None):
        hand.key() if recipe is None else hand.picture(recipe)
        seen.append(hand.sees)
    assert [time for time, _, _ in seen] == [0.0, 2.0, 2.0, 4.0, 4.0, 6.0]
    assert [words for *_, words in seen] == ["", "", off("0:02.00"), "", off("0:04.00"), ""]
    for before in seen[-2::-1]:
        hand.document.undo()
        assert hand.sees == before
    for after in seen[1:]:
        hand.document.redo()
        assert hand.sees == after


def test_a_drag_of_hundreds_of_steps_is_undone_to_where_it_began(hand, filmed):
    hand.go(1.0)
    before = hand.sees
    for step in range(3000):
        hand.document.change("Truncation", recipe=picture(1, step / 3000), merge="psi#1")
    hand.go(3.0)
    hand.document.undo()
    hand.document.undo()
    assert hand.sees == before
    hand.document.undo()
    assert hand.panel.model.time == 0.0


def test_opening_a_film_shows_its_beginning(hand, filmed):
    hand.go(5.5)
    other = Timeline().with_mark(0.0, C).with_mark(3.0, A)
    hand.document.change("Open other.mp4", timeline=other, recipe=C)
    assert hand.sees == (0.0, C, "")
    assert not hand.panel.transport.key._new


def test_what_another_panel_puts_on_the_film_is_gone_to(hand, filmed):
    longer = film().with_mark(5.0, picture(7)).with_mark(8.0, picture(8))
    hand.document.change("Morph to timeline", timeline=longer, recipe=picture(7))
    assert hand.sees == (5.0, picture(7), "")


def test_a_session_whose_picture_is_none_of_its_film_says_so(hand, filmed):
    hand.go(4.0)
    state = replace(hand.document.state, timeline=film(length=7.0), recipe=picture(50))
    hand.document.reset(state)
    assert hand.words == off("0:04.00")


def test_a_picture_that_is_in_the_film_already_may_be_keyed_again(hand):
    for recipe in (A, B):
        hand.picture(recipe)
        hand.key()
    hand.picture(A)  # from the gallery, to lead back to the beginning
    assert hand.panel.model.time == 4.0
    hand.key()
    assert hand.document.timeline.marks == TIMES
    assert hand.document.timeline.at(4.0) == A


# -- pictures without a key ----------------------------------------------------------------


def test_a_picture_that_was_left_can_be_brought_back(hand, filmed):
    row = filmed.chart.astray
    hand.go(1.0)
    hand.picture(picture(50))
    steps = hand.steps
    hand.go(3.0)
    hand.go(3.5)
    assert hand.words == "The picture that you left at 0:01.00 was no key."
    hand.click(row.back)
    assert hand.sees == (1.0, picture(50), off("0:01.00"))
    assert hand.steps == steps
    hand.go(3.0)
    hand.document.undo()
    assert hand.sees == (1.0, picture(50), off("0:01.00"))
    hand.key()
    assert hand.words == ""
    hand.go(3.0)
    assert hand.words == ""


def test_back_to_the_film_and_to_the_picture_again(hand, filmed):
    row = filmed.chart.astray
    hand.go(2.0)
    hand.picture(picture(50))
    hand.click(row.back)
    assert hand.sees == (2.0, B, "The picture that you left at 0:02.00 was no key.")
    hand.click(row.back)
    assert hand.sees == (2.0, picture(50), off("0:02.00"))


def test_a_picture_of_another_checkpoint_is_not_called_astray(hand, filmed):
    hand.picture(replace(A, checkpoint="cd" * 32))
    assert hand.words == ""
    assert "another checkpoint" in filmed.reason.text()


def test_auto_key_keeps_what_was_changed_just_before_one_goes_away(hand, filmed, qtbot):
    hand.click(filmed.transport.auto)
    hand.go(1.0)
    hand.picture(picture(50))
    hand.go(3.0)  # sooner than the hand rests
    assert hand.document.timeline.at(1.0) == picture(50)
    hand.picture(picture(51))
    hand.click(filmed.transport.play)
    assert hand.document.timeline.at(3.0) == picture(51)


# -- the history ---------------------------------------------------------------------------


def test_going_about_does_not_bury_edits(hand, filmed):
    hand.picture(picture(50))
    hand.key()
    edited = hand.steps
    for time in (1.0, 2.0, 3.0, 4.0):
        hand.go(time)
    hand.click(filmed.transport.back)
    hand.click(filmed.transport.play)
    hand.click(filmed.transport.play)
    assert len(hand.steps) == len(edited) + 1
    hand.go(0.0)
    assert hand.steps == edited


# -- while it plays ------------------------------------------------------------------------


@pytest.fixture
def playing(hand, filmed):
    hand.click(filmed.transport.play)
    player = filmed.model._player
    player._timer.stop()
    player._timer.start(60_000)
    filmed.model._on_due(45)
    assert filmed.model.time == 1.5
    return filmed


def test_a_key_while_it_plays_is_the_picture_that_is_seen(hand, playing):
    hand.key()
    timeline = hand.document.timeline
    assert 1.5 in timeline.marks
    assert timeline.at(1.5) == film().at(1.5)
    assert not playing.model.playing


def test_a_change_while_it_plays_is_one_of_where_the_picture_stands(hand, playing):
    hand.picture(picture(50))
    assert hand.sees == (0.0, picture(50), off("0:00.00"))


def test_a_picture_without_a_key_is_brought_back_after_playing(hand, filmed):
    hand.go(2.0)
    hand.picture(picture(50))
    hand.click(filmed.transport.play)
    assert hand.words == ""
    hand.click(filmed.transport.play)
    assert hand.words == "The picture that you left at 0:02.00 was no key."
    hand.click(filmed.chart.astray.back)
    assert hand.sees == (2.0, picture(50), off("0:02.00"))
