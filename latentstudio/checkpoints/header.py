"""What a checkpoint says about itself: read without torch, before any weight.

The safetensors metadata hold one key, ``latentstudio``: a JSON object with the fields of
:class:`Header` (without ``tensors``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from latentstudio.checkpoints.description import Description, check_digest, check_lines
from latentstudio.checkpoints.errors import quoted
from latentstudio.checkpoints.layout import TensorSpec, open_untrusted
from latentstudio.checkpoints.sniff import HEAD, is_foreign
from latentstudio.generators.info import GeneratorInfo

KEY = "latentstudio"
VERSION = 1

MAX_RESOLUTION = 8192
MAX_FEATURES = 65536
MAX_LAYERS = 1024


class Header(msgspec.Struct, frozen=True):
    """Everything that a checkpoint file says before its weights.

    Attributes
    ----------
    version
        Of the format: 1.
    info
        The generator's facts, with name, labels and content hash.
    config
        Constructor arguments of the generator's class.
    data
        The data set: name, seed, resolution, count, hash, ... (free).
    training
        Provenance: command, ``images_seen``, seconds, device, versions, ... (free).
    created
        ISO 8601 date and time.
    tensors
        Every tensor's dtype, shape and place in the file.
    """

    version: int
    info: GeneratorInfo
    config: dict[str, Any]
    data: dict[str, Any]
    training: dict[str, Any]
    created: str
    tensors: dict[str, TensorSpec] = {}


def read_header(path: str | os.PathLike[str]) -> Header:
    """Read what a checkpoint says about itself.

    Parameters
    ----------
    path
        Any file; untrusted. The weights of a file in own format are not touched; another
        program's file says little by itself, and is loaded when it is new.

    Raises
    ------
    CheckpointError
        One sentence: no such file, not a checkpoint (and what it is instead), cut short,
        damaged, or written by a newer version.
    """
    from latentstudio.checkpoints.foreign import foreign_header

    return _own_or(Path(path), foreign_header)


def glance(path: Path) -> Header:
    """As :func:`read_header`, but loads nothing: a foreign file must have been read before."""
    from latentstudio.checkpoints.foreign import known_header

    return _own_or(path, known_header)


def _own_or(path: Path, foreign: Callable[[Path, bytes], Header]) -> Header:
    with open_untrusted(path) as (file, size):
        head = file.read(HEAD)
        if not is_foreign(head):
            file.seek(0)
            return DESCRIPTION.read(file, size, path)
    return foreign(path, head)


@contextmanager
def open_checkpoint(path: Path) -> Iterator[tuple[BinaryIO, Header]]:
    """Open a checkpoint and read its header; see :func:`read_header`.

    Yields
    ------
    file, header
        Both of the same open file, even when another takes its name meanwhile.
    """
    with open_untrusted(path) as (file, size):
        yield file, DESCRIPTION.read(file, size, path)


def check_header(header: Header) -> None:
    """Raise ValueError with the name of the first field that cannot be."""
    info = header.info
    sizes = {
        "version": (header.version, 1, VERSION),
        "z_dim": (info.z_dim, 1, MAX_FEATURES),
        "w_dim": (info.w_dim, 1, MAX_FEATURES),
        "num_layers": (info.num_layers, 1, MAX_LAYERS),
        "number of layers": (len(info.layers), 0, MAX_LAYERS),
        "resolution": (info.resolution, 1, MAX_RESOLUTION),
        "num_classes": (info.num_classes, 0, MAX_FEATURES),
        **{f"layer {i}": (la.resolution, 1, MAX_RESOLUTION) for i, la in enumerate(info.layers)},
    }
    for field, (value, low, high) in sizes.items():
        if not low <= value <= high:
            raise ValueError(f"{field} is {quoted(str(value), 20)}; it must be {low} to {high}")
    if info.channels not in (1, 3, 4):
        raise ValueError("channels is not 1, 3 or 4")
    if info.has_mapping and len(info.layers) != info.num_layers:
        raise ValueError("layers does not fit num_layers")
    if info.labels and len(info.labels) != info.num_classes:
        raise ValueError(f"{len(info.labels)} labels for {info.num_classes} classes")
    check_digest(info.content_hash, "content_hash")
    check_lines(info.family, info.name, *info.labels, *(layer.name for layer in info.layers))
    datetime.fromisoformat(header.created)


DESCRIPTION = Description(
    KEY,
    VERSION,
    Header,
    check_header,
    "checkpoint",
    "is a safetensors file of another program, not a latentstudio checkpoint: choose one that"
    " latentstudio-train wrote",
)
