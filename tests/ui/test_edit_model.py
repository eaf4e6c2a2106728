from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path
from subprocess import run

import msgspec
import pytest
from PySide6.QtWidgets import QWidget

from latentstudio.document.recipe import Recipe, Truncation
from latentstudio.engine.editing.values import FitRequest, Goal, Known, Reading
from latentstudio.ui.editing.model import EditModel, without
from latentstudio.ui.editing.way import Way, attribute_of, key_of
from tests.ui.conftest import CHECKPOINT
from tests.ui.fake_editor import FakeEditor, at, edit, known, standing

SMILE = Goal("smile", target=2.0)
KEY = "gradient:smile:w"


@pytest.fixture
def model(studio, qtbot):
    made = EditModel(studio.document, engine="the engine")
    made.load = lambda: FakeEditor
    yield made
    made.stop()


@pytest.fixture
def editor(model, show, qtbot):
    model.follow_visibility(show(QWidget()))
    model.wake()
    qtbot.waitUntil(lambda: model.reading is not None)
    model.hold_all(False)
    return model._agent


def truncate(studio, psi):
    recipe = msgspec.structs.replace(studio.recipe, truncation=Truncation(psi))
    studio.document.change("Truncation", recipe=recipe)


def drive(model, studio, goal=SMILE, merge="drag#1"):
    model.drive(studio.recipe, goal, merge)


def walk(qtbot, model, editor, count, first=1):
    for number in range(first, first + count):
        editor.step(number, smile=0.5 * number)
    qtbot.waitUntil(lambda: len(model.path) >= first + count - 1)


def amounts(recipe, key=KEY):
    return [float(e.vector.values()[0]) for e in recipe.edits if e.key == key]


# -- life ----------------------------------------------------------------------------------


def test_nothing_is_loaded_before_somebody_looks_and_a_picture_stands(model, show, qtbot):
    loaded = []
    model.load = lambda: loaded.append(threading.current_thread()) or FakeEditor
    widget = show(QWidget())
    model.follow_visibility(widget)
    qtbot.wait(20)
    assert not loaded
    model.wake()
    qtbot.waitUntil(lambda: model.known is not None)
    assert loaded[0] is not threading.main_thread()
    assert model._agent.engine == "the engine"
    assert model._agent.calls[0] == ("open", CHECKPOINT, None)
    assert model._agent.locate(CHECKPOINT) is None
    model.settle(lambda content_hash: Path(content_hash))
    assert model._agent.locate("there") == Path("there")


def test_what_is_asked_early_waits_for_the_editor(model, qtbot):
    request = FitRequest("sefa", "First", CHECKPOINT)
    model.fit(request)
    model.wake()
    qtbot.waitUntil(lambda: model._agent is not None)
    assert ("fit", request) in model._agent.calls


def test_the_model_is_there_before_torch(tmp_path):
    code = "import latentstudio.ui.editing.model, sys; sys.exit('torch' in sys.modules)"
    assert run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_classifier_that_cannot_be_used_is_a_sentence(model, editor, qtbot):
    editor.silent = True
    model.choose(Path("/elsewhere/other.safetensors"))
    assert model.known is None
    assert editor.calls[-1] == ("open", CHECKPOINT, Path("/elsewhere/other.safetensors"))
    with qtbot.waitSignal(model.failed) as told:
        editor.tell("error", "the classifier other reads pictures of 256 px")
    assert told.args == ["The classifier other reads pictures of 256 px."]
    assert model.trouble == told.args[0]
    editor.tell("known", known())
    qtbot.waitUntil(lambda: model.known is not None)
    assert model.trouble == ""


def test_an_editor_that_cannot_be_loaded_is_a_sentence(model, qtbot):
    def broken():
        raise ImportError("no module named torch")

    model.load = broken
    with qtbot.waitSignal(model.failed) as told:
        model.read(Recipe())
        model.wake()
    assert told.args == ["Nothing can be edited by attribute: no module named torch."]


def test_nothing_arrives_after_the_end(model, editor, studio, qtbot):
    drive(model, studio)
    editor.step(1)
    model.stop()
    editor.step(2)
    qtbot.wait(20)
    assert editor.stopped
    assert not studio.recipe.edits
    model.stop()  # once more does no harm


# -- signals both ways ---------------------------------------------------------------------


def test_each_question_reaches_the_editor_and_each_answer_the_listeners(model, editor, qtbot):
    model.leakage(Recipe(), "key", 64)
    model.matrix(CHECKPOINT, (), 32)
    model.activations(Recipe(), 3)
    model.answering("smile", "", 4)
    assert editor.calls[-4:] == [
        ("leakage", Recipe(), "key", 64),
        ("matrix", CHECKPOINT, (), 32),
        ("activations", Recipe(), 3),
        ("answering", "smile", "", 4),
    ]
    for signal, kind in (
        (model.fitted, "fitted"),
        (model.leaked, "leakage"),
        (model.activated, "activations"),
        (model.answered, "answering"),
    ):
        with qtbot.waitSignal(signal) as told:
            threading.Thread(target=editor.tell, args=(kind, kind)).start()
        assert told.args == [kind]
    with qtbot.waitSignal(model.progressed) as told:
        editor.tell("progress", "Learning", 0.25, 12.0)
    assert told.args == ["Learning", 0.25, 12.0]


