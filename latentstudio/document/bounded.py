"""Files from outside, read whole but never beyond a bound."""

from __future__ import annotations

import os
from pathlib import Path


def read_bounded(
    path: str | os.PathLike[str], most: int, kind: str, error: type[Exception]
) -> bytes:
    """The bytes of a file.

    Parameters
    ----------
    path
        Untrusted: it may be missing, a folder, a pipe, or endless.
    most
        Bytes, in whole MiB.
    kind
        What it should be, such as ``session``, for the sentence of an error.
    error
        Raised with one sentence when the file is missing, unreadable or too large.
    """
    file = Path(path)
    try:
        if not file.exists():
            raise error(f"{file} is not there: it was moved, renamed or deleted")
        if not file.is_file():  # a folder; or a pipe, which would never end
            raise error(f"{file} is not a file, so it cannot be a {kind}")
        with file.open("rb") as stream:
            data = stream.read(most + 1)
    except OSError as trouble:
        raise error(f"{file} cannot be read: {trouble.strerror}") from trouble
    if len(data) > most:
        raise error(f"{file} is above {most >> 20} MiB, so it is not a {kind}")
    return data
