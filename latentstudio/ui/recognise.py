"""What a file is, by its content and never by its name. No Qt, no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import glance
from latentstudio.checkpoints.sniff import HEAD, describe, is_foreign

Kind = Literal["checkpoint", "session", "recipe", "picture"]


class UnknownFileError(ValueError):
    """One sentence: what the file is instead, and what can be opened."""


def recognise(path: Path) -> Kind:
    """Say which of the four kinds of file ``path`` is.

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
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "picture"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return "session" if _is_session(path) else "recipe"
    # safetensors: eight bytes of length, then a JSON object.
    if head[8:9] == b"{" or is_foreign(head):
        return "checkpoint"
    what = describe(head)
    if what is None and path.suffix == ".safetensors":
        return "checkpoint"  # its reader says what is wrong with it
    raise UnknownFileError(
        f"{path.name} is {what or 'of an unknown kind'}; open a checkpoint (.safetensors,"
        " .pkl, .pt), a session (.latents) or a picture saved here (.png)"
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


def _is_session(path: Path) -> bool:
    # The mark may stand anywhere in the object; a session's gallery can be long, a recipe cannot
    # hold these words.
    with path.open("rb") as file:
        return b'"latentstudio session"' in file.read(256 << 20)
