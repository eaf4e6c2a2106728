"""Timelines to JSON and back, and as small files (``.timeline.json``)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import msgspec

from latentstudio.atomic import write_atomic
from latentstudio.document.bounded import read_bounded
from latentstudio.document.recipe import RecipeError
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.document.versioned import VersionedDecoder

SUFFIX = ".timeline.json"
VERSION = 1
MAX_BYTES = 64 << 20
MAX_OBJECTS, MAX_VALUES = 1 << 17, 1 << 20  # some 25,000 keys, 4,000 with drawn curves


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    timeline: Timeline
    format: Literal["latentstudio timeline"] = "latentstudio timeline"
    version: int = VERSION


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = VersionedDecoder(_File, "timeline", VERSION)


def timeline_to_json(timeline: Timeline) -> bytes:
    """Write a timeline as canonical UTF-8 JSON: equal timelines give equal bytes.

    Raises
    ------
    RecipeError
        One sentence: it is too large to be read again.
    """
    data = _encoder.encode(_File(timeline))
    _check_size(data, "the timeline")
    return data


def timeline_from_json(data: bytes, source: str = "the timeline") -> Timeline:
    """Read a timeline.

    Parameters
    ----------
    data
        UTF-8 JSON from anywhere; untrusted.
    source
        What to call it in the sentence of an error, such as a file's name.

    Raises
    ------
    RecipeError
        One sentence: not a timeline, a field that does not fit (named), or a newer version.
    """
    _check_size(data, source)
    return _decoder.decode(data, source).timeline


def _check_size(data: bytes, source: str) -> None:
    """Refuse what would take long to read, by the marks that objects and values need."""
    counts = (len(data), MAX_BYTES), (data.count(b"{"), MAX_OBJECTS), (data.count(b","), MAX_VALUES)
    if any(count > most for count, most in counts):
        raise RecipeError(
            f"{source} is too large for a timeline ({MAX_BYTES >> 20} MiB, {MAX_OBJECTS:,} objects"
            f" and {MAX_VALUES:,} values at most): take keys away"
        )


def write_timeline(path: str | os.PathLike[str], timeline: Timeline) -> None:
    """Save a timeline, whole or not at all (:class:`~latentstudio.atomic.SaveError`)."""
    write_atomic(path, timeline_to_json(timeline))


def read_timeline(path: str | os.PathLike[str]) -> Timeline:
    """Open a file of a timeline; RecipeError, one sentence, where it cannot be."""
    data = read_bounded(path, MAX_BYTES, "timeline", RecipeError)
    return timeline_from_json(data, Path(path).name)
