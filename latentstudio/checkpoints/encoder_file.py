"""What an encoder's file says about itself: read without torch, before any weight.

The file is safetensors with one key in its metadata, ``latentstudio-encoder``: a JSON object
with the fields of :class:`EncoderHeader` (without ``tensors``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec

from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.checkpoints.description import Description, check_digest, check_lines
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.layout import TensorSpec, open_untrusted

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
        yield file, DESCRIPTION.read(file, size, path)


def _check(header: EncoderHeader) -> None:
    if header.version != VERSION:
        raise ValueError(f"version is {header.version}, not {VERSION}")
    check_lines(header.name, *header.scores)
    check_digest(header.checkpoint, "checkpoint")
    check_digest(header.content_hash, "content_hash")
    datetime.fromisoformat(header.created)


DESCRIPTION = Description(
    KEY,
    VERSION,
    EncoderHeader,
    _check,
    "encoder",
    "holds no encoder: choose a file that latentstudio-train encoder wrote",
)

encode_encoder_header = DESCRIPTION.encode
