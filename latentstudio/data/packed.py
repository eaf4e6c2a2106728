"""A data set in small: features, labels, and pictures compressed for viewing, in one folder.

``reals.npz`` holds the features of all pictures in one feature space, their statistics and the
labels; ``pictures-NNN.webp`` are sheets of tiles in the data's order. Made by
``latentstudio-data reals``; that of the portraits is bundled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.data.errors import DataError
from latentstudio.data.labels import Labels, checked, to_attributes
from latentstudio.data.sheets import SheetPictures, sheet_count

FILE = "reals.npz"
FORMAT = 1


class PackedHead(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says of itself.

    Attributes
    ----------
    format
        :data:`FORMAT`.
    name, sha256, count, channels, resolution
        Of the data set.
    features, features_hash
        Name and content hash of the feature space.
    attributes
        Of the data set, as plain data.
    sheets
        SHA-256 of each sheet of pictures.
    arrays
        SHA-256 of the arrays, :func:`arrays_hash`.
    """

    format: int = FORMAT
    name: str
    sha256: str
    count: int
    channels: int
    resolution: int
    features: str
    features_hash: str
    attributes: list[dict[str, Any]]
    sheets: tuple[str, ...]
    arrays: str


@dataclass(frozen=True, eq=False)
class Packed:
    """What the folder holds.

    Attributes
    ----------
    head
        Names and hashes.
    features
        float16 [count, d], in the data's order.
    mean, cov
        float64 [d] and [d, d] (ddof = 1), of the features before they were rounded.
    labels, pictures
        Of all pictures.
    """

    head: PackedHead
    features: NDArray[np.float16]
    mean: NDArray[np.float64]
    cov: NDArray[np.float64]
    labels: Labels
    pictures: SheetPictures


def find_packed(spec: str | Path) -> Path | None:
    """The packed folder of a bundled data set's name, or that a path points to; else None."""
    bundled = bundled_reals(str(spec))
    if bundled is not None:
        return bundled
    try:
        return Path(spec) if (Path(spec) / FILE).is_file() else None
    except (OSError, ValueError):  # a path that cannot be; whoever opens it says so
        return None


def bundled_reals(name: str) -> Path | None:
    """The bundled folder of a data set of this name, if there is one."""
    files = sorted((resources_folder() / "reals").glob(f"*-*/{FILE}"))
    return next((f.parent for f in files if f.parent.name.rpartition("-")[0] == name), None)


def read_packed(folder: Path) -> Packed:
    """Read a packed folder; its sheets are opened when a picture is looked at.

    Raises
    ------
    DataError
        One sentence, when the file is missing, damaged, or was changed.
    """
    path = folder / FILE
    try:
        content = BytesIO(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    try:
        with np.load(content, allow_pickle=False) as archive:
            head = msgspec.json.decode(archive["head"].tobytes(), type=PackedHead)
            features, mean, cov = (archive[name] for name in ("features", "mean", "cov"))
            columns = [archive[f"label{i}"] for i in range(len(head.attributes))]
        attributes = to_attributes(head.attributes, str(path))
        values = {a.name: column for a, column in zip(attributes, columns, strict=True)}
        labels = checked(attributes, values, head.count, str(path))
        _check(head, (features, mean, cov, *columns))
    # zipfile, zlib, numpy's header parser and msgspec each raise something of their own.
    except Exception as error:
        raise DataError(
            f"{path} is damaged or was changed: install latentstudio again, or make the folder "
            "anew with latentstudio-data reals."
        ) from error
    pictures = SheetPictures(
        folder,
        head.sheets,
        head.name,
        head.count,
        head.resolution,
        head.channels,
        head.sha256,
        labels,
    )
    return Packed(head, features, mean, cov, labels, pictures)


def arrays_hash(arrays: Iterable[NDArray[Any]]) -> str:
    """SHA-256 of types, shapes and bytes of features, mean, cov and the labels, in order."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _check(head: PackedHead, arrays: tuple[NDArray[Any], ...]) -> None:
    features, mean, cov = arrays[:3]
    d = len(mean)
    shapes = (features.shape, mean.shape, cov.shape) == ((head.count, d), (d,), (d, d))
    types = [array.dtype.name for array in arrays[:3]] == ["float16", "float64", "float64"]
    finite = all(np.isfinite(array).all() for array in (features, mean, cov))
    sheets = sheet_count(head.count, head.resolution) == len(head.sheets)
    known = head.format == FORMAT and head.count >= 2 and head.channels in (1, 3, 4)
    if not (shapes and types and finite and sheets and known):
        raise ValueError("its parts do not belong together")
    if arrays_hash(arrays) != head.arrays:
        raise ValueError("its arrays are not those that were written")
