"""Direction files: whatever is on the disk, a direction or one sentence."""

import json
import os

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from latentstudio.atomic import SaveError
from latentstudio.document import direction_file
from latentstudio.document.checks import RecipeError
from latentstudio.document.direction import Direction, Leak
from latentstudio.document.direction_file import (
    MAX_BYTES,
    SUFFIX,
    direction_from_json,
    direction_to_json,
    read_direction,
    write_direction,
)
from latentstudio.document.edit import Bend
from latentstudio.document.vector import MAX_VALUES, Vector
from tests.strategies import json_values, numbers, vectors

HASH = "ab" * 32
SMILE = Direction(
    "Smile",
    HASH,
    Vector.of("w", np.array([1.0, -2.0], np.float32)),
    unit="1 σ of smile",
    leakage=(Leak("age", "", 0.1, 0.05, 0.15, 0.2),),
    score=0.5,
)

words = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=12)
leaks = st.builds(Leak, words, words, *[numbers(-10, 10)] * 4)
bends = st.builds(
    Bend,
    st.integers(0, 30),
    st.sets(st.integers(0, 99), max_size=4).map(lambda chosen: tuple(sorted(chosen))),
    st.just("style"),
    numbers(-1000, 1000),
)
shared = {
    "first": st.integers(0, 20),
    "stop": st.none() | st.integers(21, 1024),
    "unit": words,
    "low": numbers(-100, -0.1),
    "high": numbers(0.1, 100),
    "method": st.sampled_from(["ridge", "svm", "style", "gradient"]),
    "attribute": words,
    "kept": st.lists(words, max_size=3).map(tuple),
    "samples": st.integers(0, 9999),
    "score": st.none() | numbers(-1, 1),
    "leakage": st.lists(leaks, max_size=3).map(tuple),
    "notes": words,
}
names = words.filter(bool)
directions = st.builds(Direction, names, st.just(HASH), vectors(), **shared) | st.builds(
    Direction,
    names,
    st.just(HASH),
    channels=st.lists(bends, min_size=1, max_size=3).map(tuple),
    **shared,
)


@given(directions)
def test_round_trip_is_exact_and_canonical(direction):
    data = direction_to_json(direction)
    back = direction_from_json(data)
    assert back == direction
    assert type(back) is Direction
    assert back.key == direction.key
    assert direction_to_json(back) == data


def test_the_file_is_for_people_too(tmp_path):
    path = tmp_path / f"smile{SUFFIX}"
    write_direction(path, SMILE)
    assert read_direction(path) == SMILE
    lines = path.read_text("utf-8").splitlines()
    assert lines[:3] == ["{", '  "format": "latentstudio direction",', '  "name": "Smile",']
    assert '  "unit": "1 σ of smile",' in lines
    plain = json.loads(path.read_bytes())
    assert plain["vector"] == {"kind": "vector", "space": "w", "shape": [2], "data": "AACAPwAAAMA="}
    assert plain["leakage"][0]["attribute"] == "age"
    assert plain["version"] == 1
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_file_of_today_opens_in_ten_years():
    text = (
        '{"format":"latentstudio direction","name":"Smile","checkpoint":"' + HASH + '","vector":'
        '{"kind":"vector","space":"w","shape":[2],"data":"AACAPwAAAMA="},"unit":"1 σ of smile",'
        '"score":0.5,"version":1,"leakage":[{"attribute":"age","value":"","mean":0.1,"low":0.05,'
        '"high":0.15,"size":0.2}]}'
    )
    assert direction_from_json(text.encode()) == SMILE
    assert direction_from_json(b"\xef\xbb\xbf" + text.encode()) == SMILE


def written(**fields) -> bytes:
    return json.dumps(json.loads(direction_to_json(SMILE)) | fields).encode()


