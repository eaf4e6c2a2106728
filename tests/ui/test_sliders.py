from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog

from latentstudio.document.direction_file import read_direction, write_direction
from latentstudio.document.edit import Edit
from latentstudio.document.vector import Vector
from latentstudio.ui.directions.details import UNMEASURED
from latentstudio.ui.directions.layers import RangeDialog, layer_words
from latentstudio.ui.directions.search import NONE
from latentstudio.ui.directions.strip import AmountStrip, spread
from latentstudio.ui.directions.words import direction_tip, found, leak_bars, signed
from latentstudio.ui.panels.base import NO_GENERATOR
from latentstudio.ui.panels.sliders import EMPTY, SlidersPanel
from latentstudio.ui.widgets.slider import KNOB
from tests.ui.conftest import CHECKPOINT, stylegan_info
from tests.ui.directions import OTHER, bench, channel, direction, leak, smile

__all__ = ["bench"]
LEFT = Qt.MouseButton.LeftButton
INFO = stylegan_info()


@pytest.fixture
def panel(bench, show):
    bench.library.add(smile())
    bench.library.add(channel())
    made = show(SlidersPanel(bench.context), width=330, height=900)
    yield made
    made.stop()


def slider(panel, one=None):
    return panel.sliders[(one or smile()).key]


def at(row, amount):
    """The place of an amount on a slider from -3 to 3."""
    width = row.slider.width() - 2 * KNOB
    return QPoint(round(KNOB + (amount + 3) / 6 * width), 12)


def amount(bench, one=None):
    return (one or smile()).amount(bench.recipe)


def pick(panel, one, deed):
    """Choose from a slider's menu."""
    panel.show_menu(one.key)
    panel.menu.deeds[deed].trigger()


# -- one slider ----------------------------------------------------------------------------


def test_a_drag_is_one_undo_step(panel, bench, qtbot):
    before, row = bench.recipe, slider(panel).row
    qtbot.mousePress(row.slider, LEFT, pos=at(row, 0))
    for to in (0.5, 1.0, 1.5):
        qtbot.mouseMove(row.slider, at(row, to))
    qtbot.mouseRelease(row.slider, LEFT, pos=at(row, 1.5))
    assert amount(bench) == pytest.approx(1.5, abs=0.02)
    assert bench.recipe == smile().applied(before, amount(bench))
    assert bench.studio.document.history.undo_label == "Smile"
    assert bench.studio.steps() == 1
    bench.studio.document.undo()
    assert bench.recipe == before
    assert row.value() == 0.0


def test_typed_values_keys_and_double_click(panel, bench, qtbot):
    row = slider(panel).row
    row.slider.setFocus()
    qtbot.keyClicks(row.slider, "2")
    qtbot.keyClicks(row.field, ".25")
    qtbot.keyClick(row.field, Qt.Key.Key_Return)
    assert amount(bench) == 2.25
    row.slider.setFocus()
    qtbot.keyClick(row.slider, Qt.Key.Key_Left)
    assert amount(bench) == pytest.approx(2.24)
    qtbot.mouseClick(row.slider, LEFT, pos=at(row, 2.24))  # the first of the two
    qtbot.mouseDClick(row.slider, LEFT, pos=at(row, 2.24))
    assert amount(bench) == 0.0
    assert bench.recipe.edits == ()
    assert bench.studio.steps() == 3


def test_a_style_channel_slides_too(panel, bench):
    slider(panel, channel()).row.edited.emit(1.5)
    assert [bend.amount for bend in bench.recipe.bends] == [3.0]
    assert slider(panel, channel()).row.value() == 1.5
    assert channel().amount(bench.recipe) == 1.5


def test_its_range_is_the_direction_s(panel, bench):
    bench.library.add(direction("Narrow", 5, low=0.0, high=1.0))
    row = slider(panel, direction("Narrow", 5)).row
    row.slider.set_amount(9.0)
    assert row.slider.amount() == 1.0
    assert spread(direction("Narrow", low=-1.0, high=2.0), 5) == (-1.0, 0.0, 0.5, 1.25, 2.0)


