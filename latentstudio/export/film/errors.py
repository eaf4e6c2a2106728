"""What can go wrong with a film, as one sentence."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from latentstudio.atomic import SaveError, disk_sentence
from latentstudio.document.recipe import RecipeError
from latentstudio.engine.errors import EngineError


class FilmError(EngineError):
    """A film that cannot be made: the message is one sentence. No film is left half written."""


class FilmCancelled(FilmError):  # noqa: N818 - nothing is wrong
    """Nobody wants the film any more; nothing was written."""


def film_error(error: Exception, path: Path) -> FilmError:
    """The error as a FilmError with one sentence about the film ``path``."""
    if isinstance(error, FilmError):
        return error
    if isinstance(error, (SaveError, RecipeError)):
        return FilmError(str(error))
    number = getattr(error, "errno", None)  # of an OSError, and of what PyAV raises
    if isinstance(number, int) and number in errno.errorcode:
        reason = OSError(number, os.strerror(number))
        return FilmError(disk_sentence(str(path), path.parent, reason))
    if isinstance(error, MemoryError):
        return FilmError(f"{path} was not saved: memory ran out; choose a smaller size")
    lines = str(error).strip().splitlines() or ["no message"]
    return FilmError(f"{path} could not be encoded ({type(error).__name__}: {lines[0][:300]})")
