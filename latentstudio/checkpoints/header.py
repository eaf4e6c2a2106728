"""What a checkpoint says about itself: read without torch, before any weight.

The safetensors metadata hold one key, ``latentstudio``: a JSON object with the fields of
:class:`Header` (without ``tensors``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from latentstudio.checkpoints.errors import CheckpointError, quoted
from latentstudio.checkpoints.layout import (
    TensorSpec,
    damaged,
    open_untrusted,
    read_layout,
    strict_json,
)
from latentstudio.checkpoints.sniff import HEAD, is_foreign
from latentstudio.generators.info import GeneratorInfo

KEY = "latentstudio"
VERSION = 1

MAX_RESOLUTION = 8192
MAX_FEATURES = 65536
MAX_LAYERS = 1024
MAX_TEXT = 500  # characters in a name or label


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


class _Version(msgspec.Struct):
    version: int


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
            return _read(file, size, path)
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
        yield file, _read(file, size, path)


def encode_header(header: Header) -> dict[str, str]:
    """Return safetensors metadata; raise TypeError or ValueError on what JSON cannot hold."""
    fields = msgspec.to_builtins(header)
    del fields["tensors"]
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False)
    strict_json(text)
    return {KEY: text}


def _read(file: BinaryIO, size: int, path: Path) -> Header:
    layout = read_layout(file, size, path)
    if KEY not in layout.metadata:
        raise CheckpointError(
            f"{path} is a safetensors file of another program, not a latentstudio checkpoint:"
            " choose one that latentstudio-train wrote"
        )
    try:
        document = strict_json(layout.metadata[KEY])
        version = msgspec.convert(document, _Version).version
    except ValueError as error:
        raise damaged(path, f"its description is not readable ({error})") from error
    if version > VERSION:
        raise CheckpointError(
            f"{path} was written by a newer latentstudio (checkpoint version {version}, this one"
            f" reads up to {VERSION}): update latentstudio to open it"
        )
    try:
        header = msgspec.convert(document, Header)
        check_header(header)
    except ValueError as error:
        raise damaged(path, f"its description is wrong ({error})") from error
    return msgspec.structs.replace(header, tensors=layout.tensors)


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
    if len(info.content_hash) != 64 or not set(info.content_hash) <= set("0123456789abcdef"):
        raise ValueError("content_hash is not a sha256 in hex")
    for text in (info.family, info.name, *info.labels, *(layer.name for layer in info.layers)):
        if len(text) > MAX_TEXT or not text.isprintable():
            raise ValueError("a name or label is too long or not printable")
    datetime.fromisoformat(header.created)
