"""What a file is, by its content and never by its name. No Qt, no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import glance
from latentstudio.checkpoints.sniff import HEAD, describe, is_foreign
from latentstudio.document.film_text import read_film_timeline
from latentstudio.document.png import GRID_KEYWORD, KEYWORD, SIGNATURE, read_text
from latentstudio.document.recipe import RecipeError

Kind = Literal["checkpoint", "session", "timeline", "recipe", "picture", "film", "photo"]

# How pictures of other programs begin; what is wrong with one is said where it is read.
_PHOTOS = (
    b"\xff\xd8\xff",
    b"GIF8",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"\0\0\1\0",
    b"8BPS",
    b"P5\n",
    b"P6\n",
)
_STILL = (b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1")  # ISO files with pictures
_MATROSKA = b"\x1aE\xdf\xa3"


class UnknownFileError(ValueError):
    """One sentence: what the file is instead, and what can be opened."""


def recognise(path: Path) -> Kind:
    """Say which kind of file ``path`` is.

    A *picture* was saved here and holds its recipe; a *film* holds its timeline (an MP4 or WebM
    that does not is a film too, and opening it says so); a *photo* is any other picture.

    Raises
    ------
    UnknownFileError
        If it is none of them, or cannot be read.
    """
    try:
        if path.is_dir():
            raise UnknownFileError(f"{path.name} is a folder: drop a single file")
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError as error:
        raise UnknownFileError(f"{path} is not there: it was moved, renamed or deleted") from error
    except OSError as error:
        raise UnknownFileError(f"{path} cannot be read: {error.strerror or error}") from error
    if head.startswith(SIGNATURE):
        return "picture" if _has_recipe(path) else "photo"
    if head[4:8] == b"ftyp":
        return "photo" if head[8:12] in _STILL else "film"
    if head.startswith(_MATROSKA):
        return "film"
    if head.startswith(_PHOTOS) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        return "film" if _has_timeline(path) else "photo"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _json(path)
    if b"<svg" in head[:1024].lower():
        return "photo"
    # safetensors: eight bytes of length, then a JSON object.
    if head[8:9] == b"{" or is_foreign(head):
        return "checkpoint"
    what = describe(head)
    if what is None and path.suffix == ".safetensors":
        return "checkpoint"  # its reader says what is wrong with it
    raise UnknownFileError(
        f"{path.name} is {what or 'of an unknown kind'}; open a checkpoint (.safetensors,"
        " .pkl, .pt), a session (.latents), a picture, or a film made here"
    )


def takes_a_while(path: Path) -> bool:
    """Whether a checkpoint is another program's and new here: its weights must be read first."""
    try:
        with path.open("rb") as file:
            foreign = is_foreign(file.read(HEAD))
    except (OSError, ValueError):  # ValueError: a null character in the name
        return False
    if not foreign:
        return False
    try:
        glance(path)
    except CheckpointError:
        return True
    return False


def _json(path: Path) -> Kind:
    # The mark may stand anywhere in the object; a session's gallery can be long, and neither a
    # recipe nor a timeline can hold a session's words.
    with path.open("rb") as file:
        text = file.read(256 << 20)
    if b'"latentstudio session"' in text:
        return "session"
    return "timeline" if b'"latentstudio timeline"' in text else "recipe"


def _has_recipe(path: Path) -> bool:
    """Whether a PNG was saved here, or is damaged: reading its recipe then says how."""
    with path.open("rb") as file:
        try:
            found = (read_text(file, keyword, path.name) for keyword in (KEYWORD, GRID_KEYWORD))
            return any(text is not None for text in found)
        except RecipeError:
            return True


def _has_timeline(path: Path) -> bool:
    try:
        read_film_timeline(path)
    except RecipeError:
        return False
    return True
