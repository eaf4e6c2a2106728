from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from latentstudio.document.document import Kept
from latentstudio.document.timeline.ease import Ease
from latentstudio.document.timeline.file import read_timeline, write_timeline
from latentstudio.document.timeline.motion import Beat, Pulse, Walk
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.ui.panels.timeline import TimelinePanel
from latentstudio.ui.timeline.ease_box import LAST, NONE
from latentstudio.ui.timeline.flow import levels
from latentstudio.ui.timeline.signs import BEZIER
from tests.ui.conftest import dcgan_info
from tests.ui.timelines import PICTURES, TIMES, film, picture

LEFT = Qt.MouseButton.LeftButton
K = Qt.Key


@pytest.fixture
def panel(studio, show):
    made = show(TimelinePanel(studio.context), width=800, height=260)
    yield made
    made.stop()


@pytest.fixture
def filmed(panel, studio):
    timeline = film()
    studio.document.change("Film", timeline=timeline, recipe=timeline.at(0.0))
    return panel


def click(qtbot, widget):
    qtbot.mouseClick(widget, LEFT, pos=widget.rect().center())


# -- the row above -------------------------------------------------------------------------


def test_three_keys_make_a_film(panel, studio, qtbot):
    bar = panel.transport
    assert not bar.play.isEnabled()
    assert not bar.film.isEnabled()
    for recipe in PICTURES:
        studio.document.change("Picture", recipe=recipe)
        click(qtbot, bar.key)
    assert studio.document.timeline.marks == TIMES
    assert bar.film.isEnabled()
    click(qtbot, bar.back)
    assert panel.model.time == 4.0
    click(qtbot, bar.back)
    assert studio.recipe == PICTURES[1]
    click(qtbot, bar.on)
    assert studio.recipe == PICTURES[2]
    click(qtbot, bar.play)
    assert panel.model.playing
    assert bar.play.sign == "pause"
    assert bar.play.accessibleName() == "Pause"
    click(qtbot, bar.play)
    assert bar.play.sign == "play"


def test_without_a_picture_there_is_no_key(panel, studio):
    studio.document.set_info(None)
    assert not panel.transport.key.isEnabled()


def test_loop_length_and_rate(filmed, studio, qtbot):
    bar = filmed.transport
    click(qtbot, bar.loop.buttons["loop"])
    assert studio.document.timeline.loop == "loop"
    bar.length.setFocus()
    bar.length.selectAll()
    qtbot.keyClicks(bar.length, "8.5")
    qtbot.keyClick(bar.length, K.Key_Return)
    assert studio.document.timeline.length == 8.5
    bar.rate.setCurrentIndex(bar.rate.findText("23.976 fps"))
    bar.rate.activated.emit(bar.rate.currentIndex())
    assert studio.document.timeline.rate == (24000, 1001)
    studio.document.undo()
    studio.document.undo()
    studio.document.undo()
    assert bar.loop.buttons["once"].isChecked()
    assert bar.length.value() == 6.0
    assert bar.rate.currentText() == "30 fps"
    odd = msgspec.structs.replace(film(), rate=(7, 1))
    studio.document.change("Film", timeline=odd)
    assert bar.rate.currentText() == "7 fps"


def test_a_length_that_cannot_be_is_put_back(filmed, studio):
    told = []
    filmed.model.troubled.connect(told.append)
    filmed.transport.length.edited.emit(86400.0)
    assert "1000000 are the most" in told[0]
    assert filmed.transport.length.value() == 6.0


def test_the_key_tells_whether_it_would_change_anything(filmed, studio):
    key = filmed.transport.key
    plain = key.grab().toImage()
    studio.document.change("Picture", recipe=picture(9))
    assert key.grab().toImage() != plain
    filmed.model.seek(0.0)
    assert key.grab().toImage() == plain


def test_auto_key_is_a_switch(filmed, studio, qtbot):
    filmed.transport.auto.click()
    filmed.model.seek(1.0)
    studio.document.change("Picture", recipe=picture(9))
    qtbot.waitUntil(lambda: filmed.model.following, timeout=3000)
    assert studio.document.timeline.at(1.0) == picture(9)


def test_the_film_is_wanted(filmed, qtbot):
    with qtbot.waitSignal(filmed.film_wanted):
        click(qtbot, filmed.transport.film)


