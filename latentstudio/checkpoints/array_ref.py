"""Where an array of numbers lies in a mapped file, checked before it is believed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentstudio.checkpoints.layout import MAX_DIMENSIONS, MAX_SIZE
from latentstudio.checkpoints.pickle_records import Reading


@dataclass(frozen=True, slots=True, eq=False)
class ArrayRef:
    """An array that is not read from disk before it is asked for.

    Attributes
    ----------
    data
        View of the file, from the first element on.
    stored
        Numpy's name of how elements are stored: ``<f4``. bfloat16, which numpy lacks, is ``<u2``.
    dtype
        Numpy's name of what they are: ``float32``.
    shape
        Sizes.
    strides
        From element to element along each dimension, in bytes.
    """

    data: memoryview
    stored: str
    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """How many bytes the elements take in the file."""
        return math.prod(self.shape) * np.dtype(self.stored).itemsize

    def array(self) -> NDArray[Any]:
        """Return the elements: a read-only view of the file, perhaps unaligned or in any order.

        bfloat16 and booleans, whose bytes numpy cannot or should not believe, come as a copy.
        """
        raw: NDArray[Any] = np.ndarray(self.shape, self.stored, self.data, strides=self.strides)
        if raw.dtype.name == self.dtype:
            return raw
        if self.dtype == "bool":
            return raw.astype(bool)
        # bfloat16 is the upper half of float32.
        return (raw.astype(np.uint32) << 16).view(np.float32)


def array_ref(
    data: memoryview,
    stored: str,
    dtype: str,
    shape: Any,
    strides: Any,
    reading: Reading,
    offset: Any = 0,
) -> ArrayRef:
    """Describe an array whose layout a file claims.

    Parameters
    ----------
    data
        What holds it.
    stored, dtype
        As in :class:`ArrayRef`.
    shape
        Sizes, untrusted.
    strides, offset
        Steps along each dimension and place of the first element, in elements; untrusted.

    Raises
    ------
    CheckpointError
        A layout that is impossible, reaches beyond the data, or repeats elements: what is small
        in a file must not become large in memory.
    """
    if not is_shape(shape):
        raise reading.damaged("the shape of an array is impossible")
    # Numpy multiplies sizes even beside a zero, and overflows.
    if math.prod(n or 1 for n in shape) > MAX_SIZE:
        raise reading.damaged("an array is larger than any network's")
    if not _counts(strides) or len(strides) != len(shape) or not _counts((offset,)):
        raise reading.damaged("the strides of an array are impossible")
    itemsize = np.dtype(stored).itemsize
    size = math.prod(shape)
    last = offset + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
    if size and max(size, last + 1) * itemsize > len(data):
        raise reading.damaged("an array reaches beyond its bytes")
    # The stride of a dimension without steps means nothing, and may be anything.
    steps = tuple(
        stride * itemsize if size and n > 1 else 0 for n, stride in zip(shape, strides, strict=True)
    )
    return ArrayRef(data[offset * itemsize :], stored, dtype, shape, steps)


def contiguous(shape: Sequence[int]) -> tuple[int, ...]:
    """Return the strides, in elements, of an array without gaps whose last index runs fastest."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def is_shape(value: Any) -> bool:
    """Tell whether something from a file is a tuple of a few possible sizes."""
    return _counts(value) and len(value) <= MAX_DIMENSIONS


def _counts(values: Any) -> bool:
    return type(values) is tuple and all(type(n) is int and 0 <= n <= MAX_SIZE for n in values)
