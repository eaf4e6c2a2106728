from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollBar,
)

from latentstudio.document.direction import Direction
from latentstudio.document.edit import Bend
from latentstudio.document.recipe import MAX_EDITS
from latentstudio.engine.editing.values import Activations, Answering
from latentstudio.engine.frame import Frame
from latentstudio.generators.info import GeneratorInfo, LayerInfo
from latentstudio.ui.directions.library import Library
from latentstudio.ui.inside import watch
from latentstudio.ui.inside.bend_box import CHOOSE
from latentstudio.ui.inside.channels_box import WAITING
from latentstudio.ui.inside.kinds import KINDS, NO_STYLES, bend_key
from latentstudio.ui.inside.order_box import UNKNOWN
from latentstudio.ui.inside.tints import tint
from latentstudio.ui.panels.base import NO_GENERATOR
from latentstudio.ui.panels.inside import EARLIER, PREVIEW, InsidePanel
from tests.ui.conftest import CHECKPOINT
from tests.ui.fake_editor import FakeEditor, known

LEFT = Qt.MouseButton.LeftButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
K = Qt.Key
CHANNELS = 24
FIRST = 3  # the first layer of 16 px


@pytest.fixture
def model(studio, qtbot):
    made = studio.editing
    made.load = lambda: FakeEditor
    yield made
    made.stop()


@pytest.fixture
def bare(studio, model, show, monkeypatch, tmp_path):
    """Before any map has arrived."""
    monkeypatch.setattr(watch, "REST", 10)
    library = Library(tmp_path, bundled=tmp_path / "none")
    context = replace(studio.context, library=library)
    made = show(InsidePanel(context), width=300, height=980)
    model.wake()
    yield made
    made.stop()
    assert not any(thread.name == "reader" for thread in threading.enumerate())


@pytest.fixture
def panel(bare, model, qtbot):
    qtbot.waitUntil(lambda: model._agent is not None)
    deliver(bare, qtbot)
    return bare


@pytest.fixture
def editor(panel, model):
    return model._agent


def asked(model, name="activations"):
    return [call[1:] for call in model._agent.calls if call[0] == name]


