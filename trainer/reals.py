"""A data set in small, for those who do not have it: features, labels and compressed pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from latentstudio.atomic import write_atomic
from latentstudio.data.attributes import Attribute
from latentstudio.data.errors import DataError
from latentstudio.data.packed import FILE, PackedHead, arrays_hash
from latentstudio.data.pictures import Pictures
from latentstudio.data.sheets import sheet_columns, sheet_count, sheet_name, tiled
from latentstudio.metrics.frechet import Accumulator
from latentstudio.metrics.spaces.features import Features

QUALITY = 60  # of WebP: 0.6 kB a picture of 64 px
BATCH = 64


def write_reals(
    pictures: Pictures, features: Features, folder: Path, *, progress: bool = True
) -> Path:
    """Write the folder that :func:`~latentstudio.data.packed.read_packed` reads.

    Parameters
    ----------
    pictures
        Squares of one size, at least two.
    features
        The space.
    folder
        Made where it is missing; an earlier one is replaced, ``reals.npz`` last.
    progress
        Whether to show bars with the time left.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataError
        One sentence, when sizes differ, a picture does not decode, or there is only one.
    OSError
        When a file cannot be written.
    """
    arrays = _arrays(pictures, features, progress)
    folder.mkdir(parents=True, exist_ok=True)
    head = PackedHead(
        name=pictures.name,
        sha256=pictures.fingerprint,
        count=pictures.count,
        channels=pictures.channels,
        resolution=pictures.resolution or 0,
        features=features.name,
        features_hash=features.content_hash,
        attributes=msgspec.to_builtins(pictures.labels.attributes),
        sheets=tuple(_write_sheets(pictures, folder, progress)),
        arrays=arrays_hash(arrays.values()),
    )
    content = BytesIO()
    np.savez(content, head=np.frombuffer(msgspec.json.encode(head), np.uint8), **arrays)
    write_atomic(folder / FILE, content.getvalue())
    return folder


def _arrays(pictures: Pictures, features: Features, progress: bool) -> dict[str, Any]:
    seen, parts = Accumulator(features.dim), []
    total = -(-pictures.count // BATCH)
    for images in tqdm(pictures.batches(BATCH), "embedding", total, disable=not progress):
        parts.append(features(images))
        seen.add(parts[-1])
    if pictures.count < 2:
        raise DataError(f"{pictures.name} holds one picture, too few for statistics: add more.")
    statistics, labels = seen.statistics(), pictures.labels
    return {
        "features": torch.cat(parts).to(torch.float16).numpy(),
        "mean": statistics.mean.numpy(),
        "cov": statistics.cov.numpy(),
        **{
            f"label{i}": labels.values[a.name].astype(_type(a))
            for i, a in enumerate(labels.attributes)
        },
    }


def _type(attribute: Attribute) -> np.dtype[Any]:
    """The smallest one that holds the attribute's labels exactly."""
    real = attribute.kind == "continuous"
    return np.dtype(np.float32) if real else np.min_scalar_type(len(attribute.values))


def _write_sheets(pictures: Pictures, folder: Path, progress: bool) -> Iterator[str]:
    """Write the sheets one by one; give the SHA-256 of each."""
    side = pictures.resolution or 0
    columns = sheet_columns(side)
    each = columns**2
    numbers = range(sheet_count(pictures.count, side))
    for number in tqdm(numbers, "tiling", unit="sheet", disable=not progress):
        indices = range(number * each, min((number + 1) * each, pictures.count))
        sheet = tiled(np.stack([pictures.picture(index) for index in indices]), columns)
        content = BytesIO()
        Image.fromarray(sheet).save(content, format="WEBP", quality=QUALITY, method=6)
        write_atomic(folder / sheet_name(number), content.getvalue())
        yield hashlib.sha256(content.getvalue()).hexdigest()
