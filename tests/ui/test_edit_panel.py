from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel

from latentstudio.document.edit import Bend
from latentstudio.document.recipe import Truncation
from latentstudio.ui.editing import leakage_box
from latentstudio.ui.editing.leakage_bars import HEAD, ROW
from latentstudio.ui.editing.run_bar import AWAY, IDLE
from latentstudio.ui.editing.traits import HIDDEN
from latentstudio.ui.panels.base import NO_GENERATOR
from latentstudio.ui.panels.edit import LEARNING, EditPanel
from tests.ui.fake_editor import FakeEditor, edit, known, leakage, readings_of, standing

KEY = "gradient:smile:w"
LEFT = Qt.MouseButton.LeftButton
K = Qt.Key


@pytest.fixture
def model(studio, qtbot):
    made = studio.editing
    made.load = lambda: FakeEditor
    yield made
    made.stop()


@pytest.fixture
def bare(studio, model, show, monkeypatch):
    """Before anything is known."""
    monkeypatch.setattr(leakage_box, "REST", 10)
    made = show(EditPanel(studio.context), width=296, height=900)
    yield made
    made.stop()


@pytest.fixture
def panel(bare, model, qtbot):
    model.wake()
    qtbot.waitUntil(lambda: model.reading is not None and bool(bare.rows))
    model.hold_all(False)
    bare.space.spaces.choose("w")
    return bare


@pytest.fixture
def editor(panel, model):
    return model._agent


