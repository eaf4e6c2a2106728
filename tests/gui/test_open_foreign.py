"""Opening what takes a while to read: the window goes on, and the newest wish counts."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import read_header
from latentstudio.document.document import State
from latentstudio.document.recipe import Recipe
from latentstudio.document.session import save_session
from latentstudio.ui import files
from tests.gui.conftest import WAIT
from tests.gui.test_files import drop


class Slow:
    """Lets a checkpoint in own format take its time, as another program's does."""

    def __init__(self, path, catalogue, monkeypatch):
        self.path, self.opened, self.error = path, threading.Event(), None
        self.threads = []
        self._add, self._read = catalogue.add, files.read_header
        monkeypatch.setattr(files, "takes_a_while", self.takes_a_while)
        monkeypatch.setattr(files, "read_header", self.read_header)
        monkeypatch.setattr(catalogue, "add", self.add)

    def takes_a_while(self, path):
        return path == self.path and not self.opened.is_set()

    def _wait(self, path):
        if path == self.path and not self.opened.is_set():
            self.threads.append(threading.current_thread())
            assert self.opened.wait(20)
            if self.error:
                raise self.error

    def add(self, path):
        self._wait(path)
        return self._add(path)

    def read_header(self, path):
        self._wait(path)
        return self._read(path)


@pytest.fixture
def slow(window, elsewhere, monkeypatch):
    made = Slow(elsewhere, window._catalogue, monkeypatch)
    yield made
    made.opened.set()


def reading(window):
    return lambda: window.bar.sentence.startswith("Reading ")


def idle(window):
    return lambda: not window.opener.reader.busy


def test_the_window_goes_on_while_a_file_is_read(qtbot, window, slow, settled):
    document = window.studio.document
    drop(window, slow.path)
    qtbot.waitUntil(reading(window), timeout=WAIT)
    assert window.bar.sentence == f"Reading {slow.path.name} …"
    qtbot.keyClick(window.canvas, Qt.Key.Key_R)
    drawn = settled(window)
    assert drawn.recipe == document.recipe
    assert document.info.family == "stylegan2"
    slow.opened.set()
    qtbot.waitUntil(idle(window), timeout=WAIT)
    assert document.info.family == "dcgan"
    assert not window.bar.sentence
    assert slow.threads and threading.main_thread() not in slow.threads
    assert window.recents.paths("checkpoints")[0] == slow.path
    settled(window)
    document.undo()
    assert document.recipe == drawn.recipe


def test_opening_something_else_takes_its_place(qtbot, window, slow, bundle, settled):
    drop(window, slow.path)
    qtbot.waitUntil(reading(window), timeout=WAIT)
    drop(window, bundle / "small.safetensors")
    assert not window.bar.sentence
    slow.opened.set()
    qtbot.waitUntil(lambda: not slow.threads[0].is_alive(), timeout=WAIT)
    qtbot.wait(20)
    assert window.studio.document.info.family == "stylegan2"
    assert slow.path not in window.recents.paths("checkpoints")
    settled(window)


def test_cancel_is_a_button(qtbot, window, slow):
    before = window.studio.document.state
    drop(window, slow.path)
    qtbot.waitUntil(reading(window), timeout=WAIT)
    assert window.bar.action.text() == "Cancel"
    qtbot.mouseClick(window.bar.action, Qt.MouseButton.LeftButton)
    assert not window.bar.sentence and not window.opener.reader.busy
    slow.opened.set()
    qtbot.waitUntil(lambda: not slow.threads[0].is_alive(), timeout=WAIT)
    qtbot.wait(20)
    assert window.studio.document.state is before


def test_a_file_that_turns_out_wrong_is_one_sentence(qtbot, window, slow):
    before = window.studio.document.state
    for error, words in (
        (
            CheckpointError("x.pkl holds a discriminator alone"),
            "x.pkl holds a discriminator alone.",
        ),
        (MemoryError(), "There was not enough memory"),
    ):
        slow.error = error
        drop(window, slow.path)
        qtbot.waitUntil(reading(window), timeout=WAIT)
        slow.opened.set()
        qtbot.waitUntil(idle(window), timeout=WAIT)
        assert window.bar.sentence.startswith(words)
        assert not window.bar.action.isVisible()
        assert window.studio.document.state is before
        slow.opened.clear()


def test_closing_meanwhile_leaves_nothing_behind(qtbot, window, slow):
    drop(window, slow.path)
    qtbot.waitUntil(lambda: bool(slow.threads), timeout=WAIT)
    threading.Timer(0.05, slow.opened.set).start()
    window.close()
    assert not slow.threads[0].is_alive()


def session_of(path, target):
    content_hash = read_header(path).info.content_hash
    state = State(Recipe(checkpoint=content_hash))
    save_session(target, state, {}, {content_hash: str(path)})
    return state


def test_a_session_waits_for_the_checkpoint_that_it_names(qtbot, window, slow, tmp_path, settled):
    state = session_of(slow.path, tmp_path / "night.latents")
    drop(window, tmp_path / "night.latents")
    qtbot.waitUntil(reading(window), timeout=WAIT)
    assert slow.path.name in window.bar.sentence
    slow.opened.set()
    qtbot.waitUntil(idle(window), timeout=WAIT)
    assert window.studio.document.state == state
    assert window.windowTitle().startswith("night.latents")
    settled(window)


def test_locating_takes_its_time_too(qtbot, window, slow, tmp_path, settled):
    session_of(slow.path, tmp_path / "night.latents")
    away = slow.path.rename(slow.path.with_name("moved.safetensors"))
    slow.path = away
    try:
        drop(window, tmp_path / "night.latents")
        assert window.bar.action.text() == "Locate…"
        window.opener.ask = lambda *_: str(away)
        slow.error = CheckpointError("cut short")
        window.bar.action.click()
        qtbot.waitUntil(reading(window), timeout=WAIT)
        slow.opened.set()
        qtbot.waitUntil(idle(window), timeout=WAIT)
        assert (window.bar.sentence, window.bar.action.text()) == ("Cut short.", "Locate…")
        slow.error = None
        window.bar.action.click()
        assert window.studio.document.info.family == "dcgan"
        settled(window)
    finally:
        away.rename(away.with_name("other.safetensors"))


def test_the_dialog_offers_what_can_be_opened(window):
    asked = []
    window.opener.ask = lambda _title, _folder, what: asked.append(what) or ""
    window.opener.choose()
    first = asked[0].split(";;")[0]
    assert all(f"*.{suffix}" in first for suffix in ("safetensors", "pkl", "pt", "pth", "latents"))
