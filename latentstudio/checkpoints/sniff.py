"""Say what a file is that is no checkpoint of ours, from its first bytes."""

from __future__ import annotations

import codecs

HEAD = 4096  # bytes that :func:`describe` wants to see

_PICKLE = "a pickle, which could run code when opened, so it is not opened"

# The first bytes of a file, and what they make it. Longer and rarer beginnings come first.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a numpy array"),
    (b"GGUF", "a GGUF model"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"\xfd7zXZ", "an xz archive: unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it first"),
    (b"version https://git-lfs", "a Git LFS pointer: fetch the real file with `git lfs pull`"),
)


# How torch.save began its files before it wrote zip archives: a pickled magic number.
_LEGACY_TORCH = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
_PROTOCOLS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def is_foreign(head: bytes) -> bool:
    """Whether a file that begins so is a pickle or a PyTorch file, whatever its name."""
    # The length that begins a safetensors file may look like a pickle's first two bytes.
    ours = head[3:9] == b"\0\0\0\0\0{"
    return not ours and (is_torch(head) or head.startswith(_PROTOCOLS))


def is_torch(head: bytes) -> bool:
    """Whether a file that begins so was written by ``torch.save``."""
    # A zip archive whose first member is NAME/data.pkl.
    zipped = head.startswith(b"PK\x03\x04") and b"data.pkl" in head
    return zipped or head.startswith(_LEGACY_TORCH)


def describe(head: bytes) -> str | None:
    """Tell what a file that begins with ``head`` is, or None if that cannot be told.

    Parameters
    ----------
    head
        The first bytes of the file, up to :data:`HEAD`.

    Returns
    -------
    str or None
        Fits behind "is": ``a PNG picture``.
    """
    for beginning, what in _BEGINNINGS:
        if head.startswith(beginning):
            return what
    if head.startswith(b"PK\x03\x04"):
        return "a PyTorch file, and holds " + _PICKLE if is_torch(head) else "a zip archive"
    if head.startswith(_PROTOCOLS):
        return _PICKLE
    if head.startswith(b"RIFF"):
        return "a WebP picture" if head[8:12] == b"WEBP" else "a RIFF file"
    return _text(head)


def _text(head: bytes) -> str | None:
    try:
        # Incremental, since the end of the head may cut a character in two.
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return None
    if not text.strip() or any(c < " " and c not in "\t\r\n\f" for c in text):
        return None
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start.startswith(("<!doctype html", "<html")):
        return "a web page: the download went wrong"
    return "a JSON text" if start.startswith(("{", "[")) else "a text"
