"""A folder of picture files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from PIL import Image

from latentstudio.data.decode import (
    MAX_BYTES,
    Header,
    PictureError,
    decode,
    extensions,
    read_header,
)
from latentstudio.data.errors import DataError
from latentstudio.data.labels import Labels
from latentstudio.data.source import classes_from_folders
from latentstudio.data.stylegan_labels import parse_label_file


class FolderSource:
    """All pictures in a folder and its subfolders, sorted by path.

    Each top-level subfolder is a class; a ``dataset.json`` with ``labels``, as in an unpacked
    StyleGAN zip, comes first. Hidden files are left out, linked folders are not followed.

    Raises
    ------
    DataError
        If the folder cannot be read or holds no pictures, or its labels are malformed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.resolve().name or "pictures"
        listing = sorted(_walk(folder))
        self.names = [name for name, _, _ in listing]
        if not listing:
            raise DataError(f"{folder} holds no pictures, nor images.npy of a cache folder.")
        digest = hashlib.sha256()
        for name, size, changed in listing:
            digest.update(f"{name}\0{size}\0{changed}\n".encode("utf-8", "surrogateescape"))
        self.labels, self.note = self._labels(digest)
        self.fingerprint = digest.hexdigest()

    def header(self, index: int) -> Header:
        """Size and mode of a picture."""
        try:
            with (self.folder / self.names[index]).open("rb") as file:
                return read_header(file)
        except OSError as error:
            raise PictureError(f"cannot be read ({error.strerror or error})") from error

    def picture(self, index: int) -> Image.Image:
        """Decode a picture."""
        return decode(self.content(index))

    def content(self, index: int) -> bytes:
        """The bytes of a picture's file."""
        try:
            with (self.folder / self.names[index]).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise PictureError(f"cannot be read ({error.strerror or error})") from error
        if len(data) > MAX_BYTES:
            raise PictureError(f"is larger than {MAX_BYTES >> 20} MiB")
        return data

    def _labels(self, digest: hashlib._Hash) -> tuple[Labels, str]:
        path = self.folder / "dataset.json"
        if not path.is_file():
            return classes_from_folders(self.names)
        try:
            if path.stat().st_size > MAX_BYTES:
                raise DataError(f"{path} is larger than {MAX_BYTES >> 20} MiB.")
            raw = path.read_bytes()
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
        digest.update(raw)
        return parse_label_file(raw, self.names, str(path)), ""


def _walk(folder: Path) -> list[tuple[str, int, int]]:
    """Relative path with forward slashes, size in bytes and time of change of each picture."""

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}.") from error

    found = []
    for top, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith((".", "__MACOSX"))]
        for name in files:
            if name.startswith(".") or Path(name).suffix.lower() not in extensions():
                continue
            path = Path(top) / name
            try:
                status = path.stat()
            except OSError:  # a link to nothing: counted as damaged when it is read
                found.append((path.relative_to(folder).as_posix(), 0, 0))
                continue
            found.append((path.relative_to(folder).as_posix(), status.st_size, status.st_mtime_ns))
    return found
