from __future__ import annotations

import threading
from functools import partial

import pytest

from latentstudio.ui.reading import Reader, attempt


@pytest.fixture
def reader(qapp):
    made = Reader()
    yield made
    made.stop()


class Gate:
    """Work that waits to be let through, and remembers who came."""

    def __init__(self):
        self.opened = threading.Event()
        self.entered = threading.Event()
        self.ran = []
        self.threads = set()

    def __call__(self, name):
        self.threads.add(threading.current_thread())
        self.ran.append(name)
        self.entered.set()
        assert self.opened.wait(20)
        return name


def test_the_result_arrives_in_the_window_s_thread(reader, qtbot):
    heard = []
    reader.read(threading.current_thread, lambda r: heard.append((r, threading.current_thread())))
    assert reader.busy
    qtbot.waitUntil(lambda: bool(heard))
    worker, listener = heard[0]
    assert worker is not listener is threading.main_thread()
    assert not reader.busy


def test_the_newest_wins_on_one_thread(reader, qtbot):
    gate, heard = Gate(), []
    for number in range(9):
        reader.read(partial(gate, number), heard.append)
        assert gate.entered.wait(20)
    gate.opened.set()
    qtbot.waitUntil(lambda: not reader.busy)
    assert heard == [8]
    assert gate.ran == [0, 8]
    assert len(gate.threads) == 1
    reader.read(partial(gate, "again"), heard.append)
    qtbot.waitUntil(lambda: not reader.busy)
    assert heard == [8, "again"]


def test_what_was_cancelled_is_not_heard(reader, qtbot):
    gate, heard = Gate(), []
    reader.read(partial(gate, "first"), heard.append)
    assert gate.entered.wait(20)
    reader.cancel()
    assert not reader.busy
    gate.opened.set()
    reader.read(partial(gate, "second"), heard.append)
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == ["second"]


def test_whatever_is_raised_is_a_result(reader, qtbot):
    heard = []
    reader.read(lambda: 1 / 0, heard.append)
    qtbot.waitUntil(lambda: bool(heard))
    assert isinstance(heard[0], ZeroDivisionError)
    assert isinstance(attempt(lambda: 1 / 0), ZeroDivisionError)


def test_stop_waits_for_the_thread_and_nothing_comes_after(qtbot, qapp):
    made, gate, heard = Reader(), Gate(), []
    made.read(partial(gate, "late"), heard.append)
    assert gate.entered.wait(20)
    threading.Timer(0.05, gate.opened.set).start()
    made.stop()
    assert not any(thread.is_alive() for thread in gate.threads)
    qapp.processEvents()
    assert heard == []
