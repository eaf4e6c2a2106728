"""What an encoder's file says about itself: read without torch, before any weight.

The file is safetensors with one key in its metadata, ``latentstudio-encoder``: a JSON object
with the fields of :class:`EncoderHeader` (without ``tensors``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec

from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import MAX_TEXT
from latentstudio.checkpoints.layout import (
    TensorSpec,
    damaged,
    open_untrusted,
    read_layout,
    strict_json,
)

KEY = "latentstudio-encoder"
VERSION = 1
MAX_BYTES = 128 << 20  # of the whole file: nothing larger answers within a moment


class NetworkConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Constructor arguments of the network; their meaning and limits are its own."""

    resolution: int
    channels: int
    dim: int
    width: int
    max_width: int


class EncoderHeader(msgspec.Struct, frozen=True):
    """Everything that an encoder's file says before its weights.

    Attributes
    ----------
    version
        Of the format: 1.
    name
        Of the generator whose points it guesses; one line.
    checkpoint
        That generator's content hash: the guesses mean nothing to another.
    space
        ``w``, or ``z`` where the generator has no mapping network.
    config
        The network.
    training
        Provenance: options, pictures seen, seconds, versions, ... (free).
    scores
        Measured on samples kept out, by name.
    created
        ISO 8601 date and time.
    content_hash
        64 hex digits over configuration and weights as stored.
    tensors
        Every tensor's dtype, shape and place in the file.
    """

    version: int
    name: str
    checkpoint: str
    space: Literal["z", "w"]
    config: NetworkConfig
    training: dict[str, Any]
    scores: dict[str, float]
    created: str
    content_hash: str
    tensors: dict[str, TensorSpec] = {}

    @property
    def resolution(self) -> int:
        """Height and width in pixels at which it looks at pictures."""
        return self.config.resolution


class _Version(msgspec.Struct):
    version: int


def read_encoder_header(path: str | os.PathLike[str]) -> EncoderHeader:
    """Read what an encoder's file says about itself; its weights are not touched.

    Raises
    ------
    CheckpointError
        One sentence: no such file, no encoder, cut short, damaged, or of a newer version.
    """
    with open_encoder(Path(path)) as (_, header):
        return header


def bundled_encoder(checkpoint: str) -> Path | None:
    """The encoder that comes with latentstudio for a generator of this content hash, if any."""
    for path in sorted((resources_folder() / "encoders").glob("*.safetensors")):
        with suppress(CheckpointError):
            if read_encoder_header(path).checkpoint == checkpoint:
                return path
    return None


def encoder_of(checkpoint: str, path: Path | None) -> Path | None:
    """The encoder for a generator: one's own beside its file, or else the bundled one.

    Parameters
    ----------
    checkpoint
        Content hash of the generator.
    path
        Its file; ``NAME.encoder.safetensors`` beside it is taken if it belongs to the generator.
    """
    if path is not None:
        own = path.with_name(f"{path.stem}.encoder.safetensors")
        with suppress(CheckpointError):
            if own.is_file() and read_encoder_header(own).checkpoint == checkpoint:
                return own
    return bundled_encoder(checkpoint)


@contextmanager
def open_encoder(path: Path) -> Iterator[tuple[BinaryIO, EncoderHeader]]:
    """Open an encoder's file and read its header; see :func:`read_encoder_header`."""
    with open_untrusted(path) as (file, size):
        if size > MAX_BYTES:
            raise CheckpointError(
                f"{path} is larger than an encoder may be ({size / 2**20:,.0f} of"
                f" {MAX_BYTES >> 20} MiB): choose a file that latentstudio-train encoder wrote"
            )
        yield file, _read(file, size, path)


def encode_encoder_header(header: EncoderHeader) -> dict[str, str]:
    """Return safetensors metadata; raise TypeError or ValueError on what cannot be read again."""
    _check(header)
    fields = msgspec.to_builtins(header)
    del fields["tensors"]
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False)
    strict_json(text)
    return {KEY: text}


def _read(file: BinaryIO, size: int, path: Path) -> EncoderHeader:
    layout = read_layout(file, size, path)
    if KEY not in layout.metadata:
        raise CheckpointError(
            f"{path} holds no encoder: choose a file that latentstudio-train encoder wrote"
        )
    try:
        document = strict_json(layout.metadata[KEY])
        version = msgspec.convert(document, _Version).version
        if version <= VERSION:
            header = msgspec.convert(document, EncoderHeader)
            _check(header)
    except ValueError as error:
        raise damaged(path, f"its description is wrong ({error})") from error
    if version > VERSION:
        raise CheckpointError(
            f"{path} was written by a newer latentstudio (encoder version {version}, this one"
            f" reads up to {VERSION}): update latentstudio to open it"
        )
    return msgspec.structs.replace(header, tensors=layout.tensors)


def _check(header: EncoderHeader) -> None:
    """Raise ValueError with the name of the first field that cannot be."""
    if header.version != VERSION:
        raise ValueError(f"version is {header.version}, not {VERSION}")
    for text in (header.name, *header.scores):
        if len(text) > MAX_TEXT or not text.isprintable():
            raise ValueError("a name is too long or not printable")
    for field in ("checkpoint", "content_hash"):
        digits = getattr(header, field)
        if len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
            raise ValueError(f"{field} is not a sha256 in hex")
    datetime.fromisoformat(header.created)
