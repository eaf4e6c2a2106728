"""The timeline inside a film, so that every film made here opens again as a project.

An MP4 carries it in a ``uuid`` box, a WebM in a tag, a GIF in a comment, a WebP in a chunk, a
contact sheet in an ``iTXt`` chunk. Files come from anywhere: only the headers of their parts are
walked, no picture is decoded, and every count and length is bounded.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from latentstudio.document.film_text_boxes import find_mp4, find_webp
from latentstudio.document.film_text_ebml import EBML, find_webm
from latentstudio.document.film_text_gif import find_gif
from latentstudio.document.png import SIGNATURE, read_text
from latentstudio.document.recipe import RecipeError
from latentstudio.document.timeline.file import MAX_BYTES, timeline_from_json
from latentstudio.document.timeline.timeline import Timeline

PNG_KEYWORD = "latentstudio-timeline"

# Gives the text, or where it stands and how long it is; None where there is none.
Find = Callable[[BinaryIO, str], tuple[int, int] | bytes | None]


def read_film_timeline(path: str | os.PathLike[str]) -> Timeline:
    """Read the timeline in a film made here; the name's ending does not matter.

    Raises
    ------
    RecipeError
        One sentence: no such file, not a film, no timeline in it, damaged, or from a newer
        version.
    """
    file = Path(path)
    try:
        if not file.exists():
            raise RecipeError(f"{file} is not there: it was moved, renamed or deleted")
        if not file.is_file():  # a folder; or a pipe, which would never end
            raise RecipeError(f"{file} is not a file, so it cannot be a film")
        with file.open("rb") as stream:
            return timeline_in(stream, str(file))
    except OSError as error:
        raise RecipeError(f"{file} cannot be read: {error.strerror}") from error


def is_film(start: bytes) -> bool:
    """Whether a file whose first 16 bytes these are may be a film."""
    return _finder(start) is not None


def timeline_in(stream: BinaryIO, source: str = "the film") -> Timeline:
    """Read the timeline in a film that is open for reading bytes and seekable.

    Raises
    ------
    RecipeError
        As :func:`read_film_timeline`.
    """
    stream.seek(0)
    find = _finder(stream.read(16))
    if find is None:
        raise RecipeError(f"{source} is no film: MP4, WebM, GIF, WebP and PNG can be opened")
    found = find(stream, source)
    if isinstance(found, tuple):
        start, length = found
        if length > MAX_BYTES:
            raise RecipeError(f"the timeline in {source} is above 64 MiB: the file is damaged")
        stream.seek(start)
        found = stream.read(length)
    if found is None:
        raise RecipeError(f"{source} holds no timeline: only films saved by latentstudio do")
    return timeline_from_json(found, source)


def _finder(start: bytes) -> Find | None:
    if start[4:8] == b"ftyp":
        return find_mp4
    if start.startswith(EBML):
        return find_webm
    if start[:6] in (b"GIF87a", b"GIF89a"):
        return find_gif
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return find_webp
    if start.startswith(SIGNATURE):
        return lambda stream, source: read_text(stream, PNG_KEYWORD, source)
    return None
