"""Dialogs begin where the person was last, by kind of file."""

from __future__ import annotations

from PySide6.QtCore import Qt

from latentstudio.ui.folders import Folders

CTRL = Qt.KeyboardModifier.ControlModifier


def test_each_kind_has_its_folder_and_others_begin_at_the_last(tmp_path):
    folders = Folders()
    assert folders.of() == folders.of("film") == ""
    for name in ("films", "sessions"):
        (tmp_path / name).mkdir()
    folders.used("film", tmp_path / "films" / "a.mp4")
    folders.used("session", tmp_path / "sessions" / "a.latents")
    assert folders.of("film") == str(tmp_path / "films")
    assert folders.of("picture") == folders.of() == str(tmp_path / "sessions")
    assert folders.beside("b.mp4", "film") == str(tmp_path / "films" / "b.mp4")
    assert folders.beside(str(tmp_path / "c.mp4"), "film") == str(tmp_path / "c.mp4")


def test_a_folder_that_has_gone_is_not_proposed(tmp_path):
    folders = Folders()
    folders.used("film", tmp_path / "gone" / "a.mp4")
    assert folders.of("film") == ""


def test_the_next_start_finds_the_folders(qtbot, window, make_window, tmp_path):
    places = {name: tmp_path / name for name in ("sessions", "pictures")}
    for place in places.values():
        place.mkdir()
    window.saver.ask = lambda *_: str(places["sessions"] / "night.latents")
    qtbot.keyClick(window.canvas, Qt.Key.Key_S, CTRL)
    window.saver.ask = lambda *_: str(places["pictures"] / "a.png")
    qtbot.keyClick(window.canvas, Qt.Key.Key_E, CTRL)
    window.close()
    again, asked = make_window(), []
    again.saver.ask = lambda _title, proposal, _what: asked.append(proposal) or ""
    qtbot.keyClick(again.canvas, Qt.Key.Key_S, CTRL)
    qtbot.keyClick(again.canvas, Qt.Key.Key_E, CTRL)
    assert asked == [
        str(places["sessions"] / "untitled.latents"),
        str(places["pictures"] / "small-seed0.png"),
    ]
    again.opener.ask = lambda _title, folder, _what: asked.append(folder) or ""
    qtbot.keyClick(again.canvas, Qt.Key.Key_O, CTRL)
    assert asked[-1] == str(places["pictures"])


def test_opening_remembers_the_folder_of_the_kind(window, elsewhere):
    window.opener.open(elsewhere)
    assert window.studio.folders.of("checkpoint") == str(elsewhere.parent)
