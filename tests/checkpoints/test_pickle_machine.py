"""The pickle machine, against Python's own pickler."""

import _codecs
import pickle
import pickletools
from collections import OrderedDict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.pickle_machine import LONG_TEXT, PERSISTENT, read_pickle
from latentstudio.checkpoints.pickle_records import (
    MAX_INSTRUCTIONS,
    MAX_NUMBER_KEYS,
    ForbiddenNameError,
    Reading,
)

NAMES = {"collections.OrderedDict", "_codecs.encode", "builtins.set", "builtins.frozenset"}


def read(data, names=NAMES, start=0):
    return read_pickle(memoryview(data), names, Reading(Path("a.pkl")), start)


numbers = st.integers(-(2**300), 2**300) | st.floats(allow_nan=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
keys = texts | numbers | st.booleans() | st.none()
plain = st.recursive(
    keys | st.binary(max_size=300) | st.sets(keys, max_size=5) | st.frozensets(texts, max_size=5),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(keys, inner, max_size=5)
    ),
    max_leaves=30,
)


@settings(deadline=None, max_examples=60)
@given(plain, st.sampled_from([4, 5]))
def test_what_python_pickles_comes_out_equal(value, protocol):
    data = pickle.dumps(value, protocol)
    for written in (data, pickletools.optimize(data)):
        assert read(written) == (value, len(written))


old = st.recursive(
    keys,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(keys, inner, max_size=5)
    ),
    max_leaves=30,
)


@settings(deadline=None, max_examples=60)
@given(old, st.sampled_from([0, 1, 2, 3]))
def test_older_protocols(value, protocol):
    data = pickle.dumps(value, protocol)
    assert read(data) == (value, len(data))


@pytest.mark.parametrize("protocol", range(6))
def test_sharing_is_kept(protocol):
    shared = ["a"]
    itself = [shared, shared, {"b": shared}]
    itself.append(itself)
    value, _ = read(pickle.dumps(itself, protocol))
    assert value[0] is value[1] is value[2]["b"] and value[3] is value
    recursive = ([],)
    recursive[0].append(recursive)
    value, _ = read(pickle.dumps(recursive, protocol))
    assert type(value) is tuple and value[0][0] is value


def test_bytes_are_views_of_the_file():
    data = bytearray(pickle.dumps([b"x" * 10, b"y" * 300, bytearray(b"z" * 10)], 5))
    value, _ = read(data)
    assert value == [b"x" * 10, b"y" * 300, b"z" * 10]
    data[:] = data.replace(b"x", b"w").replace(b"y", b"v").replace(b"z", b"u")
    assert value == [b"w" * 10, b"v" * 300, b"u" * 10]


def test_long_texts_are_left_alone():
    text = "ö" * LONG_TEXT
    value, _ = read(pickle.dumps([text, text[: LONG_TEXT // 2]]))
    assert type(value[0]) is memoryview and str(value[0], "utf-8") == text
    assert value[1] == text[: LONG_TEXT // 2]


def test_several_in_a_row():
    data = pickle.dumps([1], 2) + pickle.dumps("two", 4) + b"rest"
    first, middle = read(data)
    second, end = read(data, start=middle)
    assert (first, second, data[end:]) == ([1], "two", b"rest")


@pytest.mark.parametrize("protocol", range(6))
def test_calls_become_records(protocol):
    value, _ = read(pickle.dumps(OrderedDict(a=1), protocol))
    assert (value.name, value.args, value.state) == ("collections.OrderedDict", (), None)
    assert value.entries == {"a": 1}
    value, _ = read(pickle.dumps(_codecs.encode, protocol))
    assert value.name == "_codecs.encode"


class New:
    def __getnewargs_ex__(self):
        return (1, 2), {}

    def __getstate__(self):
        return {"__class__": "x", "name": "y"}


@pytest.mark.parametrize("protocol", [4, 5])
def test_state_stays_beside_the_record(protocol):
    New.__module__ = __name__
    data = pickle.dumps(New(), protocol)
    value, _ = read(data, {f"{__name__}.New"})
    assert (value.name, value.args) == (f"{__name__}.New", (1, 2))
    assert value.state == {"__class__": "x", "name": "y"}
    with pytest.raises(ForbiddenNameError, match=r"^a\.pkl asks for '.*New', which") as caught:
        read(data)
    assert caught.value.name == f"{__name__}.New"


def test_persistent_ids_only_where_they_are_expected():
    data = b"\x80\x02X\x01\x00\x00\x00aQ."
    value, _ = read(data, {PERSISTENT})
    assert (value.name, value.args) == (PERSISTENT, ("a",))
    with pytest.raises(CheckpointError, match="outside"):
        read(data)


def test_the_limits_are_where_they_are_said_to_be():
    read(b"\x80\x04" + b"N0" * (MAX_INSTRUCTIONS // 2 - 1) + b"N.")
    with pytest.raises(CheckpointError, match="more instructions"):
        read(b"\x80\x04" + b"N0" * (MAX_INSTRUCTIONS // 2) + b"N.")
    read(pickle.dumps(dict.fromkeys(range(MAX_NUMBER_KEYS))))
    with pytest.raises(CheckpointError, match="keys that are no texts"):
        read(pickle.dumps(dict.fromkeys(range(MAX_NUMBER_KEYS + 1))))
    read(pickle.dumps(dict.fromkeys(map(str, range(MAX_NUMBER_KEYS + 1)))))


def test_limits_hold_for_all_pickles_of_a_file():
    data, reading = memoryview(pickle.dumps("text")), Reading(Path("a.pkl"), instructions=10)
    with pytest.raises(CheckpointError, match="more instructions"):
        for _ in range(10):
            read_pickle(data, (), reading)
