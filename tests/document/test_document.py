"""The document: signals fire for what changed, and only for that."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentstudio.document.document import MAX_THUMBNAIL, Document, Kept, State
from latentstudio.document.recipe import Recipe, Truncation
from latentstudio.generators.info import GeneratorInfo
from tests.strategies import png, states

INFO = GeneratorInfo("dcgan", 8, 8, 1, 32, 3, 0, (), False)
SIGNALS = ("recipe_changed", "active_changed", "gallery_changed", "info_changed")


def psi(value):
    return Recipe(truncation=Truncation(value))


@pytest.fixture
def document():
    return Document()


@pytest.fixture
def heard(document):
    """Every emission, in order: (signal, value). history_changed has no value."""
    calls = []
    for name in SIGNALS:
        getattr(document, name).connect(lambda value, name=name: calls.append((name, value)))
    document.history_changed.connect(lambda: calls.append(("history_changed", None)))
    return calls


HISTORY = ("history_changed", None)


def test_each_part_has_its_own_signal(document, heard):
    document.change("Truncation", recipe=psi(0.5))
    assert heard == [("recipe_changed", psi(0.5)), HISTORY]
    heard.clear()
    document.change("Point", active="B")
    assert heard == [("active_changed", "B"), HISTORY]
    heard.clear()
    kept = (Kept(psi(0.5)),)
    document.change("Keep", gallery=kept)
    assert heard == [("gallery_changed", kept), HISTORY]


def test_undo_and_redo_tell_only_what_they_touched(document, heard):
    document.change("Truncation", recipe=psi(0.5))
    document.change("Point", active="B")
    heard.clear()
    document.undo()
    assert heard == [("active_changed", "A"), HISTORY]
    heard.clear()
    document.undo()
    assert heard == [("recipe_changed", Recipe()), HISTORY]
    heard.clear()
    document.redo()
    assert heard == [("recipe_changed", psi(0.5)), HISTORY]


def test_nothing_is_told_when_nothing_happens(document, heard):
    document.change("Same", recipe=Recipe(), active="A", gallery=())
    document.undo()
    document.redo()
    document.set_info(None)
    assert heard == []
    assert document.history.undo_label is None


def test_info_is_told_once_and_is_not_history(document, heard):
    document.set_info(INFO)
    document.set_info(INFO)
    assert heard == [("info_changed", INFO)]
    assert document.history.undo_label is None
    assert document.info == INFO


def test_a_refused_change_leaves_everything(document, heard):
    with pytest.raises(ValueError, match="active is 'E'"):
        document.change("Point", active="E", recipe=psi(0.5))
    assert heard == []
    assert document.state == State()


def test_a_drag_folds_and_still_tells_each_move(document, heard):
    for value in (0.9, 0.8, 0.7):
        document.change("Truncation", recipe=psi(value), merge="truncation.psi#1")
    assert [v for n, v in heard if n == "recipe_changed"] == [psi(0.9), psi(0.8), psi(0.7)]
    document.undo()
    assert document.recipe == Recipe()
    assert document.history.redo_label == "Truncation"


def test_a_drag_out_and_back_is_nothing_to_undo(document, heard):
    document.change("Truncation", recipe=psi(0.9), merge="psi#1")
    document.change("Truncation", recipe=Recipe(), merge="psi#1")
    assert document.recipe == Recipe()
    assert document.history.undo_label is None
    assert heard[-2:] == [("recipe_changed", Recipe()), HISTORY]


def test_reset_begins_a_new_history(document, heard):
    document.change("Truncation", recipe=psi(0.5))
    heard.clear()
    document.reset(State(psi(0.2), "C"))
    assert heard == [("recipe_changed", psi(0.2)), ("active_changed", "C"), HISTORY]
    document.undo()
    assert document.recipe == psi(0.2)


def test_a_listener_that_changes_the_document_leaves_nobody_behind(document):
    """Whoever listens last hears the present last, even if another listener changed it."""
    last = {}

    def react(recipe):
        if document.active == "B":
            document.change("Point", active="C")

    document.recipe_changed.connect(react)
    document.active_changed.connect(lambda name: last.update(active=name))
    document.change("Both", recipe=psi(0.5), active="B")
    assert document.active == "C"
    assert last["active"] == "C"


@settings(max_examples=15)
@given(st.lists(states, min_size=1, max_size=3))
def test_listeners_mirror_the_document(steps):
    document = Document()
    mirror = {"recipe": Recipe(), "active": "A", "gallery": ()}
    document.recipe_changed.connect(lambda value: mirror.update(recipe=value))
    document.active_changed.connect(lambda value: mirror.update(active=value))
    document.gallery_changed.connect(lambda value: mirror.update(gallery=value))
    for step in steps:
        document.change("x", recipe=step.recipe, active=step.active, gallery=step.gallery)
        assert State(**mirror) == document.state == step
    for _ in steps:
        document.undo()
        assert State(**mirror) == document.state
    assert document.state == State()


@pytest.mark.parametrize(
    ("thumbnail", "sentence"),
    [
        (b"GIF89a", "thumbnail is not a PNG"),
        (png()[:4], "thumbnail is not a PNG"),
        (png() + bytes(MAX_THUMBNAIL), "1 MiB is the most"),
    ],
)
def test_a_thumbnail_is_a_small_png(thumbnail, sentence):
    with pytest.raises(ValueError, match=sentence):
        Kept(Recipe(), thumbnail)


def test_a_title_is_short():
    with pytest.raises(ValueError, match="title has 1001 characters"):
        Kept(Recipe(), title="x" * 1001)


def test_another_session_begins_in_one_step_that_undo_takes_back():
    document = Document(State(Recipe(checkpoint="ab" * 32)))
    document.change("Point B", active="B", gallery=(Kept(Recipe()),))
    left, begun = document.state, []
    document.begun.connect(lambda: begun.append(document.state))
    document.begin("New session", State(Recipe(checkpoint="cd" * 32)))
    assert document.state == State(Recipe(checkpoint="cd" * 32))
    assert begun == [document.state]
    assert document.history.undo_label == "New session"
    document.undo()
    assert document.state is left
    document.reset(State())
    assert begun[1:] == [State()]
