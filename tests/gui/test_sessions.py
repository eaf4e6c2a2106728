"""Sessions as a person has them in hand: begun anew, named, left open, put aside; never lost."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from latentstudio.document.recipe import Recipe, Seed
from latentstudio.document.session import load_session, save_session

CTRL = Qt.KeyboardModifier.ControlModifier
_K = Qt.Key


def press(qtbot, window, key, modifiers=Qt.KeyboardModifier.NoModifier):
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, key, modifiers)


def title(window):
    return window.windowTitle().split("[*]")[0] + "*" * window.isWindowModified()


def kept(tmp_path):
    return sorted((tmp_path / "state" / "kept").glob("*.latents"))


@pytest.fixture
def mine(qtbot, window, tmp_path):
    """A session saved as mine.latents, with point B changed since."""
    path = tmp_path / "mine.latents"
    window.saver.ask = lambda *_: str(path)
    press(qtbot, window, _K.Key_S, CTRL)
    press(qtbot, window, _K.Key_2)
    press(qtbot, window, _K.Key_R)
    return path


def test_new_is_one_step_that_undo_takes_back(qtbot, window, mine):
    document = window.studio.document
    window.studio.axes.gain = 3.0
    press(qtbot, window, _K.Key_K)
    state, checkpoint = document.state, document.recipe.checkpoint
    press(qtbot, window, _K.Key_N, CTRL)
    assert document.recipe == Recipe(checkpoint=checkpoint)
    assert (document.active, document.gallery) == ("A", ())
    assert window.studio.axes.gain != 3.0
    assert title(window) == "untitled"
    press(qtbot, window, _K.Key_Z, CTRL)
    assert document.state is state
    assert title(window) == "mine.latents*"
    assert window.studio.axes.gain == 3.0
    window.actions_by_name["redo"].trigger()
    assert title(window) == "untitled"


def test_each_side_of_new_has_its_own_file(qtbot, window, mine, tmp_path):
    press(qtbot, window, _K.Key_N, CTRL)
    press(qtbot, window, _K.Key_R)
    other = tmp_path / "other.latents"
    window.saver.ask = lambda *_: str(other)
    press(qtbot, window, _K.Key_S, CTRL)
    for _ in range(2):
        press(qtbot, window, _K.Key_Z, CTRL)
    before = load_session(mine).state
    press(qtbot, window, _K.Key_S, CTRL)
    assert load_session(mine).state == window.studio.document.state != before
    window.actions_by_name["redo"].trigger()
    assert title(window) == "other.latents*"  # one step before what was saved there
    window.actions_by_name["redo"].trigger()
    assert title(window) == "other.latents"


def test_what_new_leaves_behind_is_kept_beyond_the_end(qtbot, window, make_window, mine, tmp_path):
    state = window.studio.document.state
    press(qtbot, window, _K.Key_N, CTRL)
    (path,) = kept(tmp_path)
    assert path.stem in window.bar.sentence
    window.close()
    again = make_window()
    assert again.studio.document.state != state
    again._fill_recent()
    entry = next(a for a in again._recent_menu.actions() if a.text() == path.name)
    entry.trigger()
    assert again.studio.document.state == state
    # It is no file of the person's: it knows the one that is.
    assert title(again) == "mine.latents*"
    press(qtbot, again, _K.Key_S, CTRL)
    assert load_session(mine).state == state
    assert title(again) == "mine.latents"


def test_new_on_a_saved_session_keeps_nothing_twice(qtbot, window, mine, tmp_path):
    press(qtbot, window, _K.Key_S, CTRL)
    press(qtbot, window, _K.Key_N, CTRL)
    assert kept(tmp_path) == []
    press(qtbot, window, _K.Key_N, CTRL)
    assert kept(tmp_path) == []
    assert window.bar.sentence == ""


def test_opening_another_session_puts_unsaved_work_aside(qtbot, window, mine, tmp_path):
    state = window.studio.document.state
    other = tmp_path / "other.latents"
    save_session(other, type(state)(Recipe(checkpoint=state.recipe.checkpoint)))
    window.opener.open(other)
    assert title(window) == "other.latents"
    (path,) = kept(tmp_path)
    assert load_session(path).state == state


def test_a_session_left_open_comes_back_under_its_name(qtbot, window, make_window, mine):
    state = window.studio.document.state
    window.close()
    assert load_session(mine).state != state
    again = make_window()
    assert title(again) == "mine.latents*"
    again.saver.ask = lambda *_: pytest.fail("it knows its file")
    press(qtbot, again, _K.Key_S, CTRL)
    assert load_session(mine).state == state
    assert title(again) == "mine.latents"
    again.close()
    assert make_window().studio.document.state != state


def test_a_file_that_changed_meanwhile_is_not_overwritten_unasked(
    qtbot, window, make_window, mine, tmp_path
):
    window.close()
    mine.write_bytes(mine.read_bytes() + b"\n")
    theirs = mine.read_bytes()
    again = make_window()
    assert again.bar.sentence.startswith("mine.latents was changed by another program")
    asked = []
    again.saver.ask = lambda _title, proposal, _what: asked.append(proposal) or ""
    press(qtbot, again, _K.Key_S, CTRL)
    assert asked == [str(mine)]
    assert mine.read_bytes() == theirs
    assert title(again) == "mine.latents*"


def test_a_file_that_vanished_meanwhile_is_said_and_written_anew(qtbot, window, make_window, mine):
    state = window.studio.document.state
    window.close()
    mine.unlink()
    again = make_window()
    assert again.bar.sentence.startswith("mine.latents is not there any more")
    press(qtbot, again, _K.Key_S, CTRL)
    assert load_session(mine).state == state


def test_start_fresh_is_no_loss(qtbot, window, make_window, tmp_path):
    press(qtbot, window, _K.Key_R)
    state = window.studio.document.state
    window.close()
    again = make_window()
    assert again.studio.document.state == state
    assert again.bar.action.text() == "Start fresh"
    qtbot.mouseClick(again.bar.action, Qt.MouseButton.LeftButton)
    assert again.studio.document.recipe.point("A").base == Seed(0)
    undo = again.actions_by_name["undo"]
    assert undo.isEnabled()
    undo.trigger()
    assert again.studio.document.state == state
    assert len(kept(tmp_path)) == 1


def test_new_proposes_the_middle_of_a_morph_again(qtbot, window):
    panel = window.docks["morph"].panel
    window.turn_to("morph")
    qtbot.mouseClick(panel.on, Qt.MouseButton.LeftButton)
    panel.model.change("Morph", t=1.0)
    assert panel.t.value() == 1.0
    press(qtbot, window, _K.Key_N, CTRL)
    assert panel.t.value() == 0.5
    press(qtbot, window, _K.Key_Z, CTRL)
    assert panel.t.value() == 1.0


def test_an_open_session_of_a_missing_checkpoint_waits_for_it(
    qtbot, window, make_window, tmp_path, elsewhere
):
    window.opener.open(elsewhere)
    press(qtbot, window, _K.Key_R)
    state = window.studio.document.state
    window.close()
    away = tmp_path / "away.safetensors"
    elsewhere.rename(away)
    try:
        again = make_window()
        assert again.bar.action.text() == "Locate…"
        assert again.studio.document.state != state
        press(qtbot, again, _K.Key_R)  # other work, and nobody locates anything
        again.close()
        third = make_window(wait=False)
        third.close()
        assert any(load_session(path).state == state for path in kept(tmp_path))
    finally:
        away.rename(elsewhere)


def test_a_crash_that_nobody_wants_back_now_is_put_aside(
    qtbot, window, make_window, tmp_path, settled
):
    from latentstudio.document.autosave import Autosave

    press(qtbot, window, _K.Key_R)
    session = window.saver.session()
    press(qtbot, window, _K.Key_Z, CTRL)
    window.close()
    crashed = Autosave(tmp_path / "state" / "autosave")
    crashed.save(session, 0.0)
    crashed._lock._close()  # what the system does when a process dies
    again = make_window()
    assert again.bar.action.text() == "Restore"
    press(qtbot, again, _K.Key_Escape)
    (path,) = kept(tmp_path)
    assert load_session(path).state == session.state
    again.close()
    assert make_window().bar.sentence == ""
