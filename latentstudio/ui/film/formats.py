"""The formats as a person chooses them, and the names of their files. No Qt."""

from __future__ import annotations

from pathlib import Path

from latentstudio.export.film.settings import ENDINGS

FORMATS = (
    ("mp4", "MP4", "plays everywhere", "H.264: the right one if you do not know"),
    ("webm", "WebM", "for the web", "VP9: smaller than MP4 and slower to make"),
    ("gif", "GIF", "plays in pages", "256 colours to each picture, at most 50 fps"),
    ("webp", "WebP", "in full colour", "Moves in any page of today, in all colours"),
    ("png", "Pictures", "a folder of PNGs", "Numbered, exact, each with its recipe: for an editor"),
    ("sheet", "Sheet", "all on one page", "A contact sheet: pictures side by side in one PNG"),
)
_TITLES = {kind: title for kind, title, _, _ in FORMATS}
_ENDINGS: dict[str, str] = {kind: ending for ending, kind in ENDINGS.items()}


def ending(kind: str) -> str:
    """How a file of that format ends; "" for a folder."""
    return _ENDINGS[kind]


def file_filter(kind: str) -> str:
    """For the dialog that asks where."""
    tail = ending(kind)
    return f"{_TITLES[kind]} (*{tail})" if tail else "New folder (*)"


def proposal(kind: str, last: Path | None) -> str:
    """A name to begin with: that of the last film, or ``film``."""
    return f"{(last or Path('film')).with_suffix('')}{ending(kind)}"


def named(name: str, kind: str) -> Path:
    """The path that was asked for, with the ending of the format."""
    tail = ending(kind)
    return Path(name if name.lower().endswith(tail) else f"{name}{tail}")
