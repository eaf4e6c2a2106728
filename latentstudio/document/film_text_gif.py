"""Comments of a GIF (GIF89a specification, sections 15 and 24)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from latentstudio.document.recipe import RecipeError

_MARK = b"latentstudio timeline\n"  # other programs write comments too
_PIECE = 255
_MAX_PIECES = 600_000  # twice what the longest timeline has


def comment(text: bytes) -> bytes:
    """A comment that carries the text of a timeline."""
    data = _MARK + text
    pieces = (data[i : i + _PIECE] for i in range(0, len(data), _PIECE))
    return b"\x21\xfe" + b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


def find_gif(stream: BinaryIO, source: str) -> bytes | None:
    """The timeline's text in a GIF: before its first picture, where it was written."""
    budget = iter(range(_MAX_PIECES))
    for kind, start in gif_blocks(stream, source):
        if kind == b"\xfe":
            stream.seek(start)
            data = b"".join(_pieces(stream, source, budget))
            if data.startswith(_MARK):
                return data[len(_MARK) :]
    return None


def gif_blocks(stream: BinaryIO, source: str = "the picture") -> Iterator[tuple[bytes, int]]:
    """Yield (kind, where its data starts) of each block up to the first picture (``,``).

    The kind of an extension is its label.
    """
    budget = iter(range(_MAX_PIECES))
    stream.seek(10)
    flags = _exactly(stream, 3, source)[0]
    stream.seek(13 + (3 * (2 << (flags & 7)) if flags & 0x80 else 0))
    while (kind := _exactly(stream, 1, source)) == b"\x21":
        label = _exactly(stream, 1, source)
        start = stream.tell()
        yield label, start
        stream.seek(start)
        for _ in _pieces(stream, source, budget):
            pass
    if kind not in (b",", b";"):
        raise RecipeError(f"{source} is a damaged film: a part of it is out of place")
    yield kind, stream.tell()


def _pieces(stream: BinaryIO, source: str, budget: Iterator[int]) -> Iterator[bytes]:
    """The pieces of a block; all blocks of a file share the budget."""
    for _ in budget:
        length = _exactly(stream, 1, source)[0]
        if not length:
            return
        yield _exactly(stream, length, source)
    raise RecipeError(f"{source} is a damaged film: its comments do not end")


def _exactly(stream: BinaryIO, count: int, source: str) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise RecipeError(f"{source} is a damaged film: it is cut short")
    return data