def test_a_film_of_another_checkpoint_is_said(filmed, studio):
    assert filmed.reason.isHidden()
    other = msgspec.structs.replace(PICTURES[0], checkpoint="cd" * 32)
    studio.document.change("Open", recipe=other)
    assert "another checkpoint" in filmed.reason.text()


# -- the menu ------------------------------------------------------------------------------


def test_the_gallery_becomes_a_film(panel, studio):
    strange = msgspec.structs.replace(picture(5), checkpoint="cd" * 32)
    kept = tuple(Kept(recipe) for recipe in (*PICTURES, strange))
    panel.files.take_gallery()
    assert studio.told == [
        "The gallery holds no points of this checkpoint: keep two or more (K), then try again."
    ]
    studio.document.change("Keep", gallery=kept)
    panel.menu.deeds["gallery"].trigger()
    timeline = studio.document.timeline
    assert timeline.marks == TIMES
    assert timeline.length == 4.0
    assert [timeline.at(mark) for mark in timeline.marks] == list(PICTURES)
    assert studio.recipe == PICTURES[0]
    panel.menu.deeds["gallery"].trigger()  # again: nothing is lost
    longer = studio.document.timeline
    assert longer.marks == (*TIMES, 6.0, 8.0, 10.0)
    assert [longer.at(mark) for mark in longer.marks] == [*PICTURES, *PICTURES]
    assert (panel.model.time, studio.recipe) == (6.0, PICTURES[0])
    assert studio.told[1:] == [
        "3 keys come behind the film's last, 2 s apart; undo takes them away."
    ]
    studio.document.undo()
    assert studio.document.timeline == timeline
    studio.document.undo()
    assert studio.document.timeline == Timeline()


def test_the_gallery_of_another_checkpoint_is_no_key(filmed, studio):
    other = msgspec.structs.replace(PICTURES[0], checkpoint="cd" * 32)
    studio.document.change("Open", recipe=other, gallery=(Kept(other),))
    filmed.menu.deeds["gallery"].trigger()
    assert "belongs to another checkpoint" in studio.told[0]
    assert studio.document.timeline == film()


def test_saved_and_opened(filmed, studio, tmp_path):
    path = tmp_path / "mine"
    filmed.files.ask_save = lambda proposal: str(path)
    filmed.menu.deeds["save"].trigger()
    assert studio.told == ["mine.timeline.json is written."]
    saved = tmp_path / "mine.timeline.json"
    assert read_timeline(saved) == film()
    filmed.menu.deeds["clear"].trigger()
    assert studio.document.timeline == Timeline()
    filmed.files.ask_open = lambda *_: str(saved)
    filmed.menu.deeds["open"].trigger()
    assert studio.document.timeline == film()
    assert filmed.model.time == 0.0
    filmed.files.ask_open = lambda *_: str(tmp_path / "no.timeline.json")
    filmed.menu.deeds["open"].trigger()
    assert "is not there" in studio.told[-1]
    assert studio.document.timeline == film()


def test_where_it_cannot_be_written(filmed, studio, tmp_path):
    taken = tmp_path / "file"
    taken.write_text("", encoding="utf-8")
    filmed.files.ask_save = lambda _: str(taken / "x")
    filmed.files.save()
    assert len(studio.told) == 1
    assert "is written" not in studio.told[0]


