"""The recipe inside a PNG, so that every saved picture can be opened again to the pixel.

The recipe's JSON stands uncompressed in an ``iTXt`` chunk with the keyword ``latentstudio``,
before the pixels (PNG specification, third edition, section 11.3.3). Only chunk headers are walked
here; no pixel is decoded. Other programs may rewrite a picture and turn the chunk into ``tEXt``,
``zTXt`` or a compressed ``iTXt``: those are read too.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from latentstudio.document.codec import MAX_BYTES, recipe_from_json, recipe_to_json
from latentstudio.document.recipe import Recipe, RecipeError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = "latentstudio"
GRID_KEYWORD = "latentstudio-grid"

_TEXT_KINDS = (b"iTXt", b"tEXt", b"zTXt")
_MAX_CHUNKS = 1_000_000


def embed_recipe(png: bytes, recipe: Recipe) -> bytes:
    """Return the PNG with ``recipe`` in it, in place of an older one; pixels are untouched.

    Raises
    ------
    RecipeError
        One sentence, if ``png`` is not a whole PNG or the recipe is above 16 MiB.
    """
    return embed_text(png, KEYWORD, recipe_to_json(recipe))


def read_recipe(png: bytes | BinaryIO, source: str = "the picture") -> Recipe:
    """Read the recipe in a PNG.

    Parameters
    ----------
    png
        The file's bytes, or the file opened for reading bytes (it must be seekable; pixels are
        skipped, not read).
    source
        What to call it in the sentence of an error, such as the file's name.

    Raises
    ------
    RecipeError
        One sentence: not a PNG, cut short, without a recipe, damaged, or from a newer version.
    """
    data = read_text(png, KEYWORD, source)
    if data is not None:
        return recipe_from_json(data, source)
    if read_text(png, GRID_KEYWORD, source) is not None:
        raise RecipeError(f"{source} is a grid of several pictures: open a single one instead")
    raise RecipeError(f"{source} holds no recipe: only pictures saved by latentstudio do")


def embed_text(png: bytes, keyword: str, text: bytes) -> bytes:
    """Return the PNG with UTF-8 ``text`` under ``keyword`` before its pixels, replacing older."""
    if len(text) > MAX_BYTES:
        raise RecipeError(f"the text has {len(text) >> 20} MiB; a picture carries at most 16 MiB")
    key = keyword.encode("latin-1")
    chunk = _chunk(b"iTXt", key + b"\0\0\0\0\0" + text)
    parts = [SIGNATURE]
    placed = False
    for kind, start, length in _walk(io.BytesIO(png), "the picture"):
        whole = png[start - 8 : start + length + 4]
        if kind in _TEXT_KINDS and whole[8:].startswith(key + b"\0"):
            continue
        if kind == b"IDAT" and not placed:
            parts.append(chunk)
            placed = True
        parts.append(whole)
    if not placed:
        raise RecipeError("the picture is a damaged PNG: it has no pixels")
    return b"".join(parts)


def read_text(png: bytes | BinaryIO, keyword: str, source: str) -> bytes | None:
    """Return the text under ``keyword``, at most 16 MiB; None when there is none.

    Raises
    ------
    RecipeError
        One sentence: not a PNG, cut short, or the chunk damaged or too large.
    """
    stream = io.BytesIO(png) if isinstance(png, bytes) else png
    stream.seek(0)
    key = keyword.encode("latin-1") + b"\0"
    for kind, start, length in _walk(stream, source):
        if kind not in _TEXT_KINDS or length < len(key):
            continue
        stream.seek(start)
        if stream.read(len(key)) != key:
            continue
        if length > MAX_BYTES + 1024:
            raise RecipeError(f"the recipe in {source} is above 16 MiB: the file is damaged")
        body = stream.read(length - len(key))
        if zlib.crc32(kind + key + body) != int.from_bytes(stream.read(4), "big"):
            raise RecipeError(f"the recipe in {source} is damaged: its checksum is wrong")
        return _text(kind, body, source)
    return None


def _walk(stream: BinaryIO, source: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield (kind, where its data starts, how long its data is) for each chunk up to the last."""
    if stream.read(8) != SIGNATURE:
        raise RecipeError(f"{source} is not a PNG picture")
    end = stream.seek(0, io.SEEK_END)
    position = 8
    for number in range(_MAX_CHUNKS):
        stream.seek(position)
        header = stream.read(8)
        length, kind = struct.unpack(">I4s", header) if len(header) == 8 else (end, b"")
        if position + 12 + length > end:
            raise RecipeError(f"{source} is a damaged PNG: it is cut short")
        if (number == 0) != (kind == b"IHDR") or not kind.isalpha():
            raise RecipeError(f"{source} is a damaged PNG: a part of it is out of place")
        yield kind, position + 8, length
        if kind == b"IEND":
            return
        position += 12 + length
    raise RecipeError(f"{source} is a damaged PNG: it has more than {_MAX_CHUNKS} parts")


def _text(kind: bytes, body: bytes, source: str) -> bytes:
    """Return what a text chunk says, after its keyword."""
    compressed = kind == b"zTXt"
    if kind == b"iTXt":
        fields = body[2:].split(b"\0", 2)
        if len(body) < 2 or body[0] > 1 or body[1] != 0 or len(fields) != 3:
            raise RecipeError(f"the recipe in {source} is damaged: its text has no clear start")
        compressed, body = body[0] == 1, fields[2]
    elif compressed:
        if body[:1] != b"\0":
            raise RecipeError(f"the recipe in {source} is damaged: unknown compression")
        body = body[1:]
    return _inflate(body, source) if compressed else body


def _inflate(body: bytes, source: str) -> bytes:
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(body, MAX_BYTES + 1)
    except zlib.error as error:
        raise RecipeError(f"the recipe in {source} is damaged: it cannot be unpacked") from error
    if len(text) > MAX_BYTES:
        raise RecipeError(f"the recipe in {source} unpacks to more than 16 MiB: it is damaged")
    if not inflater.eof:
        raise RecipeError(f"the recipe in {source} is damaged: it is cut short")
    return text


def _chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data)
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", crc)