BAD = [
    (b"", "truncated"),
    (b"[]", "Expected `object`"),
    (b"{}", "mine.json is not a latentstudio direction"),
    (b'{"format":"latentstudio session","version":9}', "is not a latentstudio direction"),
    (b'{"format":"latentstudio direction"}', "name"),
    (b"\xff\xfe{", "does not hold a readable direction"),
    (b"[" * 100_000, "does not hold a readable direction"),
    (b'{"a":' * 5000, "does not hold a readable direction"),
    (written(low=7), "direction.low must be below direction.high"),
    (written(high=1e9), "direction.high is 1000000000"),
    (written(low="x"), r"\$\.low"),
    (written(name="\ud800"), "does not hold a readable direction"),
    (written(name="a\nb"), "direction.name"),
    (written(method="magic"), "method"),
    (written(extra=1), "extra"),
    (written(vector={"kind": "vector", "space": "w", "shape": [2], "data": "!"}), "vector"),
    (written(vector=None), "either a vector or channels"),
    (written(leakage=[{"attribute": "a"}]), "leakage"),
    (written(version=0), "version is 0"),
    (written(version="x"), "version"),
]


@pytest.mark.parametrize(("data", "sentence"), BAD, ids=[s for _, s in BAD])
def test_bad_bytes_are_one_sentence_with_the_source_and_the_field(data, sentence):
    with pytest.raises(RecipeError, match=sentence) as caught:
        direction_from_json(data, "mine.json")
    text = str(caught.value)
    assert text.startswith("mine.json ")
    assert text.count("mine.json") == 1
    assert "\n" not in text


def test_a_newer_version_is_named_even_if_its_fields_are_unknown():
    with pytest.raises(RecipeError, match=r"^x was written by a newer.*version 2.*update"):
        direction_from_json(written(version=2, name=3, extra=1), "x")


@given(directions, st.data())
@example(SMILE, None)
def test_mutated_bytes_give_a_direction_or_a_sentence(direction, data):
    raw = bytearray(direction_to_json(direction))
    if data is not None:
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(raw) - 1))
            raw[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    try:
        back = direction_from_json(bytes(raw), "m")
    except RecipeError as error:
        assert str(error).startswith("m ")
    else:
        assert direction_from_json(direction_to_json(back)) == back


@given(st.sampled_from(sorted(json.loads(direction_to_json(SMILE)))), json_values)
def test_any_value_in_any_field_gives_a_direction_or_a_sentence(field, value):
    try:
        direction_from_json(written(**{field: value}), "m")
    except RecipeError as error:
        assert str(error).startswith("m ")


@given(st.binary(max_size=300))
def test_any_bytes_give_a_sentence(data):
    with pytest.raises(RecipeError, match=r"^m "):
        direction_from_json(data, "m")


def test_files_that_are_none(tmp_path):
    missing = tmp_path / "gone.direction.json"
    with pytest.raises(RecipeError, match=r"gone\.direction\.json is not there"):
        read_direction(missing)
    with pytest.raises(RecipeError, match="is not a file"):
        read_direction(tmp_path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(RecipeError, match="is not a file"):
        read_direction(pipe)
    large = tmp_path / "large"
    with large.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(RecipeError, match="large is above 16 MiB"):
        read_direction(large)


def test_the_largest_vector_is_within_the_limit_and_more_is_not_written(tmp_path, monkeypatch):
    path = tmp_path / "a.direction.json"
    huge = Direction("Huge", HASH, Vector.of("w", np.ones(MAX_VALUES, np.float32)))
    write_direction(path, huge)
    assert read_direction(path) == huge
    monkeypatch.setattr(direction_file, "MAX_BYTES", 100)
    with pytest.raises(SaveError, match=r"a\.direction\.json was not saved: the direction has"):
        write_direction(path, SMILE)
    monkeypatch.undo()
    assert read_direction(path) == huge
    with pytest.raises(SaveError, match="does not exist"):
        write_direction(tmp_path / "none" / "a", SMILE)