def test_every_picture_is_read_while_somebody_looks(model, editor, studio, qtbot):
    editor.stands = standing(smile=1.5)
    truncate(studio, 0.5)
    qtbot.waitUntil(lambda: model.reading.recipe == studio.recipe)
    assert model.reading.standing[at("smile")] == 1.5
    late = Reading(Recipe(), model.reading.readings, model.reading.standing)
    editor.tell("reading", late)
    qtbot.wait(20)
    assert model.reading.recipe == studio.recipe


def test_another_checkpoint_is_learned_anew(model, editor, studio, qtbot):
    model.hold("smile")
    other = msgspec.structs.replace(studio.recipe, checkpoint="cd" * 32)
    studio.document.change("Open", recipe=other)
    assert model.known is None
    assert model.reading is None
    qtbot.waitUntil(lambda: model.known is not None)
    assert model.known.checkpoint == "cd" * 32
    editor.tell("known", known())  # late, of the checkpoint before
    qtbot.wait(20)
    assert model.known.checkpoint == "cd" * 32
    assert model.kept == ("smile",)


def test_another_classifier_holds_all_that_it_reads(model, editor, qtbot):
    model.hold("smile")
    editor.tell("known", known())
    qtbot.wait(20)
    assert model.kept == ("smile",), "the same attributes: what was chosen stays"
    fewer: Known = known(attributes=known().attributes[:1])
    editor.tell("known", fewer)
    qtbot.waitUntil(lambda: model.kept == ("yaw",))


# -- runs ----------------------------------------------------------------------------------


def test_a_run_is_one_undo_step(model, editor, studio, qtbot):
    start = studio.recipe
    drive(model, studio)
    assert editor.calls[-1] == ("drive", start, SMILE)
    walk(qtbot, model, editor, 4)
    editor.end()
    qtbot.waitUntil(lambda: not model.going)
    assert amounts(studio.recipe) == [4.0]
    assert studio.document.history.undo_label == "Smile"
    assert studio.steps() == 1
    assert model.end.reached
    assert model.seconds == pytest.approx(0.2)
    assert model.reading.standing[at("smile")] == 2.0, "a step has read its own picture"
    assert model.before.standing[at("smile")] == 0.0
    studio.document.undo()
    assert studio.recipe == start
    assert model.place == 0


def test_steps_that_are_read_already_are_not_read_again(model, editor, studio, qtbot):
    before = editor.names().count("read")
    drive(model, studio)
    walk(qtbot, model, editor, 3)
    assert editor.names().count("read") == before


def test_a_drag_retargets_in_its_own_time_and_stays_one_undo_step(model, editor, studio, qtbot):
    start = studio.recipe
    for target in (0.2, 0.4, 0.6, 0.8, 1.0):
        model.drive(studio.recipe, Goal("smile", target=target), "drag#1")
    assert [goal.target for goal in editor.goals] == [0.2]
    editor.step(1, smile=0.2)
    qtbot.waitUntil(lambda: len(editor.goals) == 2)
    assert editor.goals[-1].target == 1.0
    assert editor.calls[-1][1] == studio.recipe, "it goes on from the step in between"
    assert amounts(editor.calls[-1][1]) == [1.0]
    editor.step(2, smile=1.0)
    editor.end()
    qtbot.waitUntil(lambda: not model.going)
    assert len(model.path) == 2
    assert studio.steps() == 1
    assert model._way.start == start


def test_a_second_stroke_is_a_second_undo_step_on_the_same_way(model, editor, studio, qtbot):
    drive(model, studio)
    walk(qtbot, model, editor, 2)
    editor.end()
    qtbot.waitUntil(lambda: not model.going)
    qtbot.waitUntil(lambda: not model._pace.isActive())
    drive(model, studio, Goal("smile", target=3.0), "drag#2")
    walk(qtbot, model, editor, 2, first=3)
    assert studio.steps() == 2
    assert len(model.path) == 4


def test_late_steps_of_a_run_that_was_replaced_or_stopped_are_not_heard(
    model, editor, studio, qtbot
):
    drive(model, studio)
    editor.step(1)  # on its way while the next run begins
    qtbot.waitUntil(lambda: not model._pace.isActive())
    editor.end("Stopped.")
    model.drive(studio.recipe, Goal("yaw", target=-1.0))
    qtbot.wait(20)
    assert model.going, "the end was the earlier run's"
    model.stop_run()
    editor.step(1, yaw=-1)
    qtbot.wait(20)
    assert editor.names().count("stop_run") == 1
    assert not [e for e in studio.recipe.edits if "yaw" in e.key]


def test_whoever_else_changes_the_picture_ends_the_run(model, editor, studio, qtbot):
    drive(model, studio)
    walk(qtbot, model, editor, 2)
    truncate(studio, 0.7)
    assert not model.going
    assert editor.names().count("stop_run") == 1
    assert model.place is None
    assert model.path == []
    studio.document.undo()
    assert model.place == 2, "back on the way"