def test_closing_a_dialog_changes_nothing(filmed, studio, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    for deed in (filmed.files.open, filmed.files.save, filmed.files.open_beats):
        deed()
    assert studio.document.timeline == film()
    assert studio.told == []


def test_a_timeline_whose_checkpoint_is_not_here(filmed, studio, tmp_path):
    told = []
    filmed.model.troubled.connect(told.append)
    base = msgspec.structs.replace(PICTURES[0], checkpoint="cd" * 32)
    write_timeline(tmp_path / "x.timeline.json", Timeline().with_mark(0.0, base))
    before = studio.recipe
    filmed.files.take(tmp_path / "x.timeline.json")
    assert "cdcdcdcd…, which is not here" in told[0]
    assert studio.recipe == before
    studio.document.undo()
    assert studio.document.timeline == film()


# -- easing --------------------------------------------------------------------------------


def test_easing_is_chosen_from_pictures(filmed, studio, qtbot):
    box = filmed.inspector.easing
    assert box.curve.why == NONE
    filmed.selection.choose("truncation", 4.0)
    assert box.curve.why == LAST
    assert not box.kinds.isEnabled()
    filmed.selection.choose("truncation", 0.0)
    assert box.kinds.buttons["in-out"].isChecked()
    assert box.words.text() == "Truncation, from 0:00.00 on"
    click(qtbot, box.kinds.buttons["overshoot"])
    assert studio.document.timeline.track("truncation").keys[0].ease == Ease("overshoot")
    assert studio.document.timeline.track("point A").keys[0].ease == Ease()
    filmed.selection.choose("", 2.0)
    click(qtbot, box.kinds.buttons["bezier"])
    assert [t.keys[1].ease for t in studio.document.timeline.tracks] == [BEZIER, BEZIER]
    assert studio.document.history.undo_label == "Easing"


def test_handles_are_dragged(filmed, studio, qtbot):
    box = filmed.inspector.easing
    filmed.selection.choose("", 0.0)
    filmed.selection.set_ease(BEZIER)
    steps = studio.steps()
    filmed.selection.choose("", 0.0)
    curve = box.curve
    start, end = curve.spot(0.42, 0.0).toPoint(), curve.spot(0.2, 0.9).toPoint()
    qtbot.mousePress(curve, LEFT, pos=start)
    qtbot.mouseMove(curve, (start + end) / 2)
    qtbot.mouseMove(curve, end)
    qtbot.mouseRelease(curve, LEFT, pos=end)
    knots = filmed.selection.ease.knots
    assert knots == pytest.approx((0.2, 0.9, 0.58, 1.0), abs=0.03)
    curve.setFocus()
    qtbot.keyClick(curve, K.Key_Right)
    qtbot.keyClick(curve, K.Key_Down)
    qtbot.keyClick(curve, K.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert filmed.selection.ease.knots[2:] == pytest.approx((0.53, 0.95))
    assert studio.steps() == steps + 3


def test_a_curve_is_drawn_by_hand(filmed, studio, qtbot):
    curve = filmed.inspector.easing.curve
    filmed.selection.choose("", 0.0)
    qtbot.mousePress(curve, LEFT, pos=curve.spot(0.25, 1.0).toPoint())
    qtbot.mouseMove(curve, curve.spot(0.75, 0.0).toPoint())
    qtbot.mouseRelease(curve, LEFT, pos=curve.spot(0.75, 0.0).toPoint())
    ease = filmed.selection.ease
    assert ease.kind == "drawn"
    for share, height in ((0.25, 1.0), (0.5, 0.5), (0.75, 0.0)):
        assert ease.at(share) == pytest.approx(height, abs=0.06)
    assert ease.at(0.1) == pytest.approx(Ease().at(0.1), abs=0.02)  # where nothing was drawn
    curve.setFocus()
    qtbot.keyClick(curve, K.Key_Right)
    qtbot.keyClick(curve, K.Key_Up)
    assert filmed.selection.ease.knots[1] == pytest.approx(ease.knots[1] + 0.05)


# -- walks and beats -----------------------------------------------------------------------


def test_walks(panel, studio, qtbot):
    studio.document.change("Picture", recipe=PICTURES[0])
    box = panel.inspector.walks
    panel.inspector.turn("walks")
    click(qtbot, box.noise)
    assert studio.document.timeline.walks == (Walk(),)
    assert studio.document.timeline.at(0.0) == PICTURES[0]  # a first key was set
    assert studio.document.timeline.at(3.0).noise.turn == pytest.approx(0.5)
    click(qtbot, box.point)
    assert studio.document.timeline.walks[1].target == "A"
    entry = box.walks.entries[1]
    entry.fields["turns"].setValue(3)
    assert studio.document.timeline.walks[1].turns == 3
    entry.dice.click()
    box.walks.entries[0].target.setCurrentIndex(2)
    box.walks.entries[0].target.activated.emit(2)
    assert studio.document.timeline.walks[0].target == "B"
    assert studio.document.timeline.walks[0].axes == "principal"
    click(qtbot, box.walks.entries[0].away)
    assert [walk.target for walk in studio.document.timeline.walks] == ["A"]
    studio.document.undo()
    assert len(box.walks.entries) == 2


def test_a_generator_without_noise_or_mapping(panel, studio):
    studio.document.set_info(dcgan_info())
    box = panel.inspector.walks
    assert box.noise.isEnabled() == dcgan_info().has_noise
    box.point.click()
    assert studio.document.timeline.walks[0].axes == "random"


def test_beats_and_pulses(filmed, studio, qtbot, tmp_path):
    path = tmp_path / "song.csv"
    path.write_text("time\n1\n2\n3\n4\n9\n", encoding="utf-8")
    filmed.files.ask_open = lambda *_: str(path)
    box = filmed.inspector.beats
    filmed.inspector.turn("beats")
    assert not box.spread.isEnabled()
    click(qtbot, box.open)
    assert studio.document.timeline.beats[0] == Beat(1.0)
    assert box.words.text() == "5 beats, 1 to 9 s; 1 after the film's end"
    click(qtbot, box.spread)
    assert studio.document.timeline.marks == (1.0, 2.0, 4.0)
    click(qtbot, box.pulse)
    assert studio.document.timeline.pulses == (Pulse("psi", 0.3),)
    click(qtbot, box.pulse)
    assert studio.document.timeline.pulses[1].target == "noise"
    entry = box.pulses.entries[0]
    entry.fields["amount"].setValue(0.5)
    assert studio.document.timeline.pulses[0] == Pulse("psi", 0.5)
    click(qtbot, entry.away)
    click(qtbot, box.clear)
    assert studio.document.timeline.beats == ()
    path.write_text("1\nx\n", encoding="utf-8")
    click(qtbot, box.open)
    assert studio.told == [
        "song.csv, line 2: 'x' is not a number; a beat is a time in seconds and, at most, a"
        " strength."
    ]


def test_choosing_a_key_shows_its_easing(filmed, qtbot):
    filmed.inspector.turn("beats")
    at = QPoint(round(filmed.chart.scale.x(2.0)), 12)
    qtbot.mouseClick(filmed.chart.lanes, LEFT, pos=at)
    assert filmed.inspector.pages.choice() == "easing"


def test_everything_has_a_name_for_those_who_hear_it(filmed):
    for name in ("ruler", "marks", "lanes", "back", "play", "on", "length", "rate", "key", "curve"):
        found = [w for w in filmed.findChildren(object) if w.objectName() == f"timeline.{name}"]
        assert found[0].accessibleName(), name
        assert found[0].focusPolicy() & Qt.FocusPolicy.TabFocus, name


# -- what is seen --------------------------------------------------------------------------


def test_a_new_pulse_comes_into_sight(filmed, studio, qtbot):
    beats = msgspec.structs.replace(studio.document.timeline, beats=(Beat(1.0),))
    studio.document.change("Beats", timeline=beats)
    filmed.resize(800, 230)
    click(qtbot, filmed.inspector.pages.buttons["beats"])
    box = filmed.inspector.beats
    click(qtbot, box.pulse)
    away = box.pulses.entries[0].fields["amount"]
    qtbot.waitUntil(lambda: not away.visibleRegion().isEmpty())


class Paints(QObject):
    """Where a widget is painted anew."""

    def __init__(self, widget):
        super().__init__()
        self.regions = []
        widget.installEventFilter(self)

    def eventFilter(self, _widget, event):
        if event.type() == QEvent.Type.Paint:
            self.regions.append(event.region())
        return False


def test_the_clock_is_painted_anew_when_it_rests(filmed, qtbot):
    click(qtbot, filmed.transport.play)
    filmed.model._player._timer.stop()  # between two frames
    filmed.model._player._timer.start(60_000)
    QApplication.processEvents()
    paints = Paints(filmed.chart.ruler)
    filmed.model.stop()
    qtbot.waitUntil(lambda: any(region.contains(QPoint(20, 10)) for region in paints.regions))


def test_a_loop_draws_the_way_back(filmed, studio):
    track = studio.document.timeline.track("point A")
    assert levels(track) == [0.0, 1.0, 0.0]
    assert levels(track, loops=True) == [0.0, 1.0, 0.5]
    psi = studio.document.timeline.track("truncation")
    assert levels(psi, loops=True) == levels(psi) == pytest.approx([1.0, 0.0, 0.6])
