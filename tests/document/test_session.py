"""Session files: everything comes back; whatever is wrong is one sentence."""

import io
import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentstudio.atomic import SaveError
from latentstudio.document import session as session_module
from latentstudio.document.document import Document, Kept, State
from latentstudio.document.recipe import Recipe, Truncation
from latentstudio.document.session import (
    Session,
    SessionError,
    load_session,
    save_session,
    session_from_json,
    session_to_json,
)
from tests.strategies import hashes, json_values, png, states, titles, views

sessions = st.builds(Session, states, views, st.dictionaries(hashes, titles, max_size=2))
KEPT = State(Recipe(truncation=Truncation(0.5)), "C", (Kept(Recipe(), png(), "Zoë"),))


def plain(**changes):
    """A session file as a dictionary, with some fields changed."""
    return json.loads(session_to_json(Session(KEPT))) | changes


@given(sessions)
def test_round_trip_is_exact_and_canonical(session):
    data = session_to_json(session)
    back = session_from_json(data)
    assert back == session
    assert session_to_json(back) == data


def test_the_format_stands_still():
    text = json.loads(session_to_json(Session(KEPT, {"x": [1]}, {"ab": "/c.safetensors"})))
    assert text["format"] == "latentstudio session"
    assert text["version"] == 2
    assert text["view"] == {"x": [1]}
    assert text["checkpoints"] == {"ab": "/c.safetensors"}
    assert text["state"]["active"] == "C"
    assert text["state"]["recipe"]["truncation"]["psi"] == 0.5
    assert text["state"]["gallery"][0]["title"] == "Zoë"
    assert text["state"]["gallery"][0]["thumbnail"].startswith("iVBORw0KGgo")  # base64 of PNG


def test_a_file_brings_the_document_back(tmp_path):
    document = Document(KEPT)
    file = tmp_path / "mine.latents"
    save_session(file, document, {"axes": ["a", 2]}, {"f" * 64: tmp_path / "x.safetensors"})
    session = load_session(file)
    assert session.state == document.state
    assert session.view == {"axes": ["a", 2]}
    assert session.checkpoints == {"f" * 64: str(tmp_path / "x.safetensors")}
    save_session(file, session.state)
    assert load_session(file) == Session(KEPT)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": "other"}, "is not a latentstudio session"),
        ({"format": 3}, "format"),
        ({"version": 3, "state": "unknown"}, "newer latentstudio.*version 3.*update"),
        ({"version": 0}, "damaged: its version is 0"),
        ({"version": "one"}, "version"),
        ({"state": {"active": "E"}}, r"active is 'E'.*state"),
        ({"state": {"recipe": {"truncation": {"psi": 50}}}}, r"psi is 50.*state.recipe.truncation"),
        ({"state": {"recipe": {"version": 9}}}, r"version is 9.*update latentstudio.*state.recipe"),
        ({"state": {"gallery": [{"recipe": {}}, {"thumbnail": ""}]}}, r"gallery\[1\]"),
        ({"state": {"gallery": [{"recipe": {}, "thumbnail": "R0lG"}]}}, "thumbnail is not a PNG"),
        ({"state": {"gallery": [{"recipe": {}, "thumbnail": "!"}]}}, r"gallery\[0\].thumbnail"),
        ({"state": {"extra": 1}}, "extra"),
        ({"view": []}, "view"),
        ({"checkpoints": {"a": 1}}, "checkpoints"),
        ({"unknown": 1}, "unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_damage_is_one_sentence_with_file_and_field(tmp_path, change, sentence):
    file = tmp_path / "bad.latents"
    file.write_text(json.dumps(plain(**change)))
    with pytest.raises(SessionError, match=sentence) as caught:
        load_session(file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", ["format", "version"])
def test_a_session_says_what_it_is(missing):
    text = plain()
    del text[missing]
    with pytest.raises(SessionError):
        session_from_json(json.dumps(text).encode())


def test_every_truncation_is_refused():
    data = session_to_json(Session(KEPT))
    for end in range(0, len(data), 7):
        with pytest.raises(SessionError, match=r"x\.latents"):
            session_from_json(data[:end], "x.latents")


@given(sessions, st.data())
@settings(max_examples=20)
def test_mutated_bytes_give_a_session_or_a_sentence(session, data):
    raw = bytearray(session_to_json(session))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    try:
        back = session_from_json(bytes(raw), "m")
    except SessionError as error:
        assert str(error).startswith("m ")
    else:
        assert isinstance(back, Session)


@given(st.sampled_from(["state", "view", "checkpoints", "version", "format"]), json_values)
def test_any_value_in_any_field_gives_a_session_or_a_sentence(field, value):
    try:
        session_from_json(json.dumps(plain(**{field: value})).encode())
    except SessionError as error:
        assert "\n" not in str(error)


def test_files_that_are_no_files(tmp_path):
    with pytest.raises(SessionError, match=r"gone\.latents is not there"):
        load_session(tmp_path / "gone.latents")
    with pytest.raises(SessionError, match="is not a file"):
        load_session(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(SessionError, match="is not a file"):
            load_session(tmp_path / "pipe")


def test_size_is_bounded_in_both_directions(tmp_path, monkeypatch):
    file = tmp_path / "big.latents"
    save_session(file, KEPT)
    monkeypatch.setattr(session_module, "MAX_BYTES", 500)
    taken = []

    class Counting(io.FileIO):
        def read(self, size=-1):
            taken.append(super().read(size))
            return taken[-1]

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.open", lambda self, mode: Counting(self, mode))
        with pytest.raises(SessionError, match=r"big\.latents is above"):
            load_session(file)
    assert [len(data) for data in taken] == [501], "no more is read than the bound"
    before = file.read_bytes()
    with pytest.raises(SaveError, match="remove kept points"):
        save_session(file, KEPT)
    assert file.read_bytes() == before


@pytest.mark.parametrize("value", [object(), {1: 2, "a": object()}, "\ud800"])
def test_a_view_that_json_cannot_hold_leaves_the_file(tmp_path, value):
    file = tmp_path / "a.latents"
    save_session(file, KEPT)
    with pytest.raises(SaveError, match="what JSON cannot"):
        save_session(file, State(), {"value": value})
    assert load_session(file).state == KEPT
