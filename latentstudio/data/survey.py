"""What all pictures of a source have in common: contents, size, channels; found out once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import msgspec
import platformdirs

from latentstudio.atomic import write_atomic
from latentstudio.data.archive import ZipSource
from latentstudio.data.cached import CacheSource
from latentstudio.data.decode import GREY_MODES, PictureError, read_header
from latentstudio.data.errors import DataError, printable
from latentstudio.data.folder import FolderSource
from latentstudio.data.layout import content_hash

# Told the share done, 0 to 1; may raise to stop.
Progress = Callable[[float], None]
PathSource = CacheSource | FolderSource | ZipSource


class Survey(msgspec.Struct, frozen=True):
    """What was found.

    Attributes
    ----------
    sha256
        Of a cache folder's pixels, as in its ``dataset.json``; of the names and contents of
        picture files otherwise, the same for a folder and the zip made of it.
    resolution
        Height and width in pixels; None when sizes differ or are not square.
    channels
        1 when all pictures are grey, else 3; of a cache folder as stored.
    odd
        Why there is no resolution, as the middle of a sentence; or "".
    """

    sha256: str
    resolution: int | None
    channels: int
    odd: str = ""


def survey(
    path: Path, source: PathSource, memory: Path | None = None, progress: Progress | None = None
) -> Survey:
    """Read all pictures once; remember what was found until sizes or times of change differ.

    Parameters
    ----------
    path, source
        Where the source lies, and the source.
    memory
        Folder for what was found; the user's cache where None. One that cannot be written is
        done without.
    progress
        Told the share done, 0 to 1; may raise to stop.

    Raises
    ------
    DataError
        One sentence, naming the first picture whose header cannot be read.
    """
    folder = memory or Path(platformdirs.user_cache_dir("latentstudio", appauthor=False)) / "data"
    key = str(path.absolute()).encode("utf-8", "surrogateescape")
    place = folder / f"{hashlib.sha256(key).hexdigest()}.json"
    state = _state(path, source)
    with suppress(OSError, msgspec.MsgspecError):
        known = msgspec.json.decode(place.read_bytes(), type=_Known)
        if known.state == state:
            return known.survey
    if isinstance(source, CacheSource):
        _, channels, side, _ = source.images.shape
        found = Survey(content_hash(source.images, progress), side, channels)
    else:
        found = _look(path, source, progress)
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(place, msgspec.json.encode(_Known(state, found)))
    return found


class _Known(msgspec.Struct):
    state: str
    survey: Survey


def _state(path: Path, source: PathSource) -> str:
    """Differs whenever a file was written to; cheap, for no picture is read."""
    if not isinstance(source, ZipSource):
        return source.fingerprint
    status = path.stat()
    return f"{source.fingerprint}-{status.st_size}-{status.st_mtime_ns}"


def _look(path: Path, source: FolderSource | ZipSource, progress: Progress | None) -> Survey:
    digest, grey = hashlib.sha256(), True
    sizes: list[tuple[int, int]] = []
    for index, name in enumerate(source.names):
        try:
            content = source.content(index)
            header = read_header(BytesIO(content))
        except PictureError as error:
            raise DataError(f"{printable(name)} in {path} {error}.") from error
        digest.update(f"{name}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
        digest.update(content)
        sizes.append((header.width, header.height))
        grey = grey and header.mode in GREY_MODES
        if progress is not None:
            progress((index + 1) / len(source.names))
    odd = _odd(source.names, sizes)
    return Survey(digest.hexdigest(), None if odd else sizes[0][0], 1 if grey else 3, odd)


def _odd(names: list[str], sizes: list[tuple[int, int]]) -> str:
    """Which pictures are not of the usual size, or that the usual size is no square."""
    (width, height), usual = Counter(sizes).most_common(1)[0]
    if usual == len(sizes) and width == height:
        return ""
    if usual == len(sizes):
        return f"are {width} × {height} px, not square"
    others = [i for i, size in enumerate(sizes) if size != (width, height)]
    shown = [f"{printable(names[i])} with {sizes[i][0]} × {sizes[i][1]} px" for i in others[:2]]
    return (
        f"have different sizes ({len(others)} of {len(sizes)} are not {width} × {height} px: "
        f"{', '.join(shown)}{', ...' if len(others) > 2 else ''})"
    )
