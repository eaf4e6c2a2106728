"""The tags of a WebM (EBML, RFC 8794; Matroska, RFC 9559)."""

from __future__ import annotations

import io
from typing import BinaryIO

from latentstudio.document.recipe import RecipeError

TAG_NAME = "LATENTSTUDIO_TIMELINE"
EBML = b"\x1aE\xdf\xa3"

_SEGMENT, _TAGS, _TAG, _SIMPLE = 0x18538067, 0x1254C367, 0x7373, 0x67C8
_NAME, _STRING = 0x45A3, 0x4487
_ENTERED = (_SEGMENT, _TAGS, _TAG, _SIMPLE)
_MAX_PARTS = 200_000


def find_webm(stream: BinaryIO, source: str) -> tuple[int, int] | None:
    """Where the timeline's text stands in a WebM, and how long it is."""
    end, position, ours = stream.seek(0, io.SEEK_END), 0, False
    for _ in range(_MAX_PARTS):
        if position >= end:
            return None
        stream.seek(position)
        header = stream.read(12)
        kind, id_bytes = _number(header, 4, source)
        size, size_bytes = _number(header[id_bytes:], 8, source)
        start = position + id_bytes + size_bytes
        size -= 1 << 7 * size_bytes  # the mark of how long it is
        unknown = size == (1 << 7 * size_bytes) - 1  # written as a stream: up to its parent's end
        if not unknown and size > end - start:
            raise RecipeError(f"{source} is a damaged film: it is cut short")
        if kind == _NAME:
            stream.seek(start)
            ours = size == len(TAG_NAME) and stream.read(size) == TAG_NAME.encode()
        elif kind == _STRING and ours:
            return start, size
        elif kind == _SIMPLE:
            ours = False
        position = start if unknown or kind in _ENTERED else start + size
    raise RecipeError(f"{source} is a damaged film: it has more than {_MAX_PARTS} parts")


def _number(data: bytes, most: int, source: str) -> tuple[int, int]:
    """A number of variable length with its mark, and how many bytes it has."""
    length = 9 - data[0].bit_length() if data else 9
    if length > min(most, len(data)):
        raise RecipeError(f"{source} is a damaged film: a part of it is out of place")
    return int.from_bytes(data[:length], "big"), length
