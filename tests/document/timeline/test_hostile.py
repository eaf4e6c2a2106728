"""Timelines and beats that would keep a reader busy, or its sentence from being one."""

from __future__ import annotations

import io
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.document.film_text import timeline_in
from latentstudio.document.film_text_gif import comment
from latentstudio.document.recipe import RecipeError, Truncation
from latentstudio.document.timeline.beats import beats_from_csv
from latentstudio.document.timeline.ease import Ease
from latentstudio.document.timeline.file import (
    MAX_OBJECTS,
    MAX_VALUES,
    timeline_from_json,
    timeline_to_json,
)
from latentstudio.document.timeline.timeline import MAX_BEATS, Timeline
from latentstudio.document.timeline.tracks import Key, TruncationTrack

HEAD = b'{"format":"latentstudio timeline","timeline":{'


def refused(data: bytes) -> str:
    with pytest.raises(RecipeError) as caught:
        timeline_from_json(data, "film.mp4")
    sentence = str(caught.value)
    assert sentence.isprintable() and len(sentence) < 400 and sentence.startswith("film.mp4 ")
    return sentence


@pytest.mark.parametrize(
    "item", [b'"marks":[1', b'"beats":[{"time":1}', b'"walks":[{}', b'"tracks":[0']
)
def test_many_small_values_are_refused_unread(item: bytes) -> None:
    head, _, value = item.partition(b"[")
    most = MAX_OBJECTS if b"{" in value else MAX_VALUES
    data = HEAD + head + b"[" + b",".join([value] * (most + 2)) + b"]}}"
    assert "too large for a timeline" in refused(data)


def test_a_film_does_not_get_around_it() -> None:
    text = HEAD + b'"marks":[' + b"1," * (MAX_VALUES + 1) + b"1]}}"
    data = b"GIF89a" + bytes(7) + comment(text) + b";"
    with pytest.raises(RecipeError, match="too large for a timeline"):
        timeline_in(io.BytesIO(data))


def test_what_could_not_be_read_is_not_written() -> None:
    eases = Ease("drawn", tuple(i / 256 for i in range(257)))
    keys = tuple(Key(float(i), Truncation(0.5), eases) for i in range(2 * MAX_VALUES // 257))
    long = Timeline(tracks=(TruncationTrack(keys),), length=80_000.0, rate=(1, 1))
    with pytest.raises(RecipeError, match="too large for a timeline"):
        timeline_to_json(long)
    fits = msgspec.structs.replace(long, tracks=(TruncationTrack(keys[: len(keys) // 4]),))
    assert timeline_from_json(timeline_to_json(fits)) == fits


@given(st.text(max_size=600))
def test_no_field_breaks_the_sentence(field: str) -> None:
    refused(HEAD + msgspec.json.encode(field + "?") + b":1}}")


def test_a_version_without_end_neither() -> None:
    assert "newer" in refused(b'{"format":"latentstudio timeline","version":' + b"1" * 4000 + b"}")


@pytest.mark.parametrize("cell", [b"1" * 200_000 + b"x", b"1" * 200_000 + b".x", b"9" * 101])
def test_long_numbers_are_none_and_are_seen_at_once(cell: bytes) -> None:
    with pytest.raises(RecipeError, match=r"line 2: '[19]{40}' is not a number"):
        beats_from_csv(b"1\n" + cell + b"\n")


def test_beats_at_one_time_count_too() -> None:
    assert len(beats_from_csv(b"1\n" * MAX_BEATS)) == 1
    with pytest.raises(RecipeError, match=f"line {MAX_BEATS + 1}: {MAX_BEATS} beats are the most"):
        beats_from_csv(b"1\n" * 2 * MAX_BEATS)


@given(st.binary(max_size=80) | st.text('0123456789.,;e+-\t\n "x', max_size=80).map(str.encode))
def test_any_table_is_beats_or_a_sentence(data: Any) -> None:
    try:
        beats = beats_from_csv(data)
    except RecipeError as error:
        assert str(error).isprintable()
    else:
        assert beats == tuple(sorted(beats, key=lambda beat: beat.time))
