"""Encoders to files and back: safetensors with a JSON header, never code."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import torch

from latentstudio.checkpoints.content import ContentHash
from latentstudio.checkpoints.encoder_file import (
    VERSION,
    EncoderHeader,
    NetworkConfig,
    bundled_encoder,
    encode_encoder_header,
    open_encoder,
    read_encoder_header,
)
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.layout import damaged
from latentstudio.checkpoints.weights import fill, hash_of, look_at_grey, stored, write
from latentstudio.generators.info import GeneratorInfo
from latentstudio.latents.inversion.encoder_network import Encoder

__all__ = [
    "Encoder",
    "EncoderHeader",
    "bundled_encoder",
    "load_encoder",
    "read_encoder_header",
    "save_encoder",
]


def save_encoder(
    path: str | os.PathLike[str],
    encoder: Encoder,
    generator: GeneratorInfo,
    *,
    training: dict[str, Any],
    scores: dict[str, float],
    half: bool = True,
) -> str:
    """Write an encoder to a file, completely or not at all.

    Parameters
    ----------
    path
        The file, replaced if it exists; its folder must exist.
    encoder
        On any device; it is left as it is.
    generator
        Whose points it guesses; with a content hash.
    training, scores
        As in :class:`EncoderHeader`.
    half
        Store floating tensors as float16 instead of float32.

    Returns
    -------
    str
        The content hash.

    Raises
    ------
    CheckpointError
        One sentence: weights that are not finite (as stored), a header that JSON cannot hold,
        or a file that cannot be written. A file that was there is unchanged.
    """
    path = Path(path)
    source = f"The encoder for {path}"
    tensors = stored(encoder, half, source)
    header = EncoderHeader(
        version=VERSION,
        name=generator.name,
        checkpoint=generator.content_hash,
        space="w" if generator.has_mapping else "z",
        config=NetworkConfig(**encoder.config()),
        training=training,
        scores=scores,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        content_hash=hash_of("encoder", encoder.config(), tensors),
    )
    try:
        metadata = encode_encoder_header(header)
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            f"{source} cannot be described ({error}): save its generator first, or"
            " correct its provenance"
        ) from error
    write(path, tensors, metadata, source)
    return header.content_hash


def load_encoder(
    path: str | os.PathLike[str], device: str | torch.device = "cpu"
) -> tuple[Encoder, EncoderHeader]:
    """Open an encoder's file.

    Parameters
    ----------
    path
        Untrusted. Nothing in it is executed, and no configuration can ask for more than about
        80 MB of weights.
    device
        ``cpu``, ``cuda``, ``cuda:1``, ``mps``.

    Returns
    -------
    encoder, header
        In evaluation mode, without gradients of its weights, float32, on the device. Torch's
        random state is left as it was. Whether ``header.checkpoint`` is the generator at hand
        is for the caller to see.

    Raises
    ------
    CheckpointError
        One sentence: what is wrong, in which file, and what to do.
    """
    path = Path(path)
    with open_encoder(path) as (file, header):
        config = msgspec.structs.asdict(header.config)
        try:
            with torch.random.fork_rng(devices=[]):
                encoder = Encoder(**config)
        except ValueError as error:
            raise damaged(path, f"it describes no possible encoder ({error})") from error
        encoder.eval().requires_grad_(False)
        fill(encoder, file, header, ContentHash("encoder", config), path)
    look_at_grey(encoder, encoder.channels, encoder.resolution, path)
    return encoder.to(device, memory_format=torch.channels_last), header  # type: ignore[call-overload]