def activations(recipe, layer, count=CHANNELS, size=16, seed=0):
    rng = np.random.default_rng(seed)
    scale = 1.0 + np.arange(count)[:, None, None] % 7
    maps = (rng.normal(size=(count, size, size)) * scale).astype(np.float16)
    return Activations(recipe, layer, maps, rng.random((count, size // 2 + 1)))


def deliver(panel, qtbot, **facts):
    """What the newest question asked for."""
    model = panel.model
    wanted = panel.document.recipe, panel.strip.current
    qtbot.waitUntil(lambda: bool(asked(model)) and asked(model)[-1] == wanted)
    model._agent.tell("activations", activations(*wanted, **facts))
    qtbot.waitUntil(lambda: shown(panel) == wanted)


def shown(panel):
    maps = panel.channels.maps
    return None if maps is None else (maps.recipe, maps.layer)


def click(qtbot, panel, place, held=Qt.KeyboardModifier.NoModifier):
    grid = panel.channels.grid
    qtbot.mouseClick(grid.viewport(), LEFT, held, grid.tile(place).center())


def drag(qtbot, slider, *shares):
    middle = slider.height() // 2
    qtbot.mousePress(slider, LEFT, pos=QPoint(slider.width() // 2, middle))
    for share in shares:
        qtbot.mouseMove(slider, QPoint(round(share * slider.width()), middle))
    qtbot.mouseRelease(slider, LEFT, pos=QPoint(round(shares[-1] * slider.width()), middle))


def choose_kind(panel, kind):
    panel.bend.kind.choose(kind)
    panel.bend.kind.activated.emit(panel.bend.kind.currentIndex())


def sort_by(qtbot, panel, sort):
    qtbot.mouseClick(panel.channels.order.sort.buttons[sort], LEFT)


# -- maps ----------------------------------------------------------------------------------


def test_without_a_generator_it_says_so(bare, studio):
    studio.document.set_info(None)
    assert bare.reason.text() == NO_GENERATOR
    assert bare.channels.isHidden()
    studio.document.set_info(
        GeneratorInfo("dcgan", 16, 16, 1, 8, 3, 0, (LayerInfo("b8", 8),), False)
    )
    assert bare.reason.isHidden()
    assert bare.channels.isVisible()
    assert bare.strip.current == 0


def test_maps_arrive_and_are_shown(panel, studio, model):
    assert asked(model) == [(studio.recipe, FIRST)]
    assert panel.facts.text() == "b16.conv0 · 24 maps of 16 × 16"
    assert panel.channels.pick.words.text() == "0 of 24"
    grid = panel.channels.grid
    assert grid.selection.order == tuple(range(CHANNELS))
    channel = int(np.argmax(panel.channels.maps.small[:, 8, 8]))
    tile = grid.tile(channel)
    image = grid.viewport().grab().toImage()
    scale = image.devicePixelRatio()
    side = tile.width()
    spot = tile.topLeft() + QPoint(round(8.5 * side / 16), round(8.5 * side / 16))
    expected = tint((int(panel.channels.maps.indices(channel, own=False)[8, 8]) - 128) / 127)
    assert image.pixelColor(spot * scale).rgb() == expected.rgb()


def test_they_are_asked_for_when_the_picture_rests_and_the_latest_wins(panel, studio, model, qtbot):
    first = studio.recipe
    for name in ("B", "C", "D"):
        studio.document.change("Point", recipe=studio.recipe.showing(name))
    assert len(asked(model)) == 1
    assert panel.facts.text().endswith(EARLIER)
    qtbot.waitUntil(lambda: len(asked(model)) == 2)
    assert asked(model)[-1] == (studio.recipe, FIRST)
    maps = panel.channels.maps
    model._agent.tell("activations", activations(first, FIRST, seed=1))
    model._agent.tell("activations", activations(studio.recipe, FIRST + 1, seed=1))
    qtbot.wait(30)
    assert panel.channels.maps is maps, "nobody waits for these any more"
    deliver(panel, qtbot, seed=2)
    assert EARLIER not in panel.facts.text()
    studio.document.change("Psi", gallery=())
    qtbot.wait(30)
    assert len(asked(model)) == 2


def test_nothing_is_asked_for_while_nobody_looks(panel, studio, model, qtbot):
    panel.hide()
    studio.document.change("Point", recipe=studio.recipe.showing("B"))
    panel.strip.step(1)
    qtbot.wait(40)
    assert len(asked(model)) == 1
    assert not panel.watch._rest.isActive()
    panel.show()
    qtbot.waitUntil(lambda: asked(model)[-1] == (studio.recipe, FIRST + 1))
    assert len(asked(model)) == 2


def test_a_preview_on_the_screen_is_told_apart_from_the_maps(panel, studio):
    pixels = np.zeros((4, 4, 4), np.uint8)
    panel.show_frame(Frame(studio.recipe, pixels, True, 0.1, "cpu", "float32", 1))
    assert panel.facts.text().endswith(PREVIEW)
    panel.show_frame(Frame(studio.recipe, pixels, False, 0.1, "cpu", "float32", 2))
    assert PREVIEW not in panel.facts.text()


def test_why_there_are_no_maps(panel, studio, model, qtbot):
    model._agent.tell("error", "Nobody asked this panel's question")
    qtbot.wait(20)
    assert panel.reason.isHidden()
    panel.strip.step(1)
    assert panel.channels.grid._note == WAITING
    model._agent.tell("error", "the memory is full")
    qtbot.waitUntil(panel.reason.isVisible)
    assert panel.reason.text() == "The memory is full."
    panel.strip.step(1)
    assert panel.reason.isHidden()
    deliver(panel, qtbot)


def test_layers_by_keys_mouse_and_buttons(panel, qtbot, model, studio):
    strip = panel.strip
    assert strip.accessibleDescription() == "Layer 3: b16.conv0, 16 × 16 px"
    strip.setFocus()
    qtbot.keyClick(strip, K.Key_Right)
    assert asked(model)[-1] == (studio.recipe, 4)
    assert panel.channels.maps is None
    qtbot.keyClick(strip, K.Key_Left)
    qtbot.keyClick(strip, K.Key_Home)
    assert strip.current == 0
    qtbot.keyClick(strip, K.Key_End)
    assert strip.current == 9
    count = len(asked(model))
    qtbot.mouseClick(panel.after, LEFT)
    assert (strip.current, len(asked(model))) == (9, count), "there is none behind the last"
    qtbot.mouseClick(panel.before, LEFT)
    assert strip.current == 8
    qtbot.mouseClick(strip, LEFT, pos=strip.cell(2).center().toPoint())
    assert strip.current == 2
    deliver(panel, qtbot, size=8)
    assert panel.facts.text() == "b8.conv1 · 24 maps of 8 × 8"


def test_another_generator_has_other_layers(panel, studio, infos, qtbot, model):
    panel.strip.choose(9)
    other = msgspec.structs.replace(studio.recipe, checkpoint="cd" * 32)
    studio.document.change("Open", recipe=other)
    studio.document.set_info(infos["dcgan"])
    assert panel.strip.current == 3
    assert panel.channels.maps is None
    deliver(panel, qtbot, size=32, count=3)
    assert asked(model)[-1] == (other, 3)


# -- order ---------------------------------------------------------------------------------


def test_by_strength(panel, qtbot, studio):
    sort_by(qtbot, panel, "strength")
    maps, order = panel.channels.maps, panel.channels.grid.selection.order
    assert list(maps.strength[list(order)]) == sorted(maps.strength, reverse=True)
    qtbot.mouseClick(panel.channels.pick.buttons["few"], LEFT)
    assert panel.channels.grid.selection.chosen == set(order[:8])
    studio.document.change(
        "Bend", recipe=studio.recipe.with_bends("k", (Bend(1, (), "zoom", 2.0),))
    )
    deliver(panel, qtbot, seed=3)
    assert panel.channels.grid.selection.order == order, "a hand bends: tiles keep their places"
    studio.document.change("Point", recipe=studio.recipe.showing("B"))
    deliver(panel, qtbot, seed=4)
    assert panel.channels.grid.selection.order != order


def answer(*channels, attribute="yaw", layer=FIRST):
    correlation = np.full(CHANNELS, 0.01)
    for rank, channel in enumerate(channels):
        correlation[channel] = (-1) ** rank * (0.9 - 0.1 * rank)
    return Answering(attribute, "", layer, channels, correlation)


def test_by_how_they_answer(panel, qtbot, editor, model):
    sort_by(qtbot, panel, "answer")
    order = panel.channels.order
    assert asked(model, "answering") == [("yaw", "", FIRST)]
    assert order.status.isVisible()
    editor.tell("progress", "Asking the channels", 0.5, 1.0)
    qtbot.waitUntil(lambda: "left" in order.status.text)
    assert order.status.text == "Asking the channels · 1 s left"
    editor.tell("answering", answer(1, 2, attribute="smile"))
    editor.tell("answering", answer(17, 4, 9))
    qtbot.waitUntil(lambda: panel.channels.answer is not None)
    assert not order.status.isVisible()
    assert order.words.text() == "3 of 24 channels answer to Yaw."
    grid = panel.channels.grid
    assert grid.selection.order[:4] == (17, 4, 9, 0)
    assert grid.words(4).endswith("correlation −0.80")
    panel.channels.pick.count.set_amount(2)
    qtbot.mouseClick(panel.channels.pick.buttons["few"], LEFT)
    assert grid.selection.chosen == {17, 4}
    panel.channels.pick.count.set_amount(20)
    qtbot.mouseClick(panel.channels.pick.buttons["few"], LEFT)
    assert grid.selection.chosen == {17, 4, 9}, "no more do answer"
    sort_by(qtbot, panel, "number")
    assert grid.selection.order == tuple(range(CHANNELS))
    assert grid.correlation is None
    sort_by(qtbot, panel, "answer")
    assert len(asked(model, "answering")) == 1, "it is remembered"
    assert grid.selection.order[0] == 17


def test_what_this_generator_does_not_show_is_not_offered(panel):
    titles = [column.title for column in panel.channels.order._columns]
    assert "Smile" in titles
    assert "Gaze" not in titles
    assert "Glasses: square" not in titles


def test_another_attribute_or_layer_is_another_question(panel, qtbot, editor, model):
    sort_by(qtbot, panel, "answer")
    attribute = panel.channels.order.attribute
    attribute.setCurrentIndex(attribute.findText("Glasses: round"))
    attribute.activated.emit(attribute.currentIndex())
    assert asked(model, "answering")[-1] == ("glasses", "round", FIRST)
    panel.strip.step(1)
    assert asked(model, "answering")[-1] == ("glasses", "round", FIRST + 1)
    editor.tell("error", "the channels are silent")
    qtbot.waitUntil(panel.reason.isVisible)
    assert panel.reason.text() == "The channels are silent."


def test_a_population_that_is_better_founded_is_no_new_question(panel, qtbot, editor, model):
    sort_by(qtbot, panel, "answer")
    editor.tell("known", known(n=4096))
    qtbot.waitUntil(lambda: model.known.n == 4096)
    assert len(asked(model, "answering")) == 1
    assert len(asked(model)) == 1


def test_a_classifier_that_does_not_fit_leaves_the_maps(panel, qtbot, editor, model, studio):
    sort_by(qtbot, panel, "answer")
    order, before = panel.channels.order, len(asked(model))
    panel.strip.step(1)
    editor.silent = True
    model.choose(Path("/there/cars.safetensors"))
    assert len(asked(model)) == before + 2, "opening it anew let go of the maps"
    assert not order.attribute.isEnabled()
    assert order.words.text() == UNKNOWN
    editor.tell("error", "The classifier cars reads pictures of 256 px")
    qtbot.waitUntil(lambda: order.words.text().startswith("The classifier cars"))
    deliver(panel, qtbot)
    assert panel.channels.maps is not None


# -- choosing ------------------------------------------------------------------------------


def test_by_mouse(panel, qtbot):
    grid = panel.channels.grid
    click(qtbot, panel, 2)
    assert panel.channels.channels == (2,)
    click(qtbot, panel, 4, SHIFT)
    assert panel.channels.channels == (2, 3, 4)
    click(qtbot, panel, 7, CONTROL)
    click(qtbot, panel, 3, CONTROL)
    assert panel.channels.channels == (2, 4, 7)
    assert panel.channels.pick.words.text() == "3 of 24"
    assert grid.accessibleDescription().startswith("3 chosen. Channel 3 · strength ")
    qtbot.mouseClick(panel.channels.pick.buttons["all"], LEFT)
    assert panel.channels.channels == ()
    assert not panel.channels.pick.buttons["all"].isEnabled()
    qtbot.mouseClick(panel.channels.pick.buttons["none"], LEFT)
    assert panel.channels.channels is None
    beside = grid.tile(0).bottomRight() + QPoint(2, -8)
    qtbot.mouseClick(grid.viewport(), LEFT, pos=beside)
    assert panel.channels.channels is None


def test_by_keyboard(panel, qtbot):
    grid = panel.channels.grid
    grid.setFocus()
    qtbot.keyClick(grid, K.Key_Right)
    assert panel.channels.channels == (0,)
    qtbot.keyClick(grid, K.Key_Down)
    assert panel.channels.channels == (grid.columns,)
    qtbot.keyClick(grid, K.Key_Right, SHIFT)
    assert panel.channels.channels == (grid.columns, grid.columns + 1)
    qtbot.keyClick(grid, K.Key_Home, CONTROL)
    qtbot.keyClick(grid, K.Key_Space)
    assert panel.channels.channels == (0, grid.columns, grid.columns + 1)
    qtbot.keyClick(grid, K.Key_End)
    assert panel.channels.channels == (CHANNELS - 1,)
    assert grid.viewport().rect().contains(grid.tile(CHANNELS - 1)), "it has come into sight"
    qtbot.keyClick(grid, K.Key_A, CONTROL)
    assert panel.channels.channels == ()
    qtbot.keyClick(grid, K.Key_Escape)
    assert panel.channels.channels is None


def test_another_layer_has_nothing_chosen(panel, qtbot):
    click(qtbot, panel, 2)
    panel.strip.step(1)
    assert panel.channels.channels is None
    deliver(panel, qtbot)
    assert panel.channels.channels is None


def test_many_channels_scroll_in_a_narrow_dock(panel, qtbot):
    panel.strip.step(1)
    deliver(panel, qtbot, count=512)
    grid = panel.channels.grid
    assert grid.columns >= 4
    assert grid.verticalScrollBar().maximum() > 4000
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum())
    last = grid.tile(511)
    assert grid.viewport().rect().contains(last)
    assert grid.place_at(last.center().toPointF()) == 511
    grid._pixmaps.clear()
    grid.viewport().grab()
    assert 511 in grid._pixmaps
    assert len(grid._pixmaps) < 60, "only what can be seen is painted"


def test_few_channels_have_large_tiles(panel, qtbot):
    grid = panel.channels.grid
    panel.strip.step(1)
    deliver(panel, qtbot, count=3, size=64)
    assert grid.columns == 2
    assert grid.tile(0).width() > 100
    assert grid.viewport().rect().contains(grid.tile(2))


# -- spectrum ------------------------------------------------------------------------------


def test_the_spectrum_of_all_and_of_the_chosen_ones(panel, qtbot):
    plot, maps = panel.spectrum, panel.channels.maps
    np.testing.assert_allclose(plot._all, maps.spectrum[:, 1:].mean(axis=0))
    assert plot._chosen == ()
    click(qtbot, panel, 2)
    click(qtbot, panel, 5, CONTROL)
    np.testing.assert_allclose(plot._chosen, maps.spectrum[[2, 5], 1:].mean(axis=0))
    assert plot.sentence(1).startswith("1 cycle per map: power ")
    assert plot.sentence(8).endswith(" in 2, 5")
    assert plot.place(1, 1.0).x() == pytest.approx(plot.area().left())
    assert plot.place(8, 1.0).x() == pytest.approx(plot.area().right())
    octaves = [plot.place(2**k, 1.0).x() for k in range(4)]
    np.testing.assert_allclose(np.diff(octaves), octaves[1] - octaves[0])
    plot.show_spectra((0.0, 0.0), (), "")
    plot.grab()
    plot.show_spectra((1.0,), (0.0,), "3")
    plot.grab()


# -- bending -------------------------------------------------------------------------------


def test_nothing_can_be_bent_before_channels_are_chosen(panel, qtbot):
    assert panel.bend.hint.text() == CHOOSE
    assert not panel.bend.buttons["ablate"].isEnabled()
    click(qtbot, panel, 0)
    assert panel.bend.buttons["ablate"].isEnabled()
    assert panel.bend.hint.text() != CHOOSE


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_writes_its_bend_live_and_as_one_undo_step(name, panel, qtbot, studio):
    click(qtbot, panel, 2)
    click(qtbot, panel, 5, CONTROL)
    choose_kind(panel, name)
    seen = []
    studio.document.recipe_changed.connect(lambda recipe: seen.append(recipe.bends))
    row = panel.bend.rows[name]
    assert row.isVisible()
    drag(qtbot, row.slider, 0.6, 0.7, 0.8, 0.95)
    assert len(seen) >= (1 if name == "flip" else 3)
    (bend,) = studio.recipe.bends
    kind = KINDS[name]
    assert (bend.layer, bend.channels, bend.kind) == (FIRST, (2, 5), name)
    assert bend.key == bend_key(FIRST, name, (2, 5))
    assert bend.name == f"{kind.title} 2, 5 of b16.conv0"
    assert bend.amount == pytest.approx(row.value())
    assert bend.amount > kind.low + 0.8 * (kind.high - kind.low)
    assert studio.steps() == 1
    assert studio.document.history.undo_label == f"Bend: {kind.title.lower()}"
    studio.document.undo()
    assert row.value() == kind.rest


def test_the_neutral_amount_is_no_bend(panel, qtbot, studio):
    click(qtbot, panel, 2)
    row = panel.bend.rows["scale"]
    drag(qtbot, row.slider, 0.9)
    qtbot.mouseDClick(row.slider, LEFT, pos=QPoint(5, 10))
    assert studio.recipe.bends == ()
    choose_kind(panel, "threshold")
    drag(qtbot, panel.bend.rows["threshold"].slider, 0.9, 0.5)
    assert [bend.amount for bend in studio.recipe.bends] == [0.0], "there is no neutral one"


def test_ablate_and_invert_and_back(panel, qtbot, studio):
    qtbot.mouseClick(panel.channels.pick.buttons["all"], LEFT)
    ablate, invert = panel.bend.buttons["ablate"], panel.bend.buttons["invert"]
    qtbot.mouseClick(ablate, LEFT)
    assert [(b.channels, b.amount) for b in studio.recipe.bends] == [((), 0.0)]
    assert ablate.isChecked()
    qtbot.mouseClick(invert, LEFT)
    assert [b.amount for b in studio.recipe.bends] == [-1.0]
    assert invert.isChecked()
    assert not ablate.isChecked()
    assert panel.bend.rows["scale"].value() == -1.0
    qtbot.mouseClick(invert, LEFT)
    assert studio.recipe.bends == ()
    assert studio.steps() == 3


def test_other_channels_have_bends_of_their_own(panel, qtbot, studio):
    click(qtbot, panel, 2)
    qtbot.mouseClick(panel.bend.buttons["ablate"], LEFT)
    click(qtbot, panel, 3)
    assert not panel.bend.buttons["ablate"].isChecked()
    assert panel.bend.rows["scale"].value() == 1.0
    qtbot.mouseClick(panel.bend.buttons["invert"], LEFT)
    assert [b.channels for b in studio.recipe.bends] == [(2,), (3,)]
    click(qtbot, panel, 2)
    assert panel.bend.buttons["ablate"].isChecked()
    assert panel.strip._bent == {FIRST}


def test_styles_are_disabled_with_the_reason_where_there_are_none(panel, studio, infos, qtbot):
    choose_kind(panel, "style")
    assert panel.bend.keep.isVisible()
    studio.document.set_info(infos["dcgan"])
    deliver(panel, qtbot)
    item = panel.bend.kind.model().item(list(KINDS).index("style"))
    reason = NO_STYLES.format(family="DCGAN")
    assert not item.isEnabled()
    assert item.toolTip() == reason
    assert panel.bend.chosen == "scale"
    assert panel.bend.keep.isHidden()
    assert panel.bend.rows["scale"].isVisible()


def test_no_room_for_another_bend_is_told(panel, qtbot, studio):
    bends = tuple(Bend(0, (i,), "scale", 0.5, f"k{i}") for i in range(MAX_EDITS))
    studio.document.change("Many", recipe=msgspec.structs.replace(studio.recipe, bends=bends))
    click(qtbot, panel, 2)
    qtbot.mouseClick(panel.bend.buttons["ablate"], LEFT)
    assert studio.told == ["There are 65 edits or bends; 64 are the most."]
    assert studio.recipe.bends == bends


# -- sliders of one's own ------------------------------------------------------------------


def test_a_style_bend_is_also_a_slider(panel, qtbot, studio):
    library = panel.studio.library
    click(qtbot, panel, 2)
    click(qtbot, panel, 5, CONTROL)
    choose_kind(panel, "style")
    assert not panel.bend.keep.isEnabled()
    drag(qtbot, panel.bend.rows["style"].slider, 0.8)
    amount = panel.bend.rows["style"].value()
    qtbot.mouseClick(panel.bend.keep, LEFT)
    (direction,) = library.of(CHECKPOINT)
    assert direction.channels == (Bend(FIRST, (2, 5), "style", amount),)
    assert (direction.method, direction.name) == ("style", "Style 2, 5 of b16.conv0")
    assert direction.unit == f"+{amount:.2f} in the style"
    (bend,) = studio.recipe.bends
    assert (bend.key, bend.amount) == (direction.key, amount)
    assert studio.told[-1] == "Style 2, 5 of b16.conv0 is among your sliders now."
    row = panel.bends.rows[direction.key]
    assert row.amount.value() == 1.0, "in its own unit"
    drag(qtbot, row.amount.slider, 0.7, 0.5)
    assert studio.recipe.bends[0].amount == 0.0
    assert direction.key in panel.bends.rows, "the hand is on it"
    assert studio.steps() == 3


def test_a_slider_that_cannot_be_saved_is_told(panel, qtbot, studio, monkeypatch):
    def full(_direction):
        raise OSError("the disk is full")

    monkeypatch.setattr(panel.studio.library, "add", full)
    click(qtbot, panel, 2)
    choose_kind(panel, "style")
    drag(qtbot, panel.bend.rows["style"].slider, 0.8)
    before = studio.recipe
    qtbot.mouseClick(panel.bend.keep, LEFT)
    assert studio.told == ["The disk is full."]
    assert studio.recipe == before


# -- the list ------------------------------------------------------------------------------

HERE = Bend(FIRST, (2, 5), "scale", 0.0, "here", "Ablated")
THERE = Bend(7, (), "rotate", 30.0, "there", "Turned")
BEARD = (
    Bend(4, (3,), "style", 2.0, "5f5f", "Beard"),
    Bend(6, (1,), "style", -1.0, "5f5f", "Beard"),
)


@pytest.fixture
def bent(panel, studio, qtbot):
    bends = (HERE, *BEARD, THERE, Bend(1, (0,), "zoom", 2.0))
    studio.document.change("Paste", recipe=msgspec.structs.replace(studio.recipe, bends=bends))
    deliver(panel, qtbot)
    return panel


def test_all_bends_are_listed_also_those_from_elsewhere(bent):
    rows = bent.bends.rows
    nameless = bend_key(1, "zoom", (0,))
    assert list(rows) == ["here", "5f5f", "there", nameless]
    assert [row.name.text() for row in rows.values()] == ["Ablated", "Beard", "Turned", "Zoom"]
    tops = [row.mapTo(bent.content, QPoint()).y() for row in rows.values()]
    assert tops == sorted(tops)
    assert "Scale · b16.conv0 · 2, 5" in rows["here"].name.toolTip()
    assert "Style · 2 layers · 1, 3" in rows["5f5f"].name.toolTip()
    assert rows["5f5f"].amount is None, "nobody knows what one of it would be"
    assert rows["there"].amount.value() == 30.0
    assert bent.strip._bent == {1, FIRST, 4, 6, 7}


def test_amounts_move_live_in_their_place_as_one_undo_step(bent, studio, qtbot):
    row = bent.bends.rows["there"]
    drag(qtbot, row.amount.slider, 0.7, 0.8, 0.5)
    assert bent.bends.rows["there"] is row
    assert studio.recipe.bends[3] == msgspec.structs.replace(THERE, amount=0.0)
    assert studio.recipe.bends[:3] == (HERE, *BEARD)
    assert studio.steps() == 2


def test_a_direction_of_the_library_has_its_own_unit(bent, studio, qtbot):
    channels = tuple(msgspec.structs.replace(b, key="", name="") for b in BEARD)
    direction = bent.studio.library.add(Direction("Beard", CHECKPOINT, None, channels, low=-2.0,
                                                  high=2.0))  # fmt: skip
    studio.document.change("Slider", recipe=direction.applied(studio.recipe, 1.5))
    row = bent.bends.rows[direction.key]
    assert row.amount.value() == 1.5
    drag(qtbot, row.amount.slider, 0.9)
    moved = [b.amount for b in studio.recipe.bends if b.key == direction.key]
    assert moved == pytest.approx([2.0 * row.amount.value(), -row.amount.value()])
    far = row.amount.value()
    qtbot.mouseClick(row.switch, LEFT)
    assert bent.bends.rows[direction.key] is row, "it is off, and still a slider"
    assert row.amount.value() == pytest.approx(far)


def test_off_for_a_while_and_on_in_its_place(bent, studio, qtbot):
    before, row = studio.recipe.bends, bent.bends.rows["5f5f"]
    qtbot.mouseClick(row.switch, LEFT)
    assert [b.key for b in studio.recipe.bends] == ["here", "there", ""]
    assert list(bent.bends.rows) == ["here", "5f5f", "there", bend_key(1, "zoom", (0,))]
    assert not row.name.isEnabled()
    qtbot.mouseClick(row.switch, LEFT)
    assert studio.recipe.bends == before
    assert row.name.isEnabled()
    qtbot.mouseClick(row.switch, LEFT)
    studio.document.undo()
    assert bent.bends.rows["5f5f"] is row
    assert row.switch.isChecked()
    assert studio.recipe.bends == before
    qtbot.mouseClick(row.switch, LEFT)
    qtbot.mouseClick(row.remove, LEFT)
    assert "5f5f" not in bent.bends.rows, "what is off can be forgotten"


def test_remove_one_and_all_and_undo(bent, studio, qtbot):
    before = studio.recipe.bends
    qtbot.mouseClick(bent.bends.rows["5f5f"].remove, LEFT)
    assert studio.recipe.bends == (before[0], *before[3:])
    assert studio.document.history.undo_label == "Remove Beard"
    qtbot.mouseClick(bent.bends.rows["here"].switch, LEFT)
    qtbot.mouseClick(bent.bends.all, LEFT)
    assert studio.recipe.bends == ()
    assert not bent.bends.rows
    assert bent.bends.none.isVisible()
    assert bent.bends.all.isHidden()
    for _ in range(3):
        studio.document.undo()
    assert studio.recipe.bends == before
    assert len(bent.bends.rows) == 4


def test_its_name_leads_to_its_channels(bent, studio, qtbot, model):
    qtbot.mouseClick(bent.bends.rows["here"].name, LEFT)
    assert bent.channels.channels == (2, 5)
    assert bent.bend.buttons["ablate"].isChecked() is False, "it has a key of its own"
    qtbot.mouseClick(bent.bends.rows["there"].name, LEFT)
    assert bent.strip.current == 7
    assert bent.channels.channels is None
    deliver(bent, qtbot, size=64)
    assert bent.channels.channels == ()


# -- for everyone --------------------------------------------------------------------------


def test_everything_has_a_name_and_a_tip_and_fits_a_narrow_dock(bent, qtbot):
    sort_by(qtbot, bent, "answer")
    click(qtbot, bent, 1)
    for kind in (QAbstractButton, QAbstractSlider, QComboBox):
        for widget in bent.content.findChildren(kind):
            inner = isinstance(widget, QScrollBar) or isinstance(widget.parent(), QLineEdit)
            if widget.isVisible() and not inner:
                assert widget.accessibleName() or getattr(widget, "text", str)(), widget
                assert widget.toolTip(), widget
    assert bent.content.minimumSizeHint().width() <= 296
    for label in filter(QLabel.isVisible, bent.content.findChildren(QLabel)):
        assert label.geometry().right() <= bent.content.width()


def test_it_is_painted_with_everything_on_it(bent, qtbot):
    bent.channels.scale.click()
    assert bent.channels.grid.own
    assert bent.channels.scale.words() == ("−", "+ each its own")
    click(qtbot, bent, 1)
    bent.channels.grid.setFocus()
    image = bent.content.grab().toImage()
    grid = bent.channels.grid
    frame = grid.viewport().mapTo(bent.content, grid.tile(1).topLeft())
    accent = bent.palette().highlight().color()
    assert image.pixelColor((frame + QPoint(3, 8)) * image.devicePixelRatio()) == accent
