from __future__ import annotations

import threading

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QWidget

from latentstudio.document.recipe import Recipe, Truncation
from latentstudio.document.sampling import Sampling
from latentstudio.ui.numbers import model as model_module
from latentstudio.ui.numbers.model import NO_DATA
from tests.ui.conftest import CHECKPOINT
from tests.ui.fake_live import FakeLive, quality

WAIT = 20_000


@pytest.fixture
def numbers(studio, tmp_path, monkeypatch):
    """A model whose checkpoint is known to be of the bundled data."""
    monkeypatch.setattr(model_module, "known_data", lambda path: "portraits" if path else "")
    model = studio.numbers
    model.load_live = lambda: FakeLive
    model.settle(
        tmp_path,
        lambda one: tmp_path / "known.safetensors" if one == CHECKPOINT else None,
    )
    yield model
    model.stop()


@pytest.fixture
def begin(numbers, qtbot, show):
    """Have somebody look at the numbers; returns the fake engine's side."""

    def look():
        widget = show(QWidget(), height=40)
        numbers.follow_visibility(widget)
        numbers.wake()
        qtbot.waitUntil(lambda: numbers._agent is not None, timeout=WAIT)
        return widget, numbers._agent

    return look


def truncate(studio, psi):
    recipe = msgspec.structs.replace(studio.recipe, truncation=Truncation(psi))
    studio.document.change("Truncation", recipe=recipe)


def test_nothing_begins_before_somebody_looks_and_a_picture_stands(numbers, show, qtbot):
    loaded = []
    numbers.load_live = lambda: loaded.append(threading.current_thread()) or FakeLive
    numbers.wake()
    widget = QWidget()
    qtbot.addWidget(widget)
    numbers.follow_visibility(widget)
    qtbot.wait(30)
    assert not loaded
    show(widget, height=40)
    qtbot.waitUntil(lambda: numbers._agent is not None, timeout=WAIT)
    assert len(loaded) == 1
    assert loaded[0] is not threading.main_thread()


def test_it_opens_the_checkpoint_s_data_and_follows_the_recipe(numbers, studio, begin, qtbot):
    _, live = begin()
    assert live.opened == [("portraits", "auto")]
    assert (live.target, live.active) == (2000, True)
    assert live.followed == [(Sampling(CHECKPOINT), False)]
    truncate(studio, 0.5)
    truncate(studio, 0.4)
    assert live.followed[1:] == [(Sampling(CHECKPOINT).with_psi(p), True) for p in (0.5, 0.4)]
    numbers.rest()
    assert live.followed[-1] == (Sampling(CHECKPOINT).with_psi(0.4), False)
    told = len(live.followed)
    numbers.rest()
    moved = studio.recipe.showing("B")
    studio.document.change("Point B", recipe=moved)
    assert len(live.followed) == told, "another point is no other sampling"
    qtbot.waitUntil(lambda: numbers.quality and numbers.quality.sampling.truncation.psi == 0.4)


def test_choices_reach_the_engine(numbers, begin):
    _, live = begin()
    numbers.choose(target=500)
    assert live.target == 500
    numbers.choose(seed=7, mixing=0.5)
    assert live.followed[-1] == (Sampling(CHECKPOINT, mixing=0.5, seed=7), False)
    numbers.choose(features="inception")
    assert live.opened[-1] == ("portraits", "inception")
    told = len(live.opened), len(live.followed)
    numbers.choose(features="inception")
    assert (len(live.opened), len(live.followed)) == told


def test_numbers_of_other_data_leave_the_screen(numbers, begin, qtbot):
    _, live = begin()
    live.draw()
    qtbot.waitUntil(lambda: numbers.curve is not None)
    numbers.choose(data="/elsewhere")
    assert numbers.quality is None
    assert numbers.curve is None


def test_a_checkpoint_without_known_data_asks_for_them(numbers, studio, begin, tmp_path):
    pictures = str(tmp_path)
    _, live = begin()
    studio.document.change("Open", recipe=Recipe(checkpoint="cd" * 32))
    assert numbers.choices.data == ""
    assert numbers.trouble == NO_DATA
    assert live.opened[-1] == ("portraits", "auto"), "nothing else was opened"
    numbers.choose(data=pictures)
    assert numbers.trouble == ""
    assert live.opened[-1] == (pictures, "auto")
    assert live.followed[-1][0].checkpoint == "cd" * 32
    studio.document.undo()
    assert numbers.choices.data == "portraits"
    studio.document.redo()
    assert numbers.choices.data == pictures, "the choice is remembered"


def test_a_settled_measurement_is_kept_once(numbers, begin, qtbot):
    _, live = begin()
    live.settle(1200)
    live.settle(2000)
    live.settle(2000)
    qtbot.waitUntil(lambda: bool(numbers.history.entries))
    qtbot.wait(30)
    (entry,) = numbers.history.entries
    assert entry.quality.n == 2000
    assert (entry.real, entry.space) == ("portraits", "auto")


def test_a_sentence_stays_until_there_are_numbers_again(numbers, begin, qtbot):
    _, live = begin()
    with qtbot.waitSignal(numbers.troubled, check_params_cb=bool):
        live.on_error("The data set changed.")
    assert numbers.trouble == "The data set changed."
    with qtbot.waitSignal(numbers.troubled, check_params_cb=lambda text: not text):
        live.on_quality(quality())
    assert numbers.trouble == ""


def test_what_cannot_be_loaded_is_told(numbers, show, qtbot):
    def broken():
        raise ImportError("no such module")

    numbers.load_live = broken
    numbers.follow_visibility(show(QWidget(), height=40))
    with qtbot.waitSignal(numbers.troubled, timeout=WAIT) as told:
        numbers.wake()
    assert "no such module" in told.args[0]


def test_hidden_it_stops_measuring(numbers, begin):
    widget, live = begin()
    widget.hide()
    assert not live.active
    widget.show()
    assert live.active


def test_a_tab_behind_another_is_not_seen(numbers, qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    docks = []
    for name in "ab":
        dock = QDockWidget(name, window)
        dock.setWidget(QLabel(name))
        numbers.follow_visibility(dock.widget())
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        docks.append(dock)
    window.tabifyDockWidget(*docks)
    docks[0].raise_()
    window.show()
    qtbot.waitExposed(window)
    seen = lambda: [attention.seen for attention in numbers._attentions]  # noqa: E731
    qtbot.waitUntil(lambda: seen() == [True, False])
    docks[1].raise_()
    qtbot.waitUntil(lambda: seen() == [False, True])
    docks[1].hide()
    qtbot.waitUntil(lambda: seen() == [True, False])
    window.hide()
    assert seen() == [False, False]


def test_nothing_arrives_after_the_stop(numbers, studio, begin, qtbot):
    _, live = begin()
    qtbot.waitUntil(lambda: numbers.quality is not None)
    before = numbers.quality
    numbers.stop()
    assert live.stopped
    live.on_quality(quality(n=7))
    live.on_state("late")
    qtbot.wait(20)
    assert numbers.quality is before
    told = len(live.followed)
    truncate(studio, 0.1)
    assert len(live.followed) == told


def test_a_late_number_of_another_checkpoint_is_not_shown(numbers, begin, qtbot):
    _, live = begin()
    live.on_quality(quality(Sampling("cd" * 32)))
    with qtbot.waitSignal(numbers.state_changed):
        live.on_state("after it")
    assert numbers.quality.sampling.checkpoint == CHECKPOINT
    assert numbers.history.entries == ()
