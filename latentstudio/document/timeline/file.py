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

SUFFIX = ".timeline.json"
FORMAT: Literal["latentstudio timeline"] = "latentstudio timeline"
VERSION = 1
MAX_BYTES = 64 << 20


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    timeline: Timeline
    format: Literal["latentstudio timeline"] = FORMAT
    version: int = VERSION


class _Mark(msgspec.Struct):
    format: str = ""
    version: int = 0


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(_File)


def timeline_to_json(timeline: Timeline) -> bytes:
    """Write a timeline as canonical UTF-8 JSON: equal timelines give equal bytes."""
    return _encoder.encode(_File(timeline))


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
    try:
        mark = msgspec.json.decode(data, type=_Mark)
        if mark.format != FORMAT:
            raise RecipeError(f"{source} is not a timeline of latentstudio")
        if mark.version > VERSION:
            raise RecipeError(
                f"{source} was written by a newer latentstudio (timeline version {mark.version},"
                f" this one reads up to {VERSION}): update latentstudio to open it"
            )
        return _decoder.decode(data).timeline
    except RecipeError as error:
        text = str(error)
        raise RecipeError(text if text.startswith(source) else f"{source}: {text}") from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RecipeError(f"{source} does not hold a readable timeline: {error}") from error


def write_timeline(path: str | os.PathLike[str], timeline: Timeline) -> None:
    """Save a timeline, whole or not at all (:class:`~latentstudio.atomic.SaveError`)."""
    write_atomic(path, timeline_to_json(timeline))


def read_timeline(path: str | os.PathLike[str]) -> Timeline:
    """Open a file of a timeline; RecipeError, one sentence, where it cannot be."""
    data = read_bounded(path, MAX_BYTES, "timeline", RecipeError)
    return timeline_from_json(data, Path(path).name)
