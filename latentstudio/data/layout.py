"""The cache folder of a data set: ``images.npy``, ``labels.npz`` and ``dataset.json``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentstudio.data.errors import DataError


def read_info(folder: Path) -> dict[str, Any]:
    """The contents of a cache folder's ``dataset.json``; empty when there is none.

    Raises
    ------
    DataError
        If the folder is missing or unfinished, or the file is not a JSON object.
    """
    path = folder / "dataset.json"
    if not folder.is_dir():
        raise DataError(f"There is no data folder {folder}.")
    if not path.exists() and (folder / "progress.json").exists():
        raise DataError(
            f"The pictures in {folder} are still being rendered or prepared: wait, or give the "
            "same command again if it was stopped."
        )
    if not path.exists():
        return {}
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read: {error}.") from error
    if not isinstance(info, dict):
        raise DataError(f"{path} does not hold a JSON object.")
    return info


def open_images(folder: Path) -> NDArray[np.uint8]:
    """The pictures of a cache folder as a memory map: uint8 [count, channels, R, R].

    Raises
    ------
    DataError
        If ``images.npy`` is missing, cannot be read or is not of that shape.
    """
    path = folder / "images.npy"
    try:
        images: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise DataError(f"{folder} holds no images.npy.") from None
    # numpy's reader of a damaged header raises whatever its parser does.
    except Exception as error:
        raise DataError(f"{path} cannot be read: {error}.") from error
    shape = images.shape
    if images.dtype != np.uint8 or len(shape) != 4 or shape[2] != shape[3] or 0 in shape:
        raise DataError(
            f"{path} holds {images.dtype} {list(shape)}, not uint8 [count, channels, R, R]."
        )
    return images


def content_hash(images: NDArray[np.uint8], progress: Callable[[float], None] | None = None) -> str:
    """SHA-256 of the pixels, uint8 [count, channels, R, R], in order.

    ``progress`` is told the share done, 0 to 1, and may raise to stop.
    """
    digest = hashlib.sha256()
    for start in range(0, len(images), 1024):
        digest.update(np.ascontiguousarray(images[start : start + 1024]).data)
        if progress is not None:
            progress(min(1.0, (start + 1024) / len(images)))
    return digest.hexdigest()