def test_undo_in_the_middle_ends_the_run(model, editor, studio, qtbot):
    drive(model, studio)
    walk(qtbot, model, editor, 2)
    studio.document.undo()
    editor.step(3)
    qtbot.wait(20)
    assert not studio.recipe.edits


def test_an_attribute_is_not_held_while_it_moves(model, editor, studio):
    drive(model, studio, Goal("smile", kept=("smile", "yaw")))
    assert editor.goals[-1].kept == ("yaw",)


def test_pause_go_on_and_stop(model, editor, studio, qtbot):
    model.pause()
    model.go_on()
    assert not {"pause", "go_on"} & set(editor.names())
    drive(model, studio)
    model.pause()
    assert model.paused
    model.go_on()
    assert editor.names()[-2:] == ["pause", "go_on"]
    walk(qtbot, model, editor, 1)
    model.stop_run()
    qtbot.waitUntil(lambda: not model._pace.isActive())
    model.go_on()
    assert editor.calls[-1] == ("drive", studio.recipe, SMILE), "from where the document stands"


def test_reverse_mirrors_the_goal_at_the_start(model, editor, studio, qtbot):
    editor.stands = standing(smile=0.5)
    truncate(studio, 0.9)
    qtbot.waitUntil(lambda: model.reading.standing[at("smile")] == 0.5)
    drive(model, studio)
    walk(qtbot, model, editor, 3)
    model.reverse()
    qtbot.waitUntil(lambda: len(editor.goals) == 2)
    assert editor.goals[-1].target == -1.0
    assert editor.calls[-1][1] == studio.recipe


def test_scrubbing_is_undoable_and_going_on_leaves_from_there(model, editor, studio, qtbot):
    start = studio.recipe
    drive(model, studio)
    walk(qtbot, model, editor, 5)
    for place in (4, 3, 2):
        model.scrub(place, "way#1")
    assert not model.going
    assert amounts(studio.recipe) == [2.0]
    assert model.place == 2
    assert model.reading.standing[at("smile")] == 1.0
    assert studio.steps() == 2
    model.scrub(0, "way#2")
    assert studio.recipe == start
    assert model.reading.standing[at("smile")] == 0.0
    model.scrub(3, "way#3")
    model.scrub(9, "way#4")  # there is no such place
    assert model.place == 3
    qtbot.waitUntil(lambda: not model._pace.isActive())
    model.go_on()
    editor.step(4, smile=2.0)
    qtbot.waitUntil(lambda: model.place == 4)
    assert len(model.path) == 4, "what came after the place is forgotten"


def test_redo_begins_at_the_start_with_what_is_held_now(model, editor, studio, qtbot):
    start = studio.recipe
    drive(model, studio)
    walk(qtbot, model, editor, 3)
    editor.end()
    qtbot.waitUntil(lambda: not model.going)
    qtbot.waitUntil(lambda: not model._pace.isActive())
    model.hold("skin_tone")
    model.redo()
    assert editor.calls[-1] == ("drive", start, replace(SMILE, kept=("skin_tone",)))
    editor.step(1, smile=0.4)
    qtbot.waitUntil(lambda: len(model.path) == 1)
    assert amounts(studio.recipe) == [1.0]
    assert studio.steps() == 2


def test_an_error_ends_the_run_and_the_picture_stays(model, editor, studio, qtbot):
    drive(model, studio)
    walk(qtbot, model, editor, 2)
    with qtbot.waitSignal(model.failed):
        editor.tell("error", "The gradient is not a number")
    assert not model.going
    assert amounts(studio.recipe) == [2.0]
    assert model.trouble == "", "what is known stays known"


def test_a_recipe_without_room_for_another_edit_is_a_sentence(model, editor, studio, qtbot):
    full = msgspec.structs.replace(
        studio.recipe, edits=tuple(edit(f"slider {i}", 1.0) for i in range(64))
    )
    studio.document.change("Sliders", recipe=full)
    drive(model, studio)
    with qtbot.waitSignal(model.failed) as told:
        editor.step(1)
    assert "64 are the most" in told.args[0]
    assert studio.recipe == full
    assert not model.going


# -- the way -------------------------------------------------------------------------------


def test_keys_name_attribute_and_space():
    assert key_of(Goal("hair_style", "bob", space="w+")) == "gradient:hair_style:w+"
    assert attribute_of("gradient:hair_style:w+") == "hair_style"
    assert attribute_of("5f5f5f5f5f5f5f5f") == ""


def test_places_of_a_way_by_hand():
    start = Recipe(edits=(edit("other", 1.0),))
    way = Way(KEY, start)
    recipes = [start.with_edit(edit(KEY, float(i))) for i in (1, 2, 3)]
    for recipe in recipes:
        way.append(FakeStep(), recipe)
    assert [way.place(r) for r in (start, *recipes)] == [0, 1, 2, 3]
    assert way.place(without(start, "other")) is None
    way.cut(1)
    assert way.place(recipes[2]) is None
    assert way.seconds == 0.5
    assert without(recipes[0], KEY) == start


class FakeStep:
    seconds = 0.5
