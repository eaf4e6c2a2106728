"""Zips of pictures, as the StyleGAN world makes them: read without trust, written plainly."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trainer.data.decode import (
    MAX_BYTES,
    Header,
    PictureError,
    decode,
    extensions,
    read_header,
)
from trainer.data.labels import Labels
from trainer.data.layout import printable
from trainer.data.source import classes_from_folders
from trainer.data.stylegan_labels import parse_label_file, write_label_file
from trainer.errors import TrainingError

LABEL_FILE = "dataset.json"


class ZipSource:
    """The pictures of a zip, sorted by path; nothing is unpacked to the disk.

    Labels come from ``dataset.json``; without that file each top-level folder is a class.

    Raises
    ------
    TrainingError
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
            raise TrainingError(f"{path} holds no pictures.")
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
        entry = self._entries[index]
        if entry.file_size > MAX_BYTES:
            raise PictureError(f"is larger than {MAX_BYTES >> 20} MiB")
        try:
            # Never gives more than the size that was declared, and compares the checksum.
            data = self._open().read(entry)
        except Exception as error:
            raise PictureError(_damage(error)) from error
        return decode(data)

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
                raise TrainingError(f"{self.path} cannot be read: {reason}.") from error
            except Exception as error:  # a damaged directory raises whatever struct does
                reason = printable(str(error))
                raise TrainingError(f"{self.path} is not a zip, or damaged: {reason}.") from error
        return self._archive

    def _labels(self, entry: zipfile.ZipInfo | None, digest: hashlib._Hash) -> tuple[Labels, str]:
        if entry is None:
            return classes_from_folders(self.names)
        where = f"{LABEL_FILE} in {self.path}"
        if entry.file_size > MAX_BYTES:
            raise TrainingError(f"{where} is larger than {MAX_BYTES >> 20} MiB.")
        try:
            raw = self._open().read(entry)
        except Exception as error:
            raise TrainingError(f"{where} {_damage(error)}.") from error
        digest.update(raw)
        return parse_label_file(raw, self.names, where), ""


class ZipWriter:
    """Writes a zip for other trainers: ``00000/img00000000.png``, then ``dataset.json``.

    Parameters
    ----------
    file
        Opened for writing. The same pictures and labels give the same bytes.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self._names: list[str] = []

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Append pictures, uint8 [n, channels, R, R], as PNG files without compression."""
        for picture in pixels:
            number = f"{len(self._names):08d}"
            name = f"{number[:5]}/img{number}.png"
            data = io.BytesIO()
            array = picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0)
            image = Image.fromarray(np.ascontiguousarray(array))
            image.save(data, format="PNG", compress_level=0)
            self._archive.writestr(zipfile.ZipInfo(name), data.getvalue())
            self._names.append(name)

    def __enter__(self) -> ZipWriter:
        """Open already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the zip, before its file is; without :meth:`finish` it is to be thrown away."""
        self._archive.close()

    def finish(self, labels: Labels) -> None:
        """Write the labels and the zip's directory."""
        self._archive.writestr(zipfile.ZipInfo(LABEL_FILE), write_label_file(labels, self._names))
        self._archive.close()


def _is_picture(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in extensions() and not hidden


def _check_entry(entry: zipfile.ZipInfo, path: Path) -> None:
    name = entry.filename
    shown = printable(repr(name))
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        raise TrainingError(f"{path} names a file outside of itself, {shown}: it is not trusted.")
    if entry.flag_bits & 0x1:
        raise TrainingError(f"{path} is encrypted: unpack it and pack it without a password.")


def _damage(error: Exception) -> str:
    return f"is damaged ({printable(str(error) or type(error).__name__)})"
