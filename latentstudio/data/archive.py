"""Zips of pictures, as the StyleGAN world makes them, read without trust."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from PIL import Image

from latentstudio.data.decode import (
    MAX_BYTES,
    Header,
    PictureError,
    decode,
    extensions,
    read_header,
)
from latentstudio.data.errors import DataError, printable
from latentstudio.data.labels import Labels
from latentstudio.data.source import classes_from_folders
from latentstudio.data.stylegan_labels import parse_label_file

LABEL_FILE = "dataset.json"


class ZipSource:
    """The pictures of a zip, sorted by path; nothing is unpacked to the disk.

    Labels come from ``dataset.json``; without that file each top-level folder is a class.

    Raises
    ------
    DataError
        If the file is no zip, is damaged, encrypted, names paths outside of itself, holds no
        pictures, or its labels are malformed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem or "pictures"
        self._archive: zipfile.ZipFile | None = None
        entries = {e.filename: e for e in self._open().infolist() if not e.is_dir()}
        for entry in entries.values():
            _check_entry(entry, path)
        self.names = sorted(name for name in entries if _is_picture(name))
        if not self.names:
            raise DataError(f"{path} holds no pictures.")
        self._entries = [entries[name] for name in self.names]
        digest = hashlib.sha256()
        for entry in self._entries:
            line = f"{entry.filename}\0{entry.file_size}\0{entry.CRC}\n"
            digest.update(line.encode("utf-8", "surrogateescape"))
        self.labels, self.note = self._labels(entries.get(LABEL_FILE), digest)
        self.fingerprint = digest.hexdigest()

    def header(self, index: int) -> Header:
        """Size and mode of a picture."""
        entry = self._entries[index]
        try:
            with self._open().open(entry) as file:
                return read_header(cast(BinaryIO, file))
        except PictureError:
            raise
        except Exception as error:
            raise PictureError(_damage(error)) from error

    def picture(self, index: int) -> Image.Image:
        """Decode a picture."""
        return decode(self.content(index))

    def content(self, index: int) -> bytes:
        """The bytes of a picture's file."""
        entry = self._entries[index]
        if entry.file_size > MAX_BYTES:
            raise PictureError(f"is larger than {MAX_BYTES >> 20} MiB")
        try:
            # Never gives more than the size that was declared, and compares the checksum.
            return self._open().read(entry)
        except Exception as error:
            raise PictureError(_damage(error)) from error

    def close(self) -> None:
        """Close the file; it is opened again where needed."""
        if self._archive is not None:
            self._archive.close()
            self._archive = None

    def __getstate__(self) -> dict[str, Any]:
        """Worker processes open the zip for themselves."""
        return self.__dict__ | {"_archive": None}

    def _open(self) -> zipfile.ZipFile:
        if self._archive is None:
            try:
                self._archive = zipfile.ZipFile(self.path)
            except OSError as error:
                reason = error.strerror or error
                raise DataError(f"{self.path} cannot be read: {reason}.") from error
            except Exception as error:  # a damaged directory raises whatever struct does
                reason = printable(str(error))
                raise DataError(f"{self.path} is not a zip, or damaged: {reason}.") from error
        return self._archive

    def _labels(self, entry: zipfile.ZipInfo | None, digest: hashlib._Hash) -> tuple[Labels, str]:
        if entry is None:
            return classes_from_folders(self.names)
        where = f"{LABEL_FILE} in {self.path}"
        if entry.file_size > MAX_BYTES:
            raise DataError(f"{where} is larger than {MAX_BYTES >> 20} MiB.")
        try:
            raw = self._open().read(entry)
        except Exception as error:
            raise DataError(f"{where} {_damage(error)}.") from error
        digest.update(raw)
        return parse_label_file(raw, self.names, where), ""


def _is_picture(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in extensions() and not hidden


def _check_entry(entry: zipfile.ZipInfo, path: Path) -> None:
    name = entry.filename
    shown = printable(repr(name))
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        raise DataError(f"{path} names a file outside of itself, {shown}: it is not trusted.")
    if entry.flag_bits & 0x1:
        raise DataError(f"{path} is encrypted: unpack it and pack it without a password.")


def _damage(error: Exception) -> str:
    return f"is damaged ({printable(str(error) or type(error).__name__)})"
