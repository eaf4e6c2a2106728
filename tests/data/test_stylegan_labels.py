"""dataset.json: read whatever it holds, written so that others can read it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.data.attributes import Attribute
from latentstudio.data.errors import DataError
from latentstudio.data.labels import Labels, class_labels
from latentstudio.data.stylegan_labels import parse_label_file
from trainer.data.stylegan_labels import write_label_file

NAMES = ["00000/img00000000.png", "00000/img00000001.png", "b/ä.png"]


def parsed(content, names=NAMES):
    return parse_label_file(json.dumps(content).encode(), names, "dataset.json")


def test_whole_numbers_are_classes():
    pairs = [[NAMES[2], 4], [NAMES[0], 1], [NAMES[1], 0], ["elsewhere.png", 9]]
    labels = parsed({"labels": pairs})
    (attribute,) = labels.attributes
    assert (attribute.name, attribute.kind) == ("class", "categorical")
    assert attribute.values == ("0", "1", "2", "3", "4")
    assert labels.values["class"].tolist() == [1, 0, 4]
    assert labels.values["class"].dtype == np.int64


def test_vectors_are_continuous():
    labels = parsed({"labels": [[n, [i, 0.5]] for i, n in enumerate(NAMES)]})
    assert [(a.name, a.kind, a.low, a.high) for a in labels.attributes] == [
        ("label0", "continuous", 0.0, 2.0),
        ("label1", "continuous", 0.5, 1.5),
    ]
    assert labels.values["label0"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("content", [{"labels": None}, {}, {"labels": []}])
def test_no_labels(content):
    assert parsed(content) == Labels()


def test_backslashes_and_a_byte_order_mark():
    raw = json.dumps({"labels": [["a\\b.png", 2]]}).encode("utf-8-sig")
    assert parse_label_file(raw, ["a/b.png"], "x").values["class"].tolist() == [2]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"{", "not valid JSON"),
        (b"\xff", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "JSON object"),
        (b'{"labels": 3}', "must be a list"),
        (b'{"labels": [["a.png", 1], ["b.png"]]}', "entry 1 is not"),
        (b'{"labels": [["b.png", 1]]}', "no label for a.png"),
        (b'{"labels": [["a.png", -1]]}', "from 0 to"),
        (b'{"labels": [["a.png", 999999999999]]}', "from 0 to"),
        (b'{"labels": [["a.png", true]]}', "whole numbers"),
        (b'{"labels": [["a.png", "cat"]]}', "whole numbers"),
        (b'{"labels": [["a.png", []]]}', "whole numbers"),
        (b'{"labels": [["a.png", [1e400]]]}', "JSON|finite"),
        (b'{"labels": [["a.png", [NaN]]]}', "not valid JSON"),
        (b'{"labels": [["a.png", [null]]]}', "finite number"),
    ],
)
def test_malformed_files_are_one_sentence(raw, message):
    with pytest.raises(DataError, match=message) as caught:
        parse_label_file(raw, ["a.png"], "dataset.json")
    assert "\n" not in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)
own = st.fixed_dictionaries({"names": st.just(["a", "b"]), "attributes": json_values})
pairs = st.lists(st.tuples(st.sampled_from(["a", "b"]), json_values), max_size=3)


@given(
    st.fixed_dictionaries({}, optional={"labels": pairs | json_values, "latentstudio": own})
    | json_values
)
def test_any_json_gives_labels_or_a_sentence(content):
    raw = json.dumps(content).encode()
    try:
        labels = parse_label_file(raw, ["a", "b"], "dataset.json")
    except DataError:
        return
    for a in labels.attributes:
        values = labels.values[a.name]
        assert values.shape == (2,) and np.isfinite(values).all()
        assert a.kind == "continuous" or ((values >= 0) & (values < len(a.values))).all()


@given(st.binary(max_size=60))
def test_any_bytes_give_labels_or_a_sentence(raw):
    try:
        parse_label_file(raw, ["a"], "dataset.json")
    except DataError as error:
        assert str(error)


words = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=6)


@st.composite
def labelled(draw):
    n = draw(st.integers(1, 6))
    attributes, values = [], {}
    for name in draw(st.lists(words, min_size=1, max_size=4, unique=True)):
        if draw(st.booleans()):
            classes = draw(st.lists(words, min_size=1, max_size=4))
            attributes.append(Attribute(name=name, kind="categorical", values=tuple(classes)))
            top = len(classes) - 1
            numbers = draw(st.lists(st.integers(0, top), min_size=n, max_size=n))
            values[name] = np.array(numbers, np.int64)
        else:
            attributes.append(Attribute(name=name, kind="continuous", period=1.0, flip="drop"))
            reals = draw(st.lists(st.floats(-(2.0**60), 2.0**60, width=32), min_size=n, max_size=n))
            values[name] = np.array(reals, np.float32)
    return Labels(tuple(attributes), values), [f"{i}.png" for i in range(n)]


@given(labelled())
def test_what_is_written_is_read_back(case):
    labels, names = case
    back = parse_label_file(write_label_file(labels, names), names, "dataset.json")
    assert back.attributes == labels.attributes
    for name, values in labels.values.items():
        assert back.values[name].dtype == values.dtype
        assert np.array_equal(back.values[name], values)


def test_others_find_the_classes_in_labels():
    raw = write_label_file(class_labels(["cat", "dog"], [1, 0]), ["a.png", "b.png"])
    assert json.loads(raw)["labels"] == [["a.png", 1], ["b.png", 0]]
    assert json.loads(write_label_file(Labels(), ["a.png"])) == {"labels": None}
    # Where pictures were renamed, our own part no longer fits and the plain labels count.
    assert parse_label_file(raw, ["b.png"], "x").values["class"].tolist() == [0]
