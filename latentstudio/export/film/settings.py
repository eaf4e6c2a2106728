"""What a film is to be: format, size, quality. Plain data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import msgspec

from latentstudio.export.film.errors import FilmError

MAX_SIDE = 8192
MAX_REPEAT = 1000
MAX_SHEET_PIXELS = 1 << 26  # 8192 x 8192

Format = Literal["mp4", "webm", "gif", "webp", "png", "sheet"]
ENDINGS: dict[str, Format] = {
    ".mp4": "mp4",
    ".webm": "webm",
    ".gif": "gif",
    ".webp": "webp",
    ".png": "sheet",
    "": "png",
}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class FilmSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a timeline becomes a film.

    Attributes
    ----------
    format
        ``mp4`` (H.264), ``webm`` (VP9), ``gif``, ``webp``; ``png``: a folder of numbered pictures,
        each with its recipe; ``sheet``: one PNG with some of the pictures.
    width, height
        In pixels; of each picture, on a sheet. See :attr:`size`.
    fit
        Where the picture has another shape: ``bars`` shows all of it, ``fill`` cuts it.
    background
        Colour of the bars, ``#RRGGBB``.
    quality
        0 to 100; the numbered pictures and sheets are exact at any.
    repeat
        How often it plays; 0 is for ever where a format can say so (gif, webp), else once.
    pictures, columns
        Of a sheet: how many at most, and how many in a row.
    """

    format: Format
    width: int
    height: int
    fit: Literal["bars", "fill"] = "bars"
    background: str = "#000000"
    quality: int = 80
    repeat: int = 0
    pictures: int = 24
    columns: int = 6

    def __post_init__(self) -> None:
        ranges = {
            "width": (8, MAX_SIDE),
            "height": (8, MAX_SIDE),
            "quality": (0, 100),
            "repeat": (0, MAX_REPEAT),
            "pictures": (1, 10_000),
            "columns": (1, 100),
        }
        for field, (low, high) in ranges.items():
            value = getattr(self, field)
            if not low <= value <= high:
                raise FilmError(f"the film's {field} is {value}; it must be {low} to {high}")
        if not _COLOUR.fullmatch(self.background):
            raise FilmError(f"the film's background is {self.background!r}; write it as #RRGGBB")
        if self.format == "sheet" and self.pictures * self.width * self.height > MAX_SHEET_PIXELS:
            raise FilmError(
                f"a sheet of {self.pictures} pictures of {self.width} x {self.height} px is too"
                " large: choose a smaller size"
            )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the film: H.264 with its halved colours knows even ones only."""
        if self.format != "mp4":
            return self.width, self.height
        return self.width + self.width % 2, self.height + self.height % 2

    @property
    def note(self) -> str:
        """One sentence where the film is not quite what was asked for; else empty."""
        if self.size == (self.width, self.height):
            return ""
        asked, made = f"{self.width} x {self.height}", "{} x {}".format(*self.size)
        return f"the film is {made} px in place of {asked}: an MP4's sides are even numbers"


def format_of(path: Path) -> Format:
    """The format that a file name's ending asks for; none is a folder of pictures.

    Raises
    ------
    FilmError
        One sentence: another ending.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise FilmError(
            f"{path} ends in {ending}: films end in .mp4, .webm, .gif or .webp, a contact sheet in"
            " .png, and a name without ending is a folder of pictures"
        )
    return ENDINGS[ending]
