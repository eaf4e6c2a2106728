"""Numbers and arrays inside a pickle, as numpy writes them there."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from latentstudio.checkpoints.array_ref import array_ref, contiguous, is_shape
from latentstudio.checkpoints.pickle_records import ENCODE, Reading, Record, bytes_of

# numpy 2 renamed its rooms.
_SCALAR = tuple(f"numpy.{core}.multiarray.scalar" for core in ("core", "_core"))
_ARRAY = tuple(f"numpy.{core}.multiarray._reconstruct" for core in ("core", "_core"))
_BUFFER = tuple(f"numpy.{core}.numeric._frombuffer" for core in ("core", "_core"))
_DTYPE = "numpy.dtype"
VALUES = frozenset((*_SCALAR, *_ARRAY, *_BUFFER))
NAMES = VALUES | {_DTYPE, ENCODE, "numpy.ndarray"}

_PLAIN = re.compile("b1|[iu][1248]|f[248]")


def numpy_value(record: Record, reading: Reading) -> Any:
    """Return the number (as Python's) or the read-only array that one of :data:`VALUES` is.

    Raises
    ------
    CheckpointError
        Anything but plain numbers, or not all of it.
    """
    parts: tuple[Any, ...] = record.args
    if record.name in _ARRAY and type(record.state) is tuple and len(record.state) == 5:
        _, shape, dtype, fortran, raw = record.state
    elif record.name in _BUFFER and len(parts) == 4:  # protocol 5
        (raw, dtype, shape), fortran = parts[:3], parts[3] in tuple("F")
    elif record.name in _SCALAR and len(parts) == 2:
        shape, fortran, (dtype, raw) = (), False, parts
    else:
        raise reading.damaged("a number or array has no content")
    stored = _stored(dtype, reading)
    data = bytes_of(raw, reading)
    if not is_shape(shape):
        raise reading.damaged("the shape of an array is impossible")
    strides = contiguous(shape[::-1])[::-1] if fortran is True else contiguous(shape)
    array = array_ref(data, stored, np.dtype(stored).name, shape, strides, reading).array()
    if array.nbytes != len(data):
        raise reading.damaged("the shape and the bytes of an array disagree")
    return array.item() if record.name in _SCALAR else array


def _stored(value: Any, reading: Reading) -> str:
    """Return a dtype's name with its byte order."""
    if type(value) is Record and value.name == _DTYPE and value.args:
        name, state = value.args[0], value.state
        order = "=" if state is None else state[1] if _is_state(state) else None
        if type(name) is str and type(order) is str and order in tuple("<>|="):
            if _PLAIN.fullmatch(name):
                return order + name
            raise reading.damaged("an array holds other things than plain numbers")
    raise reading.damaged("an array has no kind of number")


def _is_state(state: Any) -> bool:
    return type(state) is tuple and len(state) in (8, 9)
