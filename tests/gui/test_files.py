"""Opening, saving, dropping, locating; and what survives a close and a crash."""

from __future__ import annotations

from functools import partial

import msgspec
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from latentstudio.checkpoints.header import read_header
from latentstudio.document.autosave import Autosave
from latentstudio.document.codec import recipe_to_json
from latentstudio.document.document import State
from latentstudio.document.recipe import Cell, Mixing, Point, Recipe, Seed, Truncation
from latentstudio.document.session import load_session
from latentstudio.document.timeline.file import write_timeline
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.ui.recognise import UnknownFileError, recognise
from tests.gui.conftest import WAIT
from tests.strategies import png


def drop(window, *paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    at = QPointF(window.rect().center())
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at.toPoint(), action, mime, button, none)
    QApplication.sendEvent(window.canvas, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window.canvas, QDropEvent(at, action, mime, button, none))


def changed(recipe, **fields):
    return msgspec.structs.replace(recipe, **fields)


def mixed(window):
    """A recipe in which everything differs from the default."""
    recipe = window.studio.document.recipe
    return changed(
        recipe.with_point(Point("B", Seed(77))),
        truncation=Truncation(0.6, 3),
        mixing=Mixing((Cell(2, "B", 0.5),)),
    )


def test_a_saved_picture_dropped_back_restores_to_the_pixel(window, settled, tmp_path):
    document = window.studio.document
    document.change("All", recipe=mixed(window))
    # Not waited for: what is saved must be the exact picture of this recipe all the same.
    target = tmp_path / "mine.png"
    window.saver.ask = lambda *_: str(target)
    window.actions_by_name["save_picture"].trigger()
    saved = settled(window)
    assert np.array_equal(np.asarray(Image.open(target).convert("RGB")), saved.pixels[..., :3])

    document.change("Seed", recipe=document.recipe.with_point(Point("A", Seed(5))))
    settled(window)
    drop(window, target)
    assert document.recipe == saved.recipe
    assert np.array_equal(settled(window).pixels, saved.pixels)
    document.undo()
    assert document.recipe.point("A").base == Seed(5)


def test_a_session_reopens_with_gallery_axes_and_title(window, make_window, settled, tmp_path):
    document = window.studio.document
    document.change("All", recipe=mixed(window), active="B")
    settled(window)
    window.studio.keep_current()
    window.studio.axes.gain = 2.5
    window.actions_by_name["smooth"].setChecked(False)
    window.saver.ask = lambda *_: str(tmp_path / "night")
    window.actions_by_name["save_session"].trigger()
    assert not window.isWindowModified()
    assert window.windowTitle().startswith("night.latents")
    state = document.state
    window.close()

    again = make_window([tmp_path / "night.latents"])
    assert again.studio.document.state == state
    assert again.studio.axes.gain == 2.5
    assert not again.canvas.smooth
    assert not again.isWindowModified()
    assert again.recents.paths("sessions") == [tmp_path / "night.latents"]


def test_opening_another_family_keeps_what_fits_and_says_what_does_not(window, settled, elsewhere):
    document = window.studio.document
    document.change("All", recipe=mixed(window))
    drop(window, elsewhere)
    assert document.info.family == "dcgan"
    assert document.recipe.mixing.cells == ()
    assert document.recipe.point("B").base == Seed(77)
    assert "style mixing" in window.bar.sentence
    frame = settled(window)
    assert np.array_equal(frame.pixels, window.studio.engine.render(document.recipe).pixels)
    document.undo()
    assert document.info.family == "stylegan2"
    assert document.recipe.mixing.cells
    settled(window)


def test_a_missing_checkpoint_is_located_and_goes_on(window, settled, elsewhere, tmp_path):
    wanted = read_header(elsewhere).info.content_hash
    file = tmp_path / "recipe.json"
    file.write_bytes(recipe_to_json(changed(Recipe(), checkpoint=wanted)))
    before = window.studio.document.state
    drop(window, file)
    assert window.studio.document.state is before
    assert wanted[:8] in window.bar.sentence
    assert window.bar.action.text() == "Locate…"

    window.opener.ask = lambda *_: str(window._catalogue.bundled()[0])
    window.bar.action.click()
    assert "another checkpoint" in window.bar.sentence
    assert window.studio.document.state is before

    window.opener.ask = lambda *_: str(elsewhere)
    window.bar.action.click()
    assert window.studio.document.recipe.checkpoint == wanted
    settled(window)
    assert window.tools.checkpoint.text() == "other"


