"""Marked JSON: what it is and of which version is said first, then the field that does not fit."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.document.checks import RecipeError
from latentstudio.document.versioned import VersionedDecoder


class Note(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    format: str = "latentstudio note"
    version: int = 2


class NoteError(ValueError):
    """What notes raise."""


notes = VersionedDecoder(Note, "note", 2)


def written(**fields):
    return json.dumps({"text": "x", "format": "latentstudio note", "version": 2} | fields).encode()


def test_what_is_whole_is_read():
    assert notes.decode(written(version=1), "n") == Note("x", version=1)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (written(format="latentstudio direction", version=9), "n is not a latentstudio note"),
        (b'{"text":"x"}', "n is not a latentstudio note"),
        (
            written(version=3, text=1, more=2),
            "n was written by a newer latentstudio (note version 3, this one reads up to 2):"
            " update latentstudio to open it",
        ),
        (
            written(text=1),
            "n does not hold a readable note: Expected `str`, got `int` - at `$.text`",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(data, sentence):
    with pytest.raises(RecipeError) as caught:
        notes.decode(data, "n")
    assert str(caught.value) == sentence


def test_the_kind_of_error_is_the_caller_s_and_a_mark_may_be_missing():
    bare = VersionedDecoder(Note, "note", 2, NoteError, marked=False)
    assert bare.decode(b'{"text":"x"}', "n") == Note("x")
    for data in (written(version=3), b"{", b"[" * 100_000):
        with pytest.raises(NoteError, match=r"^n "):
            bare.decode(data, "n")


@given(st.binary(max_size=100))
def test_any_bytes_are_one_sentence(data):
    with pytest.raises(RecipeError, match=r"^n "):
        notes.decode(data, "n")