def drag(qtbot, slider, *shares):
    """Press, carry to shares of the width, let go."""
    middle = slider.height() // 2
    qtbot.mousePress(slider, LEFT, pos=QPoint(slider.width() // 2, middle))
    for share in shares:
        qtbot.mouseMove(slider, QPoint(round(share * slider.width()), middle))
    qtbot.mouseRelease(slider, LEFT, pos=QPoint(round(shares[-1] * slider.width()), middle))


def type_number(qtbot, row, text):
    row.slider.slider.setFocus()
    qtbot.keyClicks(row.slider.slider, text[0])
    qtbot.keyClicks(row.slider.field, text[1:])
    qtbot.keyClick(row.slider.field, K.Key_Return)


def edited(qtbot, model, editor, count=3, **moves):
    """A run of a few steps and its end."""
    for number in range(1, count + 1):
        share = number / count
        editor.step(number, **{name: share * value for name, value in moves.items()})
    editor.end()
    qtbot.waitUntil(lambda: not model.going and len(model.path) == count)
    qtbot.waitUntil(lambda: not model._pace.isActive())


# -- the truth -----------------------------------------------------------------------------


def test_without_a_generator_it_says_so(bare, studio):
    assert bare.reason.text() == LEARNING
    assert bare.finder.isHidden()
    studio.document.set_info(None)
    assert bare.reason.text() == NO_GENERATOR


def test_learning_shows_its_progress_with_the_time_left(bare, model, qtbot):
    def slow(engine, locate, **callbacks):
        made = FakeEditor(engine, locate, **callbacks)
        made.silent = True
        return made

    model.load = lambda: slow
    model.wake()
    qtbot.waitUntil(lambda: model._agent is not None)
    model._agent.tell("progress", "Learning what the generator shows", 0.25, 12.4)
    qtbot.waitUntil(bare.progress.isVisible)
    assert bare.progress.text == "Learning what the generator shows · 12 s left"
    model._agent.tell("known", known(complete=False))
    qtbot.waitUntil(lambda: bool(bare.rows))
    assert bare.progress.isVisible(), "512 samples are enough to begin; more are coming"
    row = bare.rows["smile"]
    model._agent.tell("known", known(n=4096))
    qtbot.waitUntil(bare.progress.isHidden)
    assert bare.rows["smile"] is row, "a hand may be on it"


def test_a_classifier_that_does_not_fit_takes_the_sliders_away(panel, editor, qtbot, model):
    editor.silent = True
    panel.ask = lambda _title, what: "" if "safetensors" not in what else "/there/cars.safetensors"
    panel.other.click()
    assert editor.calls[-1][2] == Path("/there/cars.safetensors")
    assert panel.classifier.currentText() == "cars"
    editor.tell("error", "The classifier cars reads pictures of 256 px")
    qtbot.waitUntil(lambda: panel.reason.text().startswith("The classifier cars"))
    assert panel.finder.isHidden()
    assert not panel.rows
    editor.silent = False
    panel.classifier.setCurrentIndex(0)
    panel.classifier.activated.emit(0)
    qtbot.waitUntil(lambda: bool(panel.rows))
    assert editor.calls[-2][2] is None or ("open", editor.calls[0][1], None) in editor.calls[1:]
    assert panel.classifier.currentText() == "portraits"


def test_a_chosen_file_is_kept_in_the_list_and_cancelling_changes_nothing(panel, model):
    panel.ask = lambda _title, _what: ""
    panel.other.click()
    assert model.classifier is None


def test_what_the_generator_does_not_show_is_disabled_with_the_reason(panel, qtbot):
    panel.bring("gaze")
    row = panel.rows["gaze"]
    assert not row.slider.isEnabled()
    assert row.slider.toolTip() == HIDDEN
    assert not row.hold.isEnabled()
    assert row.words.text() == "not shown"
    glasses = panel.rows["glasses"]
    assert glasses.slider.isEnabled()
    assert not glasses.choice.model().item(2).isEnabled()
    assert glasses.choice.model().item(2).toolTip() == HIDDEN


# -- sliders -------------------------------------------------------------------------------


def test_rows_read_the_picture(panel, editor, studio, qtbot, model):
    editor.stands = standing(yaw=-2.04, glasses__round=2.6, smile=1.0)
    recipe = studio.recipe.showing("B")
    studio.document.change("Point", recipe=recipe)
    qtbot.waitUntil(lambda: model.reading.recipe == recipe)
    assert panel.rows["yaw"].words.text() == "−0.31"
    assert panel.rows["glasses"].words.text() == "round 85%"
    assert panel.rows["earrings"].words.text() == "no 80%"
    assert panel.rows["smile"].mark.at == 1.0
    assert panel.rows["smile"].slider.value() == 1.0
    assert panel.rows["glasses"].value == "round", "not what most pictures have anyway"
    assert panel.rows["glasses"].mark.at == 2.6


def test_dragging_runs_to_the_goal_and_is_one_undo_step(panel, editor, studio, model, qtbot):
    row = panel.rows["smile"]
    drag(qtbot, row.slider.slider, 0.55, 0.65, 0.75, 0.9)
    qtbot.waitUntil(lambda: editor.goals[-1].target > 2)
    goal = editor.goals[-1]
    assert (goal.attribute, goal.value, goal.space) == ("smile", "", "w")
    assert (goal.first, goal.stop, goal.likely, goal.kept) == (0, None, 1.0, ())
    assert len(editor.goals) == 2, "the first, and the last of those in between"
    edited(qtbot, model, editor, 4, smile=goal.target)
    assert studio.steps() == 1
    assert studio.document.history.undo_label == "Smile"
    assert row.slider.value() == pytest.approx(goal.target, abs=1e-3)
    assert row.mark.at == pytest.approx(goal.target)
    studio.document.undo()
    qtbot.waitUntil(lambda: row.mark.at == 0.0)


def test_a_typed_number_drives_and_a_class_is_chosen(panel, editor, qtbot):
    row = panel.rows["glasses"]
    row.choice.setCurrentIndex(0)
    row.choice.activated.emit(0)
    type_number(qtbot, row, "1.5")
    assert (editor.goals[-1].value, editor.goals[-1].target) == ("none", 1.5)


def test_the_arrow_keys_drive(panel, editor, qtbot):
    slider = panel.rows["yaw"].slider.slider
    slider.setFocus()
    qtbot.keyClick(slider, K.Key_Right)
    assert editor.goals[-1].target == pytest.approx(0.01)


def test_held_attributes_stay_while_others_move(panel, editor, model, qtbot):
    row = panel.rows["yaw"]
    qtbot.mouseClick(row.hold, LEFT)
    assert model.kept == ("yaw",)
    panel.rows["smile"].slider.edited.emit(1.0)
    assert editor.goals[-1].kept == ("yaw",)
    row.hold.setFocus()
    qtbot.keyClick(row.hold, K.Key_Space)
    assert model.kept == ()


def test_all_are_held_at_first_but_the_one_that_moves(bare, model, qtbot):
    model.wake()
    qtbot.waitUntil(lambda: model.reading is not None and bool(bare.rows))
    assert all(row.hold.isChecked() and row.slider.isEnabled() for row in bare.rows.values())
    bare.rows["smile"].slider.edited.emit(1.0)
    qtbot.waitUntil(lambda: bool(model._agent.goals))
    kept = model._agent.goals[-1].kept
    assert "smile" not in kept
    assert len(kept) == len(model.known.attributes) - 1
    assert model._agent.goals[-1].space == "w+", "where edits leak least"
    assert bare.hold.text() == "Hold none"
    qtbot.mouseClick(bare.hold, LEFT)
    assert model.kept == ()
    qtbot.mouseClick(bare.hold, LEFT)
    assert len(model.kept) == len(model.known.attributes)


def test_a_circle_ends_half_a_turn_from_the_mean(panel):
    assert panel.rows["backdrop_hue"].slider.slider.maximum() * 0.001 == pytest.approx(0.5)


def test_edits_are_removed_one_by_one_or_all(panel, editor, model, studio, qtbot):
    other = studio.recipe.with_edit(edit("5f5f", 1.0, "A slider"))
    studio.document.change("Slider", recipe=other)
    assert panel.remove.isHidden()
    for name in ("smile", "yaw"):
        panel.rows[name].slider.edited.emit(1.0)
        edited(qtbot, model, editor, 2, **{name: 1.0})
    assert panel.remove.isVisible()
    assert not panel.rows["earrings"].remove.isVisible()
    panel.rows["smile"].remove.click()
    assert [e.key for e in studio.recipe.edits] == ["5f5f", "gradient:yaw:w"]
    assert studio.document.history.undo_label == "Remove the edit of Smile"
    studio.document.undo()
    panel.remove.click()
    assert studio.recipe == other, "sliders of other panels stay"


# -- eight in front, the rest by typing ----------------------------------------------------


def test_eight_stand_in_front_and_the_one_unused_for_longest_makes_room(panel, editor, qtbot):
    assert len(panel.rows) == 8
    assert "gaze" not in panel.rows, "it is not shown"
    panel.rows["extra_1"].slider.edited.emit(0.5)
    panel.bring("extra_3")
    standing_there = [panel._stand.itemAt(i).widget() for i in range(panel._stand.count())]
    names = [row.trait.name for row in standing_there]
    assert names == ["smile", "glasses", "skin_tone", "yaw", "earrings", "backdrop_hue",
                     "extra_3", "extra_1"]  # fmt: skip
    assert set(names) == set(panel.rows)


def test_what_is_edited_stays_in_front(panel, studio):
    names = list(panel._front.names)
    for name in names[1:]:
        edited = studio.recipe.with_edit(edit(f"gradient:{name}:w", 1.0))
        studio.document.change("Edit", recipe=edited)
    panel.bring("extra_3")
    panel.bring("extra_2")
    assert set(names[1:]) <= set(panel._front.names)


def test_search_by_name_class_and_description(panel, qtbot):
    finder = panel.finder
    finder.field.setFocus()
    qtbot.keyClicks(finder.field, "round")
    assert finder.names() == ["glasses"]
    finder.field.clear()
    qtbot.keyClicks(finder.field, "look eyes")
    assert finder.names() == ["gaze"]
    qtbot.keyClicks(finder.field, " zebra")
    assert finder.names() == [""]
    qtbot.keyClick(finder.field, K.Key_Return)
    assert finder.list.isVisible(), "there was nothing to take"
    qtbot.keyClick(finder.field, K.Key_Escape)
    assert finder.list.isHidden()
    assert finder.field.text() == ""


def test_the_keyboard_takes_one_and_stands_on_its_slider(panel, qtbot):
    finder = panel.finder
    finder.field.setFocus()
    qtbot.keyClicks(finder.field, "extra")
    qtbot.keyClick(finder.field, K.Key_Down)
    qtbot.keyClick(finder.field, K.Key_Down)
    qtbot.keyClick(finder.field, K.Key_Return)
    assert "extra_2" in panel.rows
    assert panel.focusWidget() is panel.rows["extra_2"].slider.slider
    assert finder.list.isHidden()


def test_the_arrow_shows_all_and_a_click_takes_one(panel, qtbot):
    finder = panel.finder
    finder.field.setFocus()
    qtbot.keyClick(finder.field, K.Key_Down)
    assert len(finder.names()) == len(panel.traits)
    item = finder.list.item(len(panel.traits) - 1)
    finder.list.scrollToItem(item)
    place = finder.list.visualItemRect(item).center()
    qtbot.mouseClick(finder.list.viewport(), LEFT, pos=place)
    assert "extra_3" in panel.rows


def test_a_slider_can_be_put_back(panel):
    (action,) = panel.rows["yaw"].actions()
    action.trigger()
    assert "yaw" not in panel.rows
    panel.bring("yaw")
    assert panel._front.names[-1] == "yaw"


# -- the run -------------------------------------------------------------------------------


def test_the_run_is_told_and_steered(panel, editor, model, qtbot):
    bar = panel.run
    assert bar.note.text() == IDLE
    assert not bar.go.isEnabled()
    panel.rows["smile"].slider.edited.emit(2.0)
    assert bar.note.text() == "On the way: Smile to +2.00 σ."
    editor.step(1, smile=0.5)
    qtbot.waitUntil(lambda: bar.words.text() == "Step 1 of 1 · 0.1 s")
    qtbot.mouseClick(bar.go, LEFT)
    assert model.paused
    assert bar.go.sign == "play"
    bar.go.setFocus()
    qtbot.keyClick(bar.go, K.Key_Space)
    assert bar.go.sign == "pause"
    qtbot.mouseClick(bar.stop, LEFT)
    assert editor.names()[-3:] == ["pause", "go_on", "stop_run"]
    assert not bar.stop.isEnabled()
    qtbot.mouseClick(bar.reverse, LEFT)
    qtbot.waitUntil(lambda: editor.goals[-1].target == -2.0)


def test_the_end_is_told(panel, editor, model, qtbot):
    panel.rows["smile"].slider.edited.emit(2.0)
    editor.step(1, smile=0.5)
    editor.end("Smile does not rise any further from here.", reached=False)
    qtbot.waitUntil(lambda: panel.run.note.text().startswith("Smile does not rise"))


def test_the_way_is_walked_by_hand_and_by_keys(panel, editor, model, studio, qtbot):
    panel.rows["smile"].slider.edited.emit(2.0)
    edited(qtbot, model, editor, 5, smile=2.0)
    way = panel.run.way
    drag(qtbot, way, 0.8, 0.6, 0.4)
    assert model.place == 2
    assert studio.steps() == 2
    way.setFocus()
    qtbot.keyClick(way, K.Key_Right)
    qtbot.keyClick(way, K.Key_Right)
    assert model.place == 4
    assert panel.run.words.text().startswith("Step 4 of 5")
    qtbot.keyClick(way, K.Key_Home)
    assert not studio.recipe.edits
    qtbot.keyClick(way, K.Key_End)
    assert model.place == 5
    studio.document.change("Point", recipe=studio.recipe.showing("B"))
    assert not way.isEnabled()
    assert panel.run.note.text() == AWAY


def test_space_layers_and_prior_are_taken_up_by_the_next_run(panel, editor, qtbot, infos, studio):
    box = panel.space
    qtbot.mouseClick(box.spaces.buttons["w+"], LEFT)
    titles = [box.stretch.itemText(i) for i in range(box.stretch.count())]
    assert titles == ["All layers", "Coarse: 4 to 8 px", "Middle: 16 to 32 px", "Fine: 64 px"]
    box.stretch.setCurrentIndex(1)
    box.stretch.activated.emit(1)
    box.prior.field.setValue(0.5)
    panel.rows["smile"].slider.edited.emit(1.0)
    goal = editor.goals[-1]
    assert (goal.space, goal.first, goal.stop, goal.likely) == ("w+", 0, 3, 0.5)
    cells = box.cells
    middle = cells.width() / 10
    qtbot.mousePress(cells, LEFT, pos=QPoint(round(2.5 * middle), 6))
    qtbot.mouseMove(cells, QPoint(round(5.5 * middle), 6))
    assert cells.chosen() == (2, 6)
    assert box.stretch.currentIndex() == -1
    cells.setFocus()
    qtbot.keyClick(cells, K.Key_Right)
    assert cells.chosen() == (3, 7)
    assert box.stretch.currentText().startswith("Middle")
    qtbot.keyClick(cells, K.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert cells.chosen() == (3, 8)
    studio.document.set_info(infos["dcgan"])
    assert box.space == "z"
    assert not box.spaces.buttons["w"].isEnabled()
    assert "no mapping" in box.spaces.buttons["w"].toolTip()
    assert not cells.isEnabled()


# -- leakage -------------------------------------------------------------------------------


@pytest.fixture
def leaking(panel, editor, model, qtbot):
    """A smile that took the skin tone along."""
    model.hold("yaw")
    panel.rows["smile"].slider.edited.emit(2.0)
    edited(qtbot, model, editor, 3, smile=2.0, skin_tone=0.8, glasses__round=-0.2, yaw=0.1)
    qtbot.waitUntil(lambda: "leakage" in editor.names())
    return panel


def test_bars_of_this_picture_then_of_samples(leaking, editor, studio, qtbot):
    box = leaking.leakage
    first = box.bars.bars()
    assert first[0].attribute == "skin_tone"
    assert first[0].change == pytest.approx(0.8)
    assert first[0].mean is None
    assert "smile" not in [bar.attribute for bar in first], "it was to move"
    assert len(first) == 8
    assert box.sentence.text() == "Skin tone moved along: +0.80 σ in this picture."
    assert editor.calls[-1] == ("leakage", studio.recipe, KEY, 256)
    editor.tell("leakage", leakage(n=64, extra_0=-0.9, skin_tone=0.6))
    qtbot.waitUntil(lambda: box.bars.bars()[0].attribute == "extra_0")
    bars = {bar.attribute: bar for bar in box.bars.bars()}
    assert bars["skin_tone"].interval == pytest.approx((0.5, 0.7))
    assert bars["skin_tone"].change == pytest.approx(0.8)
    assert bars["yaw"].held
    assert box.sentence.text() == "Extra 0 moved along: −0.90 σ over 64 samples."
    assert "64 of 256" in box.legend.accessibleName()
    assert "Extra 0: this picture +0.00 σ, mean over samples −0.90 σ (95% −1.00 to −0.80)" in (
        box.bars.accessibleDescription()
    )
    box.more.click()
    assert len(box.bars.bars()) == len(leaking.traits) - 1


def test_what_may_be_chance_is_not_called_a_leak(leaking, editor, qtbot):
    wide = leakage(n=24, extra_0=0.6)
    leaks = tuple(
        msgspec.structs.replace(leak, low=-0.1, high=1.3) if leak.mean == 0.6 else leak
        for leak in wide.leaks
    )
    editor.tell("leakage", replace(wide, leaks=leaks))
    sentence = leaking.leakage.sentence
    qtbot.waitUntil(lambda: sentence.text().startswith("Extra 0 may have moved: +0.60 σ over 24"))
    assert not leaking.leakage.bars.bars()[0].loud
    editor.tell("leakage", leakage(n=256, extra_0=0.3))
    qtbot.waitUntil(
        lambda: sentence.text() == "Clean over 256 samples: at most Extra 0 moved, +0.30 σ."
    )


def test_hold_the_worst_and_redo(leaking, editor, model, studio, qtbot):
    start = model._way.start
    qtbot.mouseClick(leaking.leakage.redo, LEFT)
    assert model.kept == ("yaw", "skin_tone")
    assert leaking.rows["skin_tone"].hold.isChecked()
    name, recipe, goal = editor.calls[-1]
    assert (name, recipe) == ("drive", start)
    assert goal == replace(editor.goals[0], kept=("yaw", "skin_tone"))
    edited(qtbot, model, editor, 2, smile=2.0)
    assert studio.steps() == 2
    held = [bar.attribute for bar in leaking.leakage.bars.bars() if bar.held]
    assert set(held) == {"yaw", "skin_tone"}


def test_one_click_on_a_bar_or_a_key_holds_it(leaking, editor, model, qtbot):
    bars = leaking.leakage.bars
    order = [bar.attribute for bar in bars.bars()]
    place = order.index("glasses")
    qtbot.mouseClick(bars, LEFT, pos=QPoint(40, HEAD + ROW * place + ROW // 2))
    assert editor.goals[-1].kept == ("yaw", "glasses")
    edited(qtbot, model, editor, 2, smile=2.0, skin_tone=0.8)
    bars.setFocus()
    qtbot.keyClick(bars, K.Key_Up)
    for _ in range(len(order)):
        qtbot.keyClick(bars, K.Key_Up)
    qtbot.keyClick(bars, K.Key_Return)
    assert len(editor.goals[-1].kept) == 3
    count = len(editor.goals)
    held = [bar.attribute for bar in bars.bars()].index("yaw")
    qtbot.mouseClick(bars, LEFT, pos=QPoint(40, HEAD + ROW * held + ROW // 2))
    assert len(editor.goals) == count, "it is held already"


def test_rows_keep_their_place_under_the_hand(leaking, editor, qtbot):
    bars = leaking.leakage.bars
    order = [bar.attribute for bar in bars.bars()]
    qtbot.mouseMove(bars, QPoint(40, HEAD + ROW // 2))
    editor.tell("leakage", leakage(extra_0=-0.9))
    qtbot.waitUntil(lambda: bars.bars()[0].mean is not None)
    assert [bar.attribute for bar in bars.bars()] == order


def test_leakage_of_an_edit_from_elsewhere_can_be_read_but_not_redone(panel, editor, studio, qtbot):
    made = (Bend(1, (3,), "style", 2.0, "5f5f", "Beard"),)
    studio.document.change("Paste", recipe=studio.recipe.with_bends("5f5f", made))
    qtbot.waitUntil(lambda: "leakage" in editor.names())
    box = panel.leakage
    assert box.sentence.text() == "Measuring what else moves …"
    before = readings_of(standing())
    after = readings_of(standing(smile=1.0))
    told = replace(leakage("5f5f", before=before, after=after, smile=0.9), amount=2.0)
    editor.tell("leakage", told)
    qtbot.waitUntil(lambda: box.bars.bars()[0].mean == 0.9)
    assert box.bars.bars()[0].change == pytest.approx(1.0)
    assert not box.redo.isEnabled()
    assert "not known any more" in box.redo.toolTip()
    qtbot.mouseClick(box.bars, LEFT, pos=QPoint(40, HEAD + ROW // 2))
    assert not editor.goals


def test_one_of_several_edits_is_looked_at(leaking, editor, studio, qtbot):
    box = leaking.leakage
    assert box.which.isHidden()
    both = studio.recipe.with_edit(edit("5f5f", 1.0, "A slider"))
    studio.document.change("Slider", recipe=both)
    assert box.which.isVisible()
    assert box.which.currentData() == KEY
    box.which.setCurrentIndex(1)
    box.which.activated.emit(1)
    qtbot.waitUntil(lambda: editor.calls[-1][0:3] == ("leakage", both, "5f5f"))
    late = leakage(skin_tone=2.0)
    editor.tell("leakage", late)
    qtbot.wait(20)
    assert "Measuring" in box.sentence.text()
    studio.document.undo()
    assert box.which.isHidden()
    assert box.edit.key == KEY


def test_samples_stay_for_the_next_picture_under_the_same_edit(leaking, editor, studio, qtbot):
    box = leaking.leakage
    editor.tell("leakage", leakage(n=256, extra_0=0.4))
    qtbot.waitUntil(lambda: box._leakage is not None)
    studio.document.change("Point", recipe=studio.recipe.showing("B"))
    qtbot.waitUntil(lambda: editor.names()[-1] == "leakage")
    before, after = readings_of(standing()), readings_of(standing(yaw=0.3))
    editor.tell("leakage", leakage(n=16, before=before, after=after, extra_0=0.9))
    qtbot.waitUntil(lambda: box._leakage.before is not None)
    bars = {bar.attribute: bar for bar in box.bars.bars()}
    assert bars["extra_0"].mean == 0.4
    assert bars["yaw"].change == pytest.approx(0.3)
    truncation = Truncation(0.5)
    studio.document.change(
        "ψ", recipe=msgspec.structs.replace(studio.recipe, truncation=truncation)
    )
    qtbot.waitUntil(
        lambda: editor.calls[-1][1] == studio.recipe and editor.names()[-1] == "leakage"
    )
    editor.tell("leakage", leakage(n=16, before=before, after=after, extra_0=0.9))
    qtbot.waitUntil(lambda: box._leakage.n == 16)


def test_no_samples_are_asked_for_while_nobody_looks(leaking, editor, studio, qtbot):
    leaking.hide()
    count = editor.names().count("leakage")
    studio.document.change("Point", recipe=studio.recipe.showing("B"))
    qtbot.wait(40)
    assert editor.names().count("leakage") == count
    leaking.show()
    qtbot.waitUntil(lambda: editor.names().count("leakage") == count + 1)


# -- for everyone --------------------------------------------------------------------------


def test_everything_has_a_name_and_a_tip_and_fits_a_narrow_dock(leaking):
    from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QLineEdit

    kinds = (QAbstractButton, QAbstractSlider, QComboBox)
    for kind in kinds:
        for widget in leaking.content.findChildren(kind):
            if widget.isVisible() and not isinstance(widget.parent(), QLineEdit):
                spoken = widget.accessibleName() or getattr(widget, "text", str)()
                assert spoken, widget
                assert widget.toolTip(), widget
    assert leaking.content.minimumSizeHint().width() <= 296
    for label in filter(QLabel.isVisible, leaking.content.findChildren(QLabel)):
        assert label.geometry().right() <= leaking.content.width()


def test_it_is_painted_at_any_scale(leaking, editor, qtbot):
    editor.tell("leakage", leakage(skin_tone=0.7, yaw=0.2))
    qtbot.waitUntil(lambda: leaking.leakage.bars.bars()[0].mean is not None)
    image = leaking.content.grab().toImage()
    accent = leaking.palette().highlight().color()
    bars = leaking.leakage.bars
    row = [bar.attribute for bar in bars.bars()].index("skin_tone")
    spot = QPoint(round(bars.x_of(0.3)), HEAD + ROW * row + ROW // 2)
    place = bars.mapTo(leaking.content, spot)
    assert image.pixelColor(place * image.devicePixelRatio()) == accent


def test_traits_by_hand():
    from latentstudio.ui.editing.front import Front
    from latentstudio.ui.editing.traits import percent

    assert [percent(share) for share in (0.9996, 0.996, 0.97, 0.0)] == ["100%", "99%", "97%", "0%"]
    front = Front("abcdefgh")
    front.use("h")
    front.bring("i")
    assert "".join(front.names) == "abcdefih", "g was not used for longest"
    front.bring("j", needed="fed")
    assert "".join(front.names) == "abjdefih"
    front.bring("i")
    front.send_back("a")
    front.send_back("never there")
    front.bring("k")
    assert "".join(front.names) == "bjdefihk"
