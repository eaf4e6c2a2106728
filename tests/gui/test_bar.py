"""The bar over the picture: notices go by themselves, what matters stays and is found again."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from latentstudio.ui import errorbar
from latentstudio.ui.errorbar import ErrorBar, Message
from latentstudio.ui.message_menu import MessageMenu

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def bar(qtbot, themed, monkeypatch):
    monkeypatch.setattr(errorbar, "SHORTEST", 60)
    monkeypatch.setattr(errorbar, "LETTER", 1)
    place = QWidget()
    qtbot.addWidget(place)
    place.resize(600, 300)
    made = ErrorBar(place)
    place.show()
    place.activateWindow()
    qtbot.waitUntil(place.isActiveWindow)
    yield made
    place.close()


def test_a_notice_goes_by_itself_and_an_error_stays(qtbot, bar):
    bar.say("Saved one.png.", kind="notice")
    qtbot.waitUntil(lambda: bar.isHidden(), timeout=2000)
    assert bar.sentence == ""
    bar.say("The disk is full.")
    qtbot.wait(200)
    assert bar.sentence == "The disk is full."


def test_a_notice_has_time_by_its_length_and_more_with_a_button():
    short, long = Message("Saved."), Message("x" * 200)
    assert short.stays == 4000
    assert long.stays == 200 * 60  # some 17 letters a second
    assert Message("Saved.", action="Undo").stays == 4000 + 8000


def test_an_error_under_a_notice_comes_back(qtbot, bar):
    bar.say("The disk is full.", action="Again", act=lambda: done.append("again"))
    done = []
    bar.say("Saved one.png.", kind="notice")
    bar.say("Saved two.png.", kind="notice")
    assert bar.sentence == "Saved two.png."
    qtbot.waitUntil(lambda: bar.sentence == "The disk is full.", timeout=2000)
    qtbot.mouseClick(bar.action, LEFT)
    assert done == ["again"]
    assert bar.isHidden()


def test_a_click_takes_a_notice_away_and_an_error_not(qtbot, bar):
    bar.say("Saved one.png.", kind="notice")
    qtbot.mouseClick(bar.text, LEFT)  # the label lets it through
    assert bar.isHidden()
    bar.say("The disk is full.")
    qtbot.mouseClick(bar, LEFT)
    assert bar.sentence == "The disk is full."
    qtbot.mouseClick(bar.dismiss, LEFT)
    assert bar.isHidden()


def test_nobody_to_read_it_nothing_goes(qtbot, bar, monkeypatch):
    monkeypatch.setattr(ErrorBar, "isActiveWindow", lambda _bar: False)
    bar.say("Saved film.mp4.", kind="notice")
    qtbot.wait(250)
    assert bar.sentence == "Saved film.mp4."
    monkeypatch.undo()
    qtbot.waitUntil(lambda: bar.isHidden(), timeout=2000)


def test_it_stays_under_the_hand(qtbot, bar):
    bar.say("Saved film.mp4.", kind="notice")
    bar.enterEvent(None)
    qtbot.wait(250)
    assert bar.sentence
    bar.leaveEvent(None)
    qtbot.waitUntil(lambda: bar.isHidden(), timeout=2000)


def test_what_is_true_no_more_is_taken_back(bar):
    bar.say("two.png comes next.", kind="notice")
    bar.take_back("something else")
    assert bar.sentence == "two.png comes next."
    bar.take_back("two.png comes next.")
    assert bar.isHidden()


def test_everything_said_can_be_read_again(window):
    window.bar.clear()
    window.bar.said.clear()
    menu = window.findChild(MessageMenu)
    menu.aboutToShow.emit()
    assert [action.isEnabled() for action in menu.actions()] == [False]
    window.bar.say("Reset: the class.", kind="notice")
    window.bar.say("x" * 200)
    window.bar.clear()
    menu.aboutToShow.emit()
    newest, oldest = menu.actions()
    assert newest.text().endswith("x" * 80 + "…")
    oldest.trigger()
    assert window.bar.sentence == "Reset: the class."
    assert len(window.bar.said) == 2
