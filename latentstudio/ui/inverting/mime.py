"""Pictures that are dropped or pasted."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMimeData
from PySide6.QtGui import QImage, QImageWriter

PASTED = "the pasted picture"
Dropped = tuple[Path | QImage, str]


def held_by(mime: QMimeData) -> Dropped | None:
    """The first file or picture that a drop or the clipboard holds, and its name; or None."""
    return next(iter(all_held_by(mime)), None)


def all_held_by(mime: QMimeData) -> list[Dropped]:
    """All files, or else the picture, and their names."""
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    if paths or not mime.hasImage():
        return [(path, path.name) for path in paths]
    image = QImage(mime.imageData())
    return [] if image.isNull() else [(image, PASTED)]


def as_file(image: QImage) -> bytes:
    """The bytes of a picture file, so that a pasted picture passes the same checks as a file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, b"png")
    writer.setQuality(100)  # not compressed, which would take seconds
    writer.write(image)
    return bytes(buffer.data().data())
