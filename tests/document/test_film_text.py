"""The timeline found again in films, and one sentence for every file that holds none."""

from __future__ import annotations

import functools
import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from latentstudio.document import film_text_boxes, film_text_ebml, film_text_gif
from latentstudio.document.film_text import PNG_KEYWORD, read_film_timeline, timeline_in
from latentstudio.document.film_text_boxes import MP4_UUID, WEBP_KIND, mp4_box, riff_chunk
from latentstudio.document.film_text_ebml import TAG_NAME
from latentstudio.document.film_text_gif import comment
from latentstudio.document.png import embed_text
from latentstudio.document.recipe import RecipeError
from latentstudio.document.timeline.file import timeline_to_json
from latentstudio.document.timeline.timeline import Timeline
from tests.strategies import png

FILM = Timeline(length=2.5, rate=(24000, 1001), loop="loop")
TEXT = timeline_to_json(FILM)


def element(kind: str, data: bytes, size: bytes | None = None) -> bytes:
    """An EBML element, written from RFC 8794 alone."""
    return bytes.fromhex(kind) + (size or struct.pack(">Q", len(data) | 1 << 56)) + data


def tag(name: str, text: bytes) -> bytes:
    inside = element("45A3", name.encode()) + element("4487", text)
    return element("7373", element("63C0", b"") + element("67C8", inside))


def webm(text: bytes = TEXT, size: bytes | None = None, name: str = TAG_NAME) -> bytes:
    cluster = element("1F43B675", bytes(100))
    tags = element("1254C367", tag("TITLE", b"{}") + tag(name, text))
    return element("1A45DFA3", bytes(5)) + element("18538067", cluster + tags, size)


def mp4(text: bytes = TEXT) -> bytes:
    other = mp4_box(b"uuid", bytes(16) + b"{}")
    long = struct.pack(">I4sQ", 1, b"mdat", 16 + 50) + bytes(50)
    return mp4_box(b"ftyp", b"isom") + long + other + mp4_box(b"uuid", MP4_UUID + text)


@functools.cache
def gif(text: bytes = TEXT) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((3, 3, 3), np.uint8)).save(buffer, "GIF", comment=b"by a hand")
    data = buffer.getvalue()
    start = 13 + 3 * (2 << (data[10] & 7))
    return b"GIF89a" + data[6:start] + comment(text) + data[start:]


def webp(text: bytes = TEXT) -> bytes:
    parts = riff_chunk(b"VP8X", bytes(10)) + riff_chunk(b"ANMF", bytes(7))
    parts += riff_chunk(WEBP_KIND, text)
    return b"RIFF" + struct.pack("<I", 4 + len(parts)) + b"WEBP" + parts


def sheet(text: bytes = TEXT) -> bytes:
    return embed_text(png(), PNG_KEYWORD, text)


FILMS = {"mp4": mp4, "webm": webm, "gif": gif, "webp": webp, "png": sheet}
kinds = pytest.mark.parametrize("kind", FILMS)


def read(data: bytes) -> Timeline:
    return timeline_in(io.BytesIO(data), "the film")


@kinds
def test_the_timeline_is_found(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "any name"
    path.write_bytes(FILMS[kind]())
    assert read_film_timeline(path) == FILM


def test_a_webm_written_as_a_stream_is_read() -> None:
    assert read(webm(size=b"\x01" + b"\xff" * 7)) == FILM
    assert read(webm(size=b"\xff")) == FILM


@kinds
def test_a_film_from_elsewhere_holds_none(kind: str) -> None:
    bare = {
        "mp4": mp4_box(b"ftyp", b"isom") + struct.pack(">I4s", 0, b"mdat") + bytes(9),
        "webm": webm(name="LATENTSTUDIO_TIMELINF"),
        "gif": b"GIF89a" + gif()[6 : 13 + 3 * (2 << (gif()[10] & 7))] + b"\x21\xfe\x01x\0;",
        "webp": b"RIFF\x0e\0\0\0WEBP" + riff_chunk(b"VP8 ", bytes(2)),
        "png": png(),
    }
    with pytest.raises(RecipeError, match="the film holds no timeline: only films saved by"):
        read(bare[kind])


@kinds
def test_text_that_is_no_timeline_gets_a_sentence(kind: str) -> None:
    with pytest.raises(RecipeError, match="the film"):
        read(FILMS[kind](b'{"format": "something else"}'))
    with pytest.raises(RecipeError, match="newer latentstudio"):
        read(FILMS[kind](TEXT.replace(b'"version":1}', b'"version":99}')))


@kinds
@given(st.data())
def test_every_file_that_is_cut_or_changed_is_a_timeline_or_a_sentence(
    kind: str, data: st.DataObject
) -> None:
    film = bytearray(FILMS[kind]())
    for _ in range(data.draw(st.integers(0, 4))):
        film[data.draw(st.integers(0, len(film) - 1))] = data.draw(st.integers(0, 255))
    del film[data.draw(st.integers(0, len(film))) :]
    try:
        assert isinstance(read(bytes(film)), Timeline)
    except RecipeError as error:
        assert str(error) and "\n" not in str(error)


STARTS = st.sampled_from(
    [b"\0\0\0\x08ftyp", b"\x1aE\xdf\xa3", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"\x89PNG\r\n\x1a\n"]
)


@given(STARTS, st.binary(max_size=300))
@example(b"\0\0\0\x08ftyp", struct.pack(">I4sQ", 1, b"uuid", 2**64 - 1))
@example(b"\0\0\0\x08ftyp", struct.pack(">I4sQ", 1, b"uuid", 3))
@example(b"RIFF\0\0\0\0WEBP", b"LSTL\xff\xff\xff\xff")
@example(b"\x1aE\xdf\xa3", b"\xff" * 200)
@example(b"\x1aE\xdf\xa3", b"\x80" + b"\x73\x73\xff" * 60)
def test_any_bytes_are_a_sentence(start: bytes, rest: bytes) -> None:
    with pytest.raises(RecipeError):
        read(start + rest)


@pytest.mark.parametrize(
    "film",
    [
        b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 150,
        b"\x1aE\xdf\xa3\x80" + b"\xec\x80" * 150,
        b"GIF89a" + bytes(7) + b"\x21\xfe\0" * 150,
        b"GIF89a" + bytes(7) + b"\x21\xfe" + b"\x01x" * 150,
        b"RIFF\0\0\0\0WEBP" + b"JUNK\0\0\0\0" * 150,
    ],
    ids=["mp4", "webm", "gif blocks", "gif pieces", "webp"],
)
def test_parts_without_end_are_given_up(film: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_text_boxes, "_MAX_PARTS", 100)
    monkeypatch.setattr(film_text_ebml, "_MAX_PARTS", 100)
    monkeypatch.setattr(film_text_gif, "_MAX_PIECES", 100)
    with pytest.raises(RecipeError, match=r"more than 100 parts|comments do not end"):
        read(film)


def test_what_is_no_film_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="is not there"):
        read_film_timeline(tmp_path / "gone.mp4")
    with pytest.raises(RecipeError, match="is not a file"):
        read_film_timeline(tmp_path)
    with pytest.raises(RecipeError, match="is no film"):
        read(b"hello")


def test_reading_needs_neither_torch_nor_a_video_library() -> None:
    code = (
        "import sys, latentstudio.document.film_text;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'av', 'PIL', 'PySide6')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
