"""How long the film is, and how much room the panel takes: with the mouse, in a window."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QDockWidget, QMainWindow, QWidget

from latentstudio.document.morph import Morph
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.ui.docks import FilmDock
from latentstudio.ui.morphing.film import with_morph
from latentstudio.ui.panels.timeline import TimelinePanel
from latentstudio.ui.timeline.lanes import LANE
from latentstudio.ui.timeline.marks import HEIGHT
from tests.ui.timelines import PICTURES, TIMES, film, picture

LEFT = Qt.MouseButton.LeftButton
replace = msgspec.structs.replace


@pytest.fixture
def panel(studio, show):
    made = show(TimelinePanel(studio.context), width=900, height=300)
    yield made
    made.stop()


def click(qtbot, widget):
    qtbot.mouseClick(widget, LEFT, pos=widget.rect().center())


def set_keys(panel, studio, qtbot, recipes=PICTURES):
    for recipe in recipes:
        studio.document.change("Picture", recipe=recipe)
        click(qtbot, panel.transport.key)


def drag_mark(panel, qtbot, start, *ends):
    marks, scale = panel.chart.marks, panel.chart.scale
    xs = [round(scale.x(time)) for time in (start, *ends)]
    qtbot.mousePress(marks, LEFT, pos=QPoint(xs[0], 20))
    for x in xs[1:]:
        qtbot.mouseMove(marks, QPoint(x, 20))
    qtbot.mouseRelease(marks, LEFT, pos=QPoint(xs[-1], 20))


# -- how long it is ------------------------------------------------------------------------


def test_a_film_is_as_long_as_its_keys(panel, studio, qtbot):
    set_keys(panel, studio, qtbot)
    timeline = studio.document.timeline
    assert (timeline.marks, timeline.length) == (TIMES, 4.0)
    assert timeline.recipe(timeline.frames - 1) != timeline.recipe(timeline.frames - 2)
    assert panel.transport.length.value() == 4.0
    assert panel.model.time == 6.0  # behind the end, where the next key comes
    assert studio.recipe == PICTURES[2]
    assert not panel.transport.key._new
    set_keys(panel, studio, qtbot, [picture(9)])
    assert studio.document.timeline.length == 6.0


def test_keys_are_dragged_beyond_the_end_and_back(panel, studio, qtbot):
    set_keys(panel, studio, qtbot)
    pixels = panel.chart.scale.pixels
    drag_mark(panel, qtbot, 4.0, 4.5, 5.5, 5.0)
    timeline = studio.document.timeline
    assert (timeline.marks, timeline.length) == ((0.0, 2.0, 5.0), 5.0)
    assert panel.chart.scale.pixels < pixels  # the scale has waited until the hand let go
    studio.document.undo()
    assert studio.document.timeline.length == 4.0
    panel.selection.choose("", 4.0)
    qtbot.keyClick(panel.chart.marks, Qt.Key.Key_Delete)
    assert studio.document.timeline.length == 2.0


def test_a_length_that_was_typed_stays(panel, studio, qtbot):
    set_keys(panel, studio, qtbot)
    field = panel.transport.length
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "9")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    set_keys(panel, studio, qtbot, [picture(9)])
    assert studio.document.timeline.marks == (*TIMES, 6.0)
    assert studio.document.timeline.length == 9.0


def test_a_morph_ends_the_film_and_a_loop_comes_back_from_it():
    moving = replace(PICTURES[0], morph=Morph("A", "B"))
    lone = Timeline().with_mark(0.0, PICTURES[0])
    made, first = with_morph(lone, moving)
    assert (made.marks, made.length) == ((0.0, 1.0, 4.0), 4.0)
    assert made.at(1.0) == first
    looped, _ = with_morph(replace(lone, loop="loop"), moving)
    assert looped.length == 7.0
    assert looped.at(4.0).morph.t == 1.0


# -- looping -------------------------------------------------------------------------------


def test_a_loop_loses_no_key_and_says_what_it_does(panel, studio, qtbot):
    told = []
    panel.model.troubled.connect(told.append)
    at_the_end = Timeline()
    for time, recipe in zip((0.0, 3.0, 6.0), PICTURES, strict=True):
        at_the_end = at_the_end.with_mark(time, recipe)
    studio.document.change("Film", timeline=at_the_end, recipe=PICTURES[0])
    loop = panel.transport.loop.buttons
    click(qtbot, loop["loop"])
    timeline = studio.document.timeline
    assert (timeline.marks, timeline.length) == ((0.0, 3.0, 6.0), 9.0)
    assert [timeline.at(mark) for mark in timeline.marks] == list(PICTURES)
    last, first = timeline.recipe(timeline.frames - 1), timeline.recipe(0)
    assert last.truncation.psi == pytest.approx(first.truncation.psi, abs=1e-4)  # no jump
    assert told == ["The film lasts 9 s now: from its last key it goes back to the first."]
    click(qtbot, loop["once"])
    assert studio.document.timeline == at_the_end
    assert told[1:] == ["The film lasts 6 s again, up to its last key."]
    studio.document.undo()
    studio.document.undo()
    assert studio.document.timeline == at_the_end


def test_a_loop_leaves_the_picture_of_the_last_key(panel, studio, qtbot):
    set_keys(panel, studio, qtbot)  # the playhead waits behind the end
    click(qtbot, panel.transport.loop.buttons["loop"])
    assert (panel.model.time, studio.recipe) == (4.0, PICTURES[2])


def test_keys_behind_the_end_have_their_own_pictures(panel, studio):
    timeline = film(loop="loop", length=3.0)
    studio.document.change("Film", timeline=timeline, recipe=timeline.at(0.0))
    assert panel.chart.marks.recipes() == list(PICTURES)


# -- the panel's room ----------------------------------------------------------------------


@pytest.mark.parametrize("width", [344, 600, 900])  # windows of 1024, 1280 and 1600 px
def test_everything_is_reached_at_any_width(panel, studio, qtbot, width):
    set_keys(panel, studio, qtbot)
    panel.resize(width, 300)
    QApplication.processEvents()
    panel.resize(width, panel.lowest())
    QApplication.processEvents()
    assert not panel._scroll.verticalScrollBar().maximum()
    view = panel._scroll.viewport()
    for control in [*panel.findChildren(QAbstractButton), panel.inspector.easing.curve]:
        if control.isVisible() and control.objectName():
            shown = control.mapTo(view, control.rect().center())
            assert view.rect().contains(shown), control.objectName()
            assert control.visibleRegion().boundingRect() == control.rect(), control.objectName()


def test_in_a_low_window_the_panel_scrolls(panel, studio, qtbot):
    panel.resize(344, 200)
    qtbot.wait(50)
    bar = panel._scroll.verticalScrollBar()
    assert bar.isVisible()
    bar.setValue(bar.maximum())
    curve = panel.inspector.easing.curve
    assert curve.visibleRegion().boundingRect().height() == curve.height()


@pytest.fixture
def window(studio, show):
    """A canvas above a low strip, on whose other tab the timeline lies."""
    frame = QMainWindow()
    frame.setCentralWidget(QWidget())
    strip = QDockWidget("Gallery", frame)
    strip.setWidget(QWidget())
    frame.film = FilmDock(TimelinePanel(studio.context), frame)
    for dock in (strip, frame.film):
        frame.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
    frame.tabifyDockWidget(strip, frame.film)
    strip.raise_()
    show(frame, 900, 700)
    frame.resizeDocks([strip], [120], Qt.Orientation.Vertical)
    QApplication.processEvents()
    yield frame
    frame.film.panel.stop()


def is_roomy(window):
    panel = window.film.panel
    lanes = panel.chart._scroll.viewport().visibleRegion().boundingRect().height()
    marks = panel.chart.marks.visibleRegion().boundingRect().height()
    return panel.height() >= panel.lowest() and marks == HEIGHT and lanes >= 2 * LANE


def test_the_timeline_is_high_enough_once_it_is_turned_to(window, studio, qtbot):
    studio.document.change("Film", timeline=film(), recipe=PICTURES[0])
    window.film.raise_()
    qtbot.waitUntil(lambda: is_roomy(window), timeout=3000)
    assert window.centralWidget().height() > 250


def test_and_once_it_has_a_key(window, studio, qtbot):
    window.film.raise_()
    QApplication.processEvents()
    window.resizeDocks([window.film], [100], Qt.Orientation.Vertical)
    QApplication.processEvents()
    low = window.film.panel.height()
    assert low < window.film.panel.lowest()
    studio.document.change("Film", timeline=film(), recipe=PICTURES[0])
    qtbot.waitUntil(lambda: is_roomy(window), timeout=3000)


def test_half_of_a_low_window_is_the_pictures(window, studio, qtbot):
    window.resize(500, 420)
    window.film.raise_()
    qtbot.waitUntil(lambda: window.film.height() > 170, timeout=3000)
    assert window.centralWidget().height() > 190
