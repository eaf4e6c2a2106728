from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from latentstudio.document.timeline.motion import Beat
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.ui.timeline.chart import EMPTY, ONE, Chart
from latentstudio.ui.timeline.lanes import LANE
from latentstudio.ui.timeline.marks import FACE
from latentstudio.ui.timeline.scale import NAMES
from latentstudio.ui.timeline.selection import Selection
from latentstudio.ui.timeline.snapping import snapped
from latentstudio.ui.widgets.paint import Ink
from tests.ui.conftest import FakeThumbnails
from tests.ui.timelines import PICTURES, TIMES, Room, film, picture

LEFT = Qt.MouseButton.LeftButton
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
K = Qt.Key


class Bench:
    def __init__(self, timeline, show):
        self.room = Room(timeline)
        self.model, self.document = self.room.model, self.room.document
        self.selection = Selection(self.model)
        self.thumbnails = FakeThumbnails()
        self.chart = show(Chart(self.selection, self.thumbnails), width=700, height=240)
        QApplication.processEvents()

    @property
    def film(self):
        return self.document.timeline

    def at(self, time, y=12):
        return QPoint(round(self.chart.scale.x(time)), y)

    def on_lane(self, row, time):
        names = [track.name for track in self.film.tracks]
        return self.at(time, names.index(row) * LANE + LANE // 2)

    def drag(self, qtbot, widget, start, *ends, held=Qt.KeyboardModifier.NoModifier):
        qtbot.mousePress(widget, LEFT, held, pos=start)
        for end in ends:
            move(widget, end, held)
        qtbot.mouseRelease(widget, LEFT, held, pos=ends[-1])


def move(widget, to, held):
    """A move with the button down (qtbot's own cannot hold a key)."""
    kind = QEvent.Type.MouseMove
    at = QPointF(to)
    QApplication.sendEvent(widget, QMouseEvent(kind, at, widget.mapToGlobal(at), LEFT, LEFT, held))


@pytest.fixture
def benches(show):
    made = []

    def make(timeline=None):
        made.append(Bench(timeline, show))
        return made[-1]

    yield make
    for bench in made:
        bench.model.stop()


@pytest.fixture
def bench(benches):
    return benches(film())


# -- the ruler -----------------------------------------------------------------------------


def test_dragging_on_the_ruler_scrubs_by_frames_in_one_step(bench, qtbot):
    bench.drag(qtbot, bench.chart.ruler, bench.at(0.5), bench.at(0.9), bench.at(1.21))
    frame = bench.model.time * 30
    assert frame == pytest.approx(round(frame), abs=1e-9)
    assert bench.model.time == pytest.approx(1.21, abs=0.02)
    assert bench.document.recipe == film().at(bench.model.time)
    assert bench.room.labels == ["Scrub"]


def test_beats_and_keys_catch_the_hand(benches, qtbot):
    bench = benches(film(beats=(Beat(1.2345),)))
    near = bench.at(1.2345) + QPoint(4, 0)
    bench.drag(qtbot, bench.chart.ruler, bench.at(0.5), near)
    assert bench.model.time == 1.2345
    bench.drag(qtbot, bench.chart.ruler, bench.at(0.5), bench.at(2.0) + QPoint(-3, 0))
    assert bench.model.time == 2.0
    bench.drag(qtbot, bench.chart.ruler, bench.at(0.5), near, held=CTRL)
    assert bench.model.time == pytest.approx(bench.chart.scale.time(near.x()))


def test_snapping_by_hand():
    timeline = film(beats=(Beat(1.0), Beat(7.0)), rate=(10, 1))
    assert snapped(timeline, 1.06, 0.1) == 1.0
    assert snapped(timeline, 1.26, 0.1) == pytest.approx(1.3)
    assert snapped(timeline, 1.24, 0.1, also=(1.22,)) == 1.22
    assert snapped(timeline, 6.04, 0.1) == 6.0
    odd = film(length=5.97, rate=(10, 1))
    assert snapped(odd, 5.96, 0.05) == 5.97  # the end, between two frames
    assert snapped(odd, 6.11, 0.05) == pytest.approx(6.1)


def test_the_wheel_enlarges_and_goes_along(bench, qtbot):
    ruler, scale = bench.chart.ruler, bench.chart.scale
    time = scale.time(400)

    def wheel(turned, held):
        at = QPointF(400, 10)
        event = QWheelEvent(
            at, ruler.mapToGlobal(at), QPoint(), QPoint(0, turned), Qt.MouseButton.NoButton, held,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(ruler, event)

    wheel(240, CTRL)
    assert scale.span == pytest.approx(8.0 / 1.2**2)  # the film, and room for the next key
    assert scale.time(400) == pytest.approx(time)
    start = scale.start
    wheel(-120, Qt.KeyboardModifier.ShiftModifier)
    assert scale.start > start
    qtbot.mouseDClick(ruler, LEFT, pos=QPoint(400, 10))
    assert (scale.start, scale.span) == (0.0, 8.0)
    wheel(-240, CTRL)
    assert scale.span == 8.0


# -- keys by mouse -------------------------------------------------------------------------


def test_a_mark_takes_all_its_keys_along(bench, qtbot):
    marks = bench.chart.marks
    bench.drag(qtbot, marks, bench.at(2.0, 20), bench.at(2.6, 20), bench.at(3.0, 20))
    assert bench.film == film().moved_mark(2.0, 3.0)
    assert (bench.selection.row, bench.selection.time) == ("", 3.0)
    assert bench.room.labels == ["Move key"]


def test_what_a_key_is_dragged_over_comes_back(bench, qtbot):
    marks = bench.chart.marks
    qtbot.mousePress(marks, LEFT, pos=bench.at(0.0, 20))
    qtbot.mouseMove(marks, bench.at(2.0, 20))
    assert bench.film.marks == (2.0, 4.0)
    qtbot.mouseMove(marks, bench.at(3.0, 20))
    qtbot.mouseRelease(marks, LEFT, pos=bench.at(3.0, 20))
    assert bench.film.marks == (2.0, 3.0, 4.0)
    assert bench.film.at(2.0) == PICTURES[1]


def test_a_key_of_one_track(bench, qtbot):
    lanes = bench.chart.lanes
    bench.drag(qtbot, lanes, bench.on_lane("truncation", 2.0), bench.on_lane("truncation", 3.0))
    assert [key.time for key in bench.film.track("truncation").keys] == [0.0, 3.0, 4.0]
    assert bench.film.track("point A") == film().track("point A")
    assert bench.film.marks == (0.0, 2.0, 3.0, 4.0)
    qtbot.keyClick(lanes, K.Key_Delete)
    assert [key.time for key in bench.film.track("truncation").keys] == [0.0, 4.0]
    assert bench.film.marks == TIMES
    assert bench.room.labels == ["Remove key", "Move key of Truncation"]


def test_a_click_only_chooses_and_a_double_click_goes_there(bench, qtbot):
    lanes = bench.chart.lanes
    at = bench.on_lane("truncation", 2.0)
    qtbot.mouseClick(lanes, LEFT, pos=at + QPoint(2, 0))
    assert (bench.selection.row, bench.selection.time) == ("truncation", 2.0)
    assert bench.model.time == 0.0
    assert bench.film == film()
    qtbot.mouseDClick(lanes, LEFT, pos=at)
    assert bench.model.time == 2.0
    assert bench.document.recipe == PICTURES[1]
    qtbot.mouseClick(lanes, LEFT, pos=bench.on_lane("truncation", 3.0))
    assert bench.selection.time is None
    assert bench.model.time == 3.0


def test_a_track_is_removed_by_its_cross_or_its_menu(bench, qtbot, monkeypatch):
    lanes = bench.chart.lanes
    names = [track.name for track in bench.film.tracks]
    cross = QPoint(NAMES - 14, names.index("truncation") * LANE + 12)
    qtbot.mouseMove(lanes, cross)
    qtbot.mouseClick(lanes, LEFT, pos=cross)
    assert [track.name for track in bench.film.tracks] == ["point A"]
    assert bench.room.labels == ["Remove track Truncation"]
    monkeypatch.setattr(lanes.menu, "popup", lambda _: None)
    mouse = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(lanes, QContextMenuEvent(mouse, QPoint(20, 10), QPoint(20, 10)))
    lanes.menu.actions()[0].trigger()
    assert bench.film.tracks == ()


def test_a_click_on_a_name_chooses_its_nearest_key(bench, qtbot):
    bench.model.seek(3.5)
    qtbot.mouseClick(bench.chart.lanes, LEFT, pos=QPoint(20, 10))
    assert (bench.selection.row, bench.selection.time) == ("point A", 4.0)


# -- keys by keyboard ----------------------------------------------------------------------


def test_the_keyboard_works_it_all(bench, qtbot):
    ruler = bench.chart.ruler
    ruler.setFocus()
    qtbot.keyClick(ruler, K.Key_Right)
    assert bench.model.time == pytest.approx(1 / 30)
    qtbot.keyClick(ruler, K.Key_Left)
    assert bench.model.time == 0.0
    qtbot.keyClick(ruler, K.Key_Right, CTRL)
    assert (bench.model.time, bench.selection.time) == (2.0, 2.0)
    qtbot.keyClick(ruler, K.Key_End)
    assert bench.model.time == 6.0
    qtbot.keyClick(ruler, K.Key_Left, CTRL)
    assert bench.model.time == 4.0
    qtbot.keyClick(ruler, K.Key_Right, ALT)
    assert bench.film.marks == (0.0, 2.0, pytest.approx(121 / 30))
    qtbot.keyClick(ruler, K.Key_Home)
    assert bench.model.time == 0.0
    qtbot.keyClick(ruler, K.Key_Down)
    assert bench.selection.row == "point A"
    qtbot.keyClick(ruler, K.Key_Up)
    assert (bench.selection.row, bench.selection.time) == ("", 0.0)
    qtbot.keyClick(ruler, K.Key_Delete)
    assert len(bench.film.marks) == 2
    bench.model.seek(1.0)
    bench.document.change("Picture", recipe=picture(30))
    qtbot.keyClick(ruler, K.Key_Return)
    assert bench.film.at(1.0) == picture(30)
    qtbot.keyClick(ruler, K.Key_Space)
    assert bench.model.playing
    qtbot.keyClick(ruler, K.Key_Space)
    assert not bench.model.playing


def test_every_frame_is_reached_with_the_arrows(benches, qtbot):
    bench = benches(film(rate=(24000, 1001), length=1.0))
    seen = []
    bench.model.moved.connect(seen.append)
    for _ in range(23):
        qtbot.keyClick(bench.chart.ruler, K.Key_Right)
    assert seen == [bench.film.time(frame) for frame in range(1, 24)]


# -- what is seen --------------------------------------------------------------------------


def test_without_keys_it_says_what_to_do(benches):
    bench = benches()
    assert bench.chart.hint.text() == EMPTY
    assert bench.chart.marks.isHidden()
    bench.model.set_key()
    assert bench.chart.hint.text() == ONE
    bench.document.change("Film", timeline=film())
    assert bench.chart.hint.isHidden()
    bench.document.change("Clear", timeline=Timeline())
    assert bench.chart.hint.text() == EMPTY
    assert bench.selection.time is None


def colour(widget, at):
    return widget.grab().toImage().pixelColor(at)


def test_keys_beats_and_the_playhead_are_drawn_where_they_are(benches):
    bench = benches(film(beats=(Beat(1.0),)))
    lanes, ink = bench.chart.lanes, Ink(bench.chart.lanes)
    spot = bench.on_lane("truncation", 2.0)
    assert abs(colour(lanes, spot).lightness() - ink.well.lightness()) > 100
    bench.selection.choose("truncation", 2.0)
    assert colour(lanes, spot) == ink.accent
    assert colour(lanes, bench.on_lane("point A", 2.0)) != ink.accent
    free = bench.on_lane("point A", 5.5)
    assert colour(lanes, free) == ink.well
    assert colour(lanes, bench.on_lane("point A", 1.0)) != ink.well
    bench.model.seek(5.5)
    assert colour(lanes, free) != ink.well
    bench.model.seek(0.0)
    assert colour(lanes, free) == ink.well


def test_the_marks_have_small_pictures(bench):
    marks = bench.chart.marks
    marks.grab()
    assert bench.thumbnails.asked == list(PICTURES)
    bench.thumbnails.deliver(PICTURES[1])
    assert colour(marks, bench.at(2.0, FACE // 2)) == QColor(Qt.GlobalColor.red)
    assert colour(marks, bench.at(4.0, FACE // 2)) != QColor(Qt.GlobalColor.red)


def test_words_of_what_is_under_the_mouse(bench):
    lanes, marks = bench.chart.lanes, bench.chart.marks
    key = lanes.hit(QPointF(bench.on_lane("truncation", 2.0)))
    assert lanes.tip(key).startswith("Truncation at 0:02.00, frame 60")
    assert marks.tip(marks.hit(QPointF(bench.at(4.0, 10)))).startswith("Key at 0:04.00, frame 120")
    assert marks.hit(QPointF(bench.at(3.0, 10))) is None


def test_playing_paints_nothing_anew_but_the_playhead(bench, monkeypatch):
    painted = []
    lanes = bench.chart.lanes
    lanes.grab()
    monkeypatch.setattr(lanes, "paint_still", lambda *_: painted.append(1))
    for frame in range(1, 30):
        bench.model._stand(frame / 30)
        QApplication.processEvents()
    assert painted == []
    bench.model.change("Loop", lambda t: msgspec.structs.replace(t, loop="loop"))
    lanes.grab()
    assert painted == [1]
