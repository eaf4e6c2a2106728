"""Beats from a table of times (CSV), as programs that hear music write them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from latentstudio.document.bounded import read_bounded
from latentstudio.document.checks import RecipeError
from latentstudio.document.timeline.motion import Beat
from latentstudio.document.timeline.timeline import MAX_BEATS

MAX_BYTES = 4 << 20
MAX_DIGITS = 100  # in a number
# Each text matches in one way only, or a long one would be tried in all ways.
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def read_beats(path: str | os.PathLike[str]) -> tuple[Beat, ...]:
    """Open a file of beats; RecipeError, one sentence, where it cannot be."""
    data = read_bounded(path, MAX_BYTES, "table of beats", RecipeError)
    return beats_from_csv(data, Path(path).name)


def beats_from_csv(data: bytes, source: str = "the table") -> tuple[Beat, ...]:
    """Read beats: a line each, a time in seconds and, if there is one, a strength (else 1).

    Parameters
    ----------
    data
        UTF-8 from anywhere; untrusted. Columns are parted by tabs, semicolons or commas, the
        first of them that occurs; beside the first two, a decimal comma is read as well. Empty
        lines and a first line of words are passed over.
    source
        What to call it in the sentence of an error, such as a file's name.

    Returns
    -------
    tuple of Beat
        In order of time; of those at one time, the strongest.

    Raises
    ------
    RecipeError
        One sentence that names the line.
    """
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecipeError(
            f"{source} is not a table of beats: it is not text in UTF-8; save it as CSV"
        ) from error
    strongest: dict[float, Beat] = {}
    for count, (line, cells) in enumerate(_rows(content)):
        if count >= MAX_BEATS:
            raise RecipeError(f"{source}, line {line}: {MAX_BEATS} beats are the most")
        try:
            beat = _beat(cells)
        except RecipeError as error:
            raise RecipeError(f"{source}, line {line}: {error}") from error
        known = strongest.setdefault(beat.time, beat)
        if beat.strength > known.strength:
            strongest[beat.time] = beat
    if not strongest:
        raise RecipeError(f"{source} holds no beats: write a time in seconds on each line")
    return tuple(strongest[time] for time in sorted(strongest))


def _rows(content: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that holds numbers, with the line's number."""
    headed = False
    for number, row in enumerate(content.splitlines(), start=1):
        if not row.strip():
            continue
        mark = next((m for m in "\t;," if m in row), ",")
        cells = [cell.strip().strip('"') for cell in row.split(mark)]
        while len(cells) > 1 and not cells[-1]:
            cells.pop()
        if mark != ",":
            cells = [cell.replace(",", ".") for cell in cells]
        if not headed and not any(map(_is_number, cells)):
            headed = True
            continue
        headed = True
        yield number, cells


def _is_number(cell: str) -> bool:
    return len(cell) <= MAX_DIGITS and _NUMBER.fullmatch(cell) is not None


def _beat(cells: list[str]) -> Beat:
    if len(cells) > 2:
        raise RecipeError(
            f"it has {len(cells)} values; a beat is a time in seconds and, at most, a strength"
        )
    for cell in cells:
        if not _is_number(cell):
            raise RecipeError(
                f"{cell[:40]!r} is not a number; a beat is a time in seconds and, at most, a"
                " strength"
            )
    return Beat(*map(float, cells))