def bad_files(folder, elsewhere):
    whole = elsewhere.read_bytes()
    return {
        "cut.safetensors": whole[: len(whole) // 2],
        "page.safetensors": b"<!doctype html><html></html>",
        "empty.latents": b"",
        "newer.latents": b'{"format": "latentstudio session", "version": 99}',
        "broken.latents": b'{"format": "latentstudio session", "version": 1, "state": 5}',
        "recipe.json": b'{"points": []}',
        "pickle.pkl": b"\x80\x04\x95cos\nsystem\n",
        "half.png": png()[:20],
        "noise.bin": bytes(range(200, 256)) * 4,
    }


def idle(window):
    return not window.opener.reader.busy


def test_a_picture_from_elsewhere_is_taken_to_be_searched_for(qtbot, window, tmp_path):
    before = window.studio.document.state
    plain = tmp_path / "plain.png"
    Image.new("RGB", (40, 30), (200, 100, 50)).save(plain)
    drop(window, plain)
    panel = window.docks["picture"].panel
    qtbot.waitUntil(lambda: panel.model.source.intake is not None, timeout=WAIT)
    assert not panel.visibleRegion().isEmpty()
    assert window.studio.document.state is before
    assert not window.bar.sentence


def test_a_timeline_opens_with_its_first_picture_and_undoes(window, settled, tmp_path):
    document = window.studio.document
    before, base = document.state, document.recipe
    there = base.with_point(Point("A", Seed(9)))
    timeline = Timeline(length=2.0).with_mark(0.0, base).with_mark(2.0, there)
    write_timeline(tmp_path / "mine.timeline.json", timeline)
    document.change("Seed", recipe=base.with_point(Point("A", Seed(7))))
    drop(window, tmp_path / "mine.timeline.json")
    assert document.timeline == timeline
    assert document.recipe == base
    assert not window.docks["timeline"].panel.visibleRegion().isEmpty()
    settled(window)
    document.undo()
    document.undo()
    assert document.state == before


def test_every_bad_file_is_one_sentence_and_changes_nothing(qtbot, window, elsewhere, tmp_path):
    before = window.studio.document.state
    for name, data in bad_files(tmp_path, elsewhere).items():
        path = tmp_path / name
        path.write_bytes(data)
        drop(window, path)
        qtbot.waitUntil(partial(idle, window), timeout=WAIT)  # a pickle is read in the background
        sentence = window.bar.sentence
        assert name in sentence, (name, sentence)
        assert "\n" not in sentence and sentence.endswith(".")
        assert window.studio.document.state is before
        window.bar.clear()
    drop(window, tmp_path)
    assert "folder" in window.bar.sentence


def test_saving_where_nothing_can_be_written_says_so(window, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    window.saver.ask = lambda *_: str(blocked / "x.latents")
    window.actions_by_name["save_session_as"].trigger()
    assert window.bar.sentence
    assert window.saver.path is None
    window.saver.ask = lambda *_: str(blocked / "x.png")
    window.actions_by_name["save_picture"].trigger()
    assert "x.png" in window.bar.sentence or str(blocked) in window.bar.sentence


def test_unsaved_work_is_back_at_the_next_start(qtbot, window, make_window, settled):
    qtbot.keyClick(window.canvas, Qt.Key.Key_R)
    recipe = window.studio.document.recipe
    settled(window)
    window.close()
    again = make_window()
    assert again.studio.document.recipe == recipe
    assert again.isWindowModified()
    again.bar.action.click()  # Start fresh
    assert again.studio.document.recipe != recipe
    again.close()
    third = make_window()
    assert third.bar.sentence == ""


def test_a_crash_offers_what_was_autosaved(make_window, settled, tmp_path, qtbot):
    crashed = Autosave(tmp_path / "state" / "autosave")
    window = make_window()
    recipe = window.studio.document.recipe.with_point(Point("A", Seed(4242)))
    session = window.saver.session()
    window.close()
    crashed.save(msgspec.structs.replace(session, state=State(recipe)), 0.0)
    crashed._lock._close()  # what the system does when a process dies

    again = make_window()
    assert again.bar.action.text() == "Restore"
    again.bar.action.click()
    assert again.studio.document.recipe == recipe
    settled(again)


def test_autosave_writes_after_a_change_and_a_clean_end_removes_it(
    qtbot, window, monkeypatch, tmp_path
):
    qtbot.keyClick(window.canvas, Qt.Key.Key_R)
    window.keeper._autosave._quiet = 0.0
    window.saver.tick()
    file = window.keeper._autosave.path
    assert load_session(file).state == window.studio.document.state
    window.close()
    assert not file.exists()
    assert load_session(tmp_path / "state" / "last.latents").state.recipe


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.txt", b'{"format": "latentstudio session", "version": 1}', "session"),
        ("b.txt", b' {"points": []}', "recipe"),
        ("c.txt", b"\x89PNG\r\n\x1a\n....", "picture"),
        ("d.txt", (2).to_bytes(8, "little") + b"{}", "checkpoint"),
        ("e.txt", b"\x80\x04\x95\x00\x00", "checkpoint"),
        ("f.txt", b"PK\x03\x04" + bytes(26) + b"archive/data.pkl", "checkpoint"),
    ],
)
def test_a_name_says_nothing_the_content_does(tmp_path, name, data, kind):
    (tmp_path / name).write_bytes(data)
    assert recognise(tmp_path / name) == kind


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(UnknownFileError, match=r"gone\.png is not there"):
        recognise(tmp_path / "gone.png")
