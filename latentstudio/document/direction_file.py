"""Direction files (``.direction.json``): a slider of one's own, to keep and to share."""

from __future__ import annotations

import codecs
import os
from pathlib import Path
from typing import Literal

import msgspec

from latentstudio.atomic import SaveError, write_atomic
from latentstudio.document.bounded import read_bounded
from latentstudio.document.checks import RecipeError
from latentstudio.document.direction import VERSION, Direction
from latentstudio.document.versioned import VersionedDecoder

SUFFIX = ".direction.json"
MAX_BYTES = 16 << 20

_FORMAT = "latentstudio direction"


class _File(Direction, frozen=True, forbid_unknown_fields=True, kw_only=True):
    format: Literal["latentstudio direction"]


_decoder = VersionedDecoder(_File, "direction", VERSION)


def direction_to_json(direction: Direction) -> bytes:
    """Write a direction as UTF-8 JSON, one field to a line: equal directions, equal bytes."""
    fields = {"format": _FORMAT} | msgspec.structs.asdict(direction)
    return msgspec.json.format(msgspec.json.encode(fields), indent=2) + b"\n"


def direction_from_json(data: bytes, source: str = "the direction") -> Direction:
    """Read a direction.

    Parameters
    ----------
    data
        UTF-8 JSON from anywhere; untrusted.
    source
        What to call it in the sentence of an error, such as a file's name.

    Raises
    ------
    RecipeError
        One sentence: not a direction, a field that does not fit (named), or a newer version.
    """
    data = data.removeprefix(codecs.BOM_UTF8)  # editors on Windows put it there
    file = _decoder.decode(data, source)
    names = msgspec.structs.fields(Direction)
    return Direction(**{field.name: getattr(file, field.name) for field in names})


def write_direction(path: str | os.PathLike[str], direction: Direction) -> None:
    """Save a direction whole or not at all.

    Parameters
    ----------
    path
        Where to; by convention it ends in ``.direction.json``. Its folder must exist.
    direction
        What to save.

    Raises
    ------
    latentstudio.atomic.SaveError
        One sentence; what was on the disk is as it was.
    """
    data = direction_to_json(direction)
    if len(data) > MAX_BYTES:
        raise SaveError(
            f"{os.fspath(path)} was not saved: the direction has {len(data) >> 20} MiB, and"
            f" {MAX_BYTES >> 20} MiB are the most"
        )
    write_atomic(path, data)


def read_direction(path: str | os.PathLike[str]) -> Direction:
    """Open a direction file.

    Raises
    ------
    RecipeError
        One sentence: the file is missing, unreadable, too large, damaged or newer.
    """
    data = read_bounded(path, MAX_BYTES, "direction", RecipeError)
    return direction_from_json(data, str(Path(path)))