def test_layers(panel, bench, monkeypatch):
    one = slider(panel)
    one.row.edited.emit(1.0)
    panel.show_menu(one.key)
    words = [action.text() for action in panel.menu.layers.actions()]
    assert words[0] == "All layers"
    assert words[-1] == "Range…"
    panel.menu.layers.actions()[1].trigger()
    edit = bench.recipe.edits[0]
    assert edit.first == 0
    assert edit.stop is not None
    assert bench.library.get(one.key).stop == edit.stop  # from now on
    assert "coarse layers" in one.name.facts
    monkeypatch.setattr(panel, "ask_range", lambda now: (3, 5))
    panel.show_menu(one.key)
    panel.menu.layers.actions()[-1].trigger()
    assert (bench.recipe.edits[0].first, bench.recipe.edits[0].stop) == (3, 5)
    assert one.name.facts.endswith("layers 4 to 5")
    bench.studio.document.undo()
    assert bench.recipe.edits[0] == edit


def test_layers_in_words():
    assert layer_words((0, None), INFO) == layer_words((0, INFO.num_layers), INFO) == "all layers"
    assert layer_words((4, 5), INFO) == "layer 5"
    assert layer_words((1, None), INFO) == "layers from 2"


def test_the_range_is_chosen_with_the_keyboard(show, qtbot, qapp):
    dialog = show(RangeDialog((2, 5), INFO))
    dialog.range.setFocus()
    qtbot.keyClick(dialog.range, Qt.Key.Key_Right)
    qtbot.keyClick(dialog.range, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert dialog.layers() == (3, 5)


# -- the library in the panel --------------------------------------------------------------


def test_without_sliders_it_says_how_to_make_one(bench, show):
    panel = show(SlidersPanel(bench.context), height=400)
    assert panel.reason.text() == EMPTY
    bench.studio.document.set_info(None)
    assert panel.reason.text() == NO_GENERATOR
    assert not panel.ways.ways["attribute"].isEnabled()
    panel.stop()


def test_the_others_are_searched(panel, bench, qtbot):
    for number in range(10):
        bench.library.add(direction(f"Hat {number}", 20 + number, notes="headgear"))
    assert len(panel.sliders) == 8
    field = panel.search.field
    assert field.placeholderText() == "8 of 12: search the rest"
    qtbot.keyClicks(field, "headgear 9")
    assert [panel.search.list.item(i).text() for i in range(panel.search.list.count())] == ["Hat 9"]
    qtbot.keyClick(field, Qt.Key.Key_Return)
    last = direction("Hat 9", 29)
    assert bench.library.front(CHECKPOINT)[0] == last.key
    assert len(panel.sliders) == 8
    assert panel.details.direction.name == "Hat 9"
    assert field.text() == ""
    qtbot.keyClicks(field, "nothing")
    assert panel.search.none.text() == NONE
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    qtbot.keyClick(field, Qt.Key.Key_Down)
    assert panel.search.list.count() == 4  # all of them
    qtbot.keyClick(panel.search.list, Qt.Key.Key_Return)
    assert len(panel.sliders) == 8


def test_rename(panel, bench):
    panel.deeds.ask_name = lambda before: f"{before}, broad"
    pick(panel, smile(), "rename")
    assert slider(panel).name.text() == "Smile, broad"
    panel.deeds.ask_name = lambda before: "x" * 300
    pick(panel, smile(), "rename")
    assert slider(panel).name.text() == "Smile, broad"
    assert "at most 200" in bench.told[-1]


def test_delete_and_bring_back(panel, bench, qtbot):
    slider(panel).row.edited.emit(1.0)
    pick(panel, smile(), "delete")
    assert smile().key not in panel.sliders
    assert amount(bench) == 1.0  # the picture keeps it
    assert panel.also.rows[smile().key].amount.text() == "+1.00"
    qtbot.mouseClick(panel.back, LEFT)
    assert slider(panel).row.value() == 1.0
    assert not panel.back.isVisible()
    assert not panel.also.isVisible()


def test_send_back_and_also_applied(panel, bench, qtbot):
    slider(panel).row.edited.emit(1.0)
    pick(panel, smile(), "back")
    vector = Vector("w", (1,), "AAAAAA==")
    bench.studio.document.change("Edit", recipe=bench.recipe.with_edit(Edit("run", "Yaw", vector)))
    rows = panel.also.rows
    assert {row.name.text() for row in rows.values()} == {"Smile", "Yaw"}
    qtbot.mouseClick(rows["run"].remove, LEFT)
    assert bench.studio.document.history.undo_label == "Remove Yaw"
    qtbot.mouseClick(rows[smile().key].name, LEFT)
    assert slider(panel).row.value() == 1.0
    assert not panel.also.isVisible()


def test_files(panel, bench, tmp_path):
    panel.deeds.ask_save = lambda proposal: str(tmp_path / proposal.removesuffix(".direction.json"))
    pick(panel, smile(), "export")
    assert read_direction(tmp_path / "Smile.direction.json") == smile()
    assert bench.told == ["Smile.direction.json is written."]
    shared = tmp_path / "shared.direction.json"
    write_direction(shared, direction("Hat", 7))
    panel.deeds.ask_open = lambda: str(shared)
    panel.ways.ways["file"].trigger()
    assert direction("Hat", 7).key in panel.sliders
    assert panel.details.direction.name == "Hat"


def test_a_file_that_is_none_or_for_another_checkpoint(panel, bench, tmp_path):
    bad = tmp_path / "bad.direction.json"
    bad.write_text("{}")
    before, recipe = set(panel.sliders), bench.recipe
    panel.deeds.ask_open = lambda: str(bad)
    panel.begin("file")
    assert "bad.direction.json" in bench.told[-1]
    write_direction(bad, direction("Hat", checkpoint=OTHER))
    panel.begin("file")
    assert bench.told[-1].startswith("Hat: It is kept: it belongs to another checkpoint")
    assert set(panel.sliders) == before
    assert bench.recipe == recipe
    panel.deeds.set_amount(direction("Hat", checkpoint=OTHER), 1.0, None)
    assert "belongs to the checkpoint cdcdcdcd" in bench.told[-1]
    assert bench.recipe == recipe


def test_nothing_is_opened_when_the_dialog_is_left(panel, bench, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    panel.begin("file")
    pick(panel, smile(), "export")
    assert bench.told == []


def test_another_checkpoint_has_other_sliders(panel, bench):
    import msgspec

    bench.library.add(direction("Hat", 7, checkpoint=OTHER))
    other = msgspec.structs.replace(bench.recipe, checkpoint=OTHER)
    bench.studio.document.change("Open", recipe=other)
    assert [one.name.text() for one in panel.sliders.values()] == ["Hat"]
    bench.studio.document.undo()
    assert set(panel.sliders) == {smile().key, channel().key}


# -- filmstrip and leakage -----------------------------------------------------------------


def test_the_filmstrip_of_the_slider_used_last(panel, bench, qtbot):
    slider(panel).row.edited.emit(0.5)
    strip, thumbnails = panel.details.strip, bench.studio.thumbnails
    assert strip.amounts == (-3.0, -1.5, 0.0, 1.5, 3.0)
    qtbot.waitUntil(lambda: len(thumbnails.asked) == 5)
    assert thumbnails.asked[3] == smile().applied(bench.recipe, 1.5)
    thumbnails.deliver(thumbnails.asked[3])
    assert strip._images[3] is not None
    panel.grab()
    qtbot.mouseClick(strip, LEFT, pos=strip.face(3).center().toPoint())
    assert amount(bench) == 1.5
    assert bench.studio.steps() == 2
    qtbot.wait(2 * strip._rest.interval())
    assert len(thumbnails.asked) == 5  # the amount alone changes no picture
    strip.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Return):
        qtbot.keyClick(strip, key)
    assert amount(bench) == -1.5


def test_a_drag_asks_for_no_pictures(panel, bench, qtbot):
    panel.speak_of(smile().key)
    qtbot.waitUntil(lambda: len(bench.studio.thumbnails.asked) == 5)
    for step in range(30):
        slider(panel, channel()).row.edited.emit(0.1 + step / 30)
    assert len(bench.studio.thumbnails.asked) == 5


def test_the_filmstrip_of_another_checkpoint_is_empty(bench, show):
    strip = show(AmountStrip(bench.studio.thumbnails))
    strip.show_direction(direction("Hat", checkpoint=OTHER), bench.recipe, (0.0, 1.0))
    assert strip.amounts == ()
    assert not strip.isVisible()
    strip.stop()


def test_leakage_is_sorted_without_its_own(panel):
    bars = leak_bars(smile())
    assert [bar.attribute for bar in bars] == ["hair_style", "earrings", "hue"]
    assert bars[0].label == "Hair style: long"
    panel.speak_of(smile().key)
    assert panel.details.leaks.bars() == bars
    assert panel.details.refit.text() == "Hold Hair style and fit again"


def test_leakage_is_measured_when_it_is_not_known(panel, bench, qtbot):
    panel.speak_of(channel().key)
    assert panel.details.words.text() == UNMEASURED
    assert not panel.details.refit.isVisible()
    qtbot.mouseClick(panel.details.again, LEFT)
    assert bench.editing.matrices == [(CHECKPOINT, (channel(),), 256)]
    bench.editing.leak(smile(), (leak("hue", 2.0),))  # of another one
    assert panel.details.leaks.bars() == ()
    bench.editing.leak(channel(), (leak("hue", 0.9),), n=64)
    assert [bar.attribute for bar in panel.details.leaks.bars()] == ["hue"]
    assert "64 samples" in panel.details.words.text()
    assert not panel.details.refit.isVisible()  # a channel is what it is


def test_one_click_holds_the_worst_and_fits_again(panel, bench, qtbot):
    one = slider(panel)
    one.row.edited.emit(1.25)
    before = bench.recipe
    qtbot.mouseClick(panel.details.refit, LEFT)
    request = bench.editing.requests[-1]
    assert (request.kind, request.attribute, request.kept) == (
        "attribute",
        "smile",
        ("hair_style",),
    )
    new = bench.editing.answer(leakage=()).direction
    assert bench.library.get(smile().key) is None
    assert slider(panel, new).row.value() == 1.25
    assert slider(panel, new).name.text() == "Smile"
    assert bench.library.front(CHECKPOINT)[1] == new.key  # in the old one's place
    bench.studio.document.undo()
    assert bench.recipe == before


def test_a_fit_that_is_refused_leaves_everything(panel, bench):
    recipe = bench.recipe
    pick(panel, smile(), "hold")
    bench.editing.failed.emit("Nothing is left of it.")
    assert bench.told == ["Nothing is left of it."]
    assert bench.recipe == recipe
    assert bench.library.get(smile().key) == smile()
    bench.editing.failed.emit("Something else.")  # nobody waits here any more
    assert len(bench.told) == 1


def test_a_slider_of_examples_cannot_be_fitted_again_here(panel, bench):
    made = direction("Rounder", 4, leakage=(leak("hue", 0.8),), method="logistic")
    bench.library.add(made)
    panel.show_menu(made.key)
    assert not panel.menu.deeds["hold"].isEnabled()
    panel.details.leaks.picked.emit("hue")
    assert bench.editing.requests == []


# -- words ---------------------------------------------------------------------------------


def test_words():
    assert [signed(x) for x in (1.2, -0.5, 0.001, 0)] == ["+1.20", "−0.50", "0", "0"]
    tip = direction_tip(smile(kept=("hair_style",), score=0.8, score_kind="R²"))
    assert tip == (
        "Ridge regression over 4,096 pictures\nFor Smile\nHolds Hair style\nCross-validated R² 0.80"
    )
    some = [smile(), channel(), direction("Hat", notes="Red, broad")]
    assert found(some, "SMILE ridge") == [smile()]
    assert found(some, "broad") == some[2:]
    assert found(some, "") == some
