"""The cache folder of a data set: ``images.npy``, ``labels.npz`` and ``dataset.json``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentstudio.atomic import write_atomic
from trainer.errors import TrainingError

# Longest header that a shape needs, so that pixels can be written before their number is known.
HEADER_BYTES = 128


def read_info(folder: Path) -> dict[str, Any]:
    """The contents of a cache folder's ``dataset.json``; empty when there is none.

    Raises
    ------
    TrainingError
        If the folder is missing or unfinished, or the file is not a JSON object.
    """
    path = folder / "dataset.json"
    if not folder.is_dir():
        raise TrainingError(f"There is no data folder {folder}.")
    if not path.exists() and (folder / "progress.json").exists():
        raise TrainingError(
            f"The pictures in {folder} are still being rendered or prepared: wait, or give the "
            "same command again if it was stopped."
        )
    if not path.exists():
        return {}
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise TrainingError(f"{path} cannot be read: {error}.") from error
    if not isinstance(info, dict):
        raise TrainingError(f"{path} does not hold a JSON object.")
    return info


def open_images(folder: Path) -> NDArray[np.uint8]:
    """The pictures of a cache folder as a memory map: uint8 [count, channels, R, R].

    Raises
    ------
    TrainingError
        If ``images.npy`` is missing, cannot be read or is not of that shape.
    """
    path = folder / "images.npy"
    try:
        images: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise TrainingError(f"{folder} holds no images.npy.") from None
    # numpy's reader of a damaged header raises whatever its parser does.
    except Exception as error:
        raise TrainingError(f"{path} cannot be read: {error}.") from error
    shape = images.shape
    if images.dtype != np.uint8 or len(shape) != 4 or shape[2] != shape[3] or 0 in shape:
        raise TrainingError(
            f"{path} holds {images.dtype} {list(shape)}, not uint8 [count, channels, R, R]."
        )
    return images


def content_hash(images: NDArray[np.uint8]) -> str:
    """SHA-256 of the pixels, uint8 [count, channels, R, R], in order."""
    digest = hashlib.sha256()
    for start in range(0, len(images), 1024):
        digest.update(np.ascontiguousarray(images[start : start + 1024]).tobytes())
    return digest.hexdigest()


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object beside ``path`` and rename it, so that a kill leaves old or new."""
    write_atomic(path, (json.dumps(content, indent=2) + "\n").encode("ascii"))


def npy_header(shape: tuple[int, ...]) -> bytes:
    """First :data:`HEADER_BYTES` bytes of an ``.npy`` file (format 1.0) of uint8 in C order."""
    text = repr({"descr": "|u1", "fortran_order": False, "shape": shape})
    length = HEADER_BYTES - 10
    return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + f"{text:{length - 1}}\n".encode()


def printable(text: str, limit: int = 120) -> str:
    """A name or message from outside, on one line, without control characters."""
    clean = "".join(c if c.isprintable() else "?" for c in text.strip().split("\n", 1)[0])
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
