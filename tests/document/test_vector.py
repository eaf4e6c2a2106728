"""Vectors keep every bit of their float32 values."""

import base64
import struct

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from latentstudio.document.vector import MAX_VALUES, Vector
from tests.strategies import floats32, vectors


@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=1, max_dims=1), elements=floats32))
def test_values_come_back_to_the_bit(values):
    back = Vector.of("w", values).values()
    assert back.dtype == np.float32
    assert back.tobytes() == values.tobytes()


@given(vectors())
def test_json_round_trip(vector):
    back = msgspec.json.decode(msgspec.json.encode(vector), type=Vector)
    assert back == vector
    assert np.array_equal(back.values(), vector.values())


def test_layout_is_little_endian_row_by_row():
    packed = Vector.of("w+", np.array([[1, 2], [3, 4]], np.float32))
    assert base64.b64decode(packed.data) == struct.pack("<4f", 1, 2, 3, 4)
    assert packed.shape == (2, 2)


def test_strided_and_other_types_are_packed_by_value():
    grid = np.arange(12, dtype=np.float64).reshape(3, 4)
    assert np.array_equal(Vector.of("w+", grid.T).values(), grid.T)
    assert np.array_equal(Vector.of("z", grid[:, 1]).values(), [1, 5, 9])


def test_values_are_a_copy():
    vector = Vector.of("z", np.zeros(3, np.float32))
    vector.values()[:] = 5
    assert vector.values().tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("space", "shape", "data", "sentence"),
    [
        ("z", (2,), "AAAA", "has 3 bytes; the shape needs 8"),
        ("z", (1,), "not base64!", "vector.data is not base64"),
        ("z", (1,), "AAA\u00e9AAAA", "vector.data is not base64"),
        ("z", (), "", r"vector.shape \[\] does not fit"),
        ("z", (0,), "", r"vector.shape \[0\] does not fit"),
        ("w", (2, 2), "", r"vector.shape \[2, 2\] does not fit"),
        ("w+", (4,), "", r"vector.shape \[4\] does not fit"),
        ("w+", (-1, -4), "", "does not fit"),
        ("z", (MAX_VALUES + 1,), "", "more than"),
        ("z", (1,), base64.b64encode(struct.pack("<f", float("nan"))).decode(), "not finite"),
        ("z", (1,), base64.b64encode(struct.pack("<f", float("inf"))).decode(), "not finite"),
    ],
)
def test_refused(space, shape, data, sentence):
    with pytest.raises(ValueError, match=sentence):
        Vector(space, shape, data)
