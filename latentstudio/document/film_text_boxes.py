"""Boxes with a length: MP4 (ISO/IEC 14496-12, section 4.2) and WebP's RIFF (RFC 9649)."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO
from uuid import UUID

from latentstudio.document.recipe import RecipeError

MP4_UUID = UUID("0b8f9f7e-6f0c-4a55-9d6b-6c617374756d").bytes
WEBP_KIND = b"LSTL"

_MAX_PARTS = 1_100_000  # a WebP has one for each frame


def mp4_box(kind: bytes, data: bytes) -> bytes:
    """A box of an MP4."""
    return struct.pack(">I4s", 8 + len(data), kind) + data


def find_mp4(stream: BinaryIO, source: str) -> tuple[int, int] | None:
    """Where the timeline's text stands in an MP4, and how long it is."""
    for kind, start, length in _mp4_boxes(stream, source):
        if kind == b"uuid" and length >= 16:
            stream.seek(start)
            if stream.read(16) == MP4_UUID:
                return start + 16, length - 16
    return None


def _mp4_boxes(stream: BinaryIO, source: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield (kind, where its data starts, how long its data is) for each outermost box."""
    end, position = stream.seek(0, io.SEEK_END), 0
    for _ in range(_MAX_PARTS):
        if position == end:
            return
        stream.seek(position)
        header = stream.read(16)
        if len(header) < 8:
            raise _cut_short(source)
        size, kind = struct.unpack(">I4s", header[:8])
        inside = 8
        if size == 1 and len(header) == 16:
            size, inside = int.from_bytes(header[8:], "big"), 16
        elif size == 0:
            size = end - position
        if size < inside or size > end - position:
            raise _cut_short(source)
        yield kind, position + inside, size - inside
        position += size
    raise _too_many(source)


def riff_chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a WebP."""
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def find_webp(stream: BinaryIO, source: str) -> tuple[int, int] | None:
    """Where the timeline's text stands in a WebP, and how long it is."""
    found = (at[1:] for at in riff_chunks(stream, source) if at[0] == WEBP_KIND)
    return next(found, None)


def riff_chunks(stream: BinaryIO, source: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield (kind, where its data starts, how long its data is) for each chunk of a WebP."""
    end, position = stream.seek(0, io.SEEK_END), 12
    for _ in range(_MAX_PARTS):
        if position >= end:
            return
        stream.seek(position)
        header = stream.read(8)
        if len(header) < 8:
            raise _cut_short(source)
        kind, length = struct.unpack("<4sI", header)
        if length > end - position - 8:
            raise _cut_short(source)
        yield kind, position + 8, length
        position += 8 + length + length % 2
    raise _too_many(source)


def _cut_short(source: str) -> RecipeError:
    return RecipeError(f"{source} is a damaged film: it is cut short")


def _too_many(source: str) -> RecipeError:
    return RecipeError(f"{source} is a damaged film: it has more than {_MAX_PARTS} parts")
