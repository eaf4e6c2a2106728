"""Where pictures come from: one protocol for folders, zips and caches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PIL import Image

from latentstudio.data.decode import Header
from latentstudio.data.errors import DataError
from latentstudio.data.labels import Labels, class_labels

if TYPE_CHECKING:
    from latentstudio.data.archive import ZipSource
    from latentstudio.data.cached import CacheSource
    from latentstudio.data.folder import FolderSource

_NUMBERED = re.compile(r"[0-9]{5}")


class Source(Protocol):
    """Pictures in a fixed order; copied to worker processes, so it holds no open files there.

    Attributes
    ----------
    name
        Short, for folders and messages.
    names
        One for each picture, for messages.
    labels
        Of all pictures, or empty.
    fingerprint
        Changes whenever pictures, their order or labels do.
    note
        A sentence about something that was left out, or "".
    """

    name: str
    names: list[str]
    labels: Labels
    fingerprint: str
    note: str

    def header(self, index: int) -> Header:
        """Size and mode of a picture; :class:`PictureError` if it is none."""
        ...

    def picture(self, index: int) -> Image.Image:
        """Picture as L, LA, RGB or RGBA; :class:`PictureError` if damaged."""
        ...


def open_source(data: str | Path) -> CacheSource | FolderSource | ZipSource:
    """Open the source that a person named.

    Parameters
    ----------
    data
        A folder of pictures, a cache folder, or a zip.

    Raises
    ------
    DataError
        If there is no such thing, or it cannot be read or holds no pictures.
    """
    if not str(data):  # which a path takes for the working folder
        raise DataError("No data is named: give a folder of pictures, a zip, or a cache folder.")
    path = Path(data)
    try:
        folder, file = path.is_dir(), path.is_file()
    except (OSError, ValueError) as error:
        raise DataError(f"{str(data)!r} is no path that can be opened: {error}.") from error
    # Imported late: the readers use what stands below.
    if folder and is_cache(path):
        from latentstudio.data.cached import CacheSource

        return CacheSource(path)
    if folder:
        from latentstudio.data.folder import FolderSource

        return FolderSource(path)
    if file:
        from latentstudio.data.archive import ZipSource

        return ZipSource(path)
    raise DataError(f"There is no data folder {data}, nor a zip of that name.")


def is_cache(folder: Path) -> bool:
    """Whether a folder is a cache folder, finished or not, rather than one of picture files."""
    return any((folder / name).exists() for name in ("images.npy", "progress.json"))


def classes_from_folders(names: Sequence[str]) -> tuple[Labels, str]:
    """A class for each top-level folder.

    Parameters
    ----------
    names
        Paths of the pictures with forward slashes, relative to the source.

    Returns
    -------
    tuple
        Labels with the attribute ``class``, or none when there are fewer than two folders or
        they are merely numbered as StyleGAN's zips are (``00000``, ``00001``); and a note when
        folders had to be ignored because other pictures lie in none.
    """
    tops = [name.split("/", 1)[0] if "/" in name else "" for name in names]
    classes = sorted(set(tops) - {""})
    if len(classes) < 2 or all(_NUMBERED.fullmatch(c) for c in classes):
        return Labels(), ""
    if "" in tops:
        return Labels(), (
            f"{tops.count('')} pictures lie in no subfolder, so the {len(classes)} subfolders "
            "are not used as classes."
        )
    number = {c: i for i, c in enumerate(classes)}
    return class_labels(classes, [number[top] for top in tops]), ""
