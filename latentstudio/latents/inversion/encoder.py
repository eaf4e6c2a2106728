"""Encoders to files and back: safetensors with a JSON header, never code."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import safetensors.torch
import torch
from torch import Tensor

from latentstudio.atomic import SaveError, write_atomic
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
from latentstudio.checkpoints.errors import CheckpointError, quoted
from latentstudio.checkpoints.layout import damaged
from latentstudio.checkpoints.trial import is_finite
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

_DTYPES = {"F32": torch.float32, "F16": torch.float16, "I64": torch.int64}
_STORED = {dtype: name for name, dtype in _DTYPES.items()}


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
    tensors = {k: _stored(v, half) for k, v in sorted(encoder.state_dict().items())}
    for key, tensor in tensors.items():
        if not is_finite(tensor):
            raise CheckpointError(
                f"The encoder for {path} has weights in {quoted(key)} that are not finite"
                f"{' in float16: save it in full precision' if half else ': train it again'}"
            )
    digest = ContentHash("encoder", encoder.config())
    for key, tensor in tensors.items():
        digest.add(key, _STORED[tensor.dtype], tensor.shape, tensor.reshape(-1).numpy())
    header = EncoderHeader(
        version=VERSION,
        name=generator.name,
        checkpoint=generator.content_hash,
        space="w" if generator.has_mapping else "z",
        config=NetworkConfig(**encoder.config()),
        training=training,
        scores=scores,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        content_hash=digest.hexdigest(),
    )
    try:
        metadata = encode_encoder_header(header)
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            f"The encoder for {path} cannot be described ({error}): save its generator first, or"
            " correct its provenance"
        ) from error
    try:
        write_atomic(path, safetensors.torch.save(tensors, metadata=metadata))
    except SaveError as error:
        raise CheckpointError(str(error)) from error
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
        try:
            with torch.random.fork_rng(devices=[]):
                encoder = Encoder(**msgspec.structs.asdict(header.config))
        except ValueError as error:
            raise damaged(path, f"it describes no possible encoder ({error})") from error
        tensors = _read(file, header, encoder.state_dict(), path)
    encoder.load_state_dict(tensors, assign=True)
    encoder.eval().requires_grad_(False)
    _try_out(encoder, path)
    return encoder.to(device, memory_format=torch.channels_last), header  # type: ignore[call-overload]


def _stored(tensor: Tensor, half: bool) -> Tensor:
    """As it goes into the file: on the CPU, contiguous."""
    tensor = tensor.detach().cpu()
    if tensor.is_floating_point():
        tensor = tensor.to(torch.float16 if half else torch.float32)
    return tensor.contiguous()


def _read(
    file: BinaryIO, header: EncoderHeader, wanted: dict[str, Tensor], path: Path
) -> dict[str, Tensor]:
    """Read the tensors that fill the network exactly."""
    found = header.tensors
    for name in sorted(wanted.keys() ^ found.keys()):
        what = "lacks" if name in wanted else "has a superfluous"
        raise damaged(path, f"it {what} tensor {quoted(name)}")
    digest = ContentHash("encoder", msgspec.structs.asdict(header.config))
    tensors = {}
    for name in sorted(found):
        spec, like = found[name], wanted[name]
        dtype = _DTYPES.get(spec.dtype)
        if dtype is None or dtype.is_floating_point != like.is_floating_point():
            raise damaged(path, f"its tensor {quoted(name)} is stored as {spec.dtype}")
        if spec.shape != tuple(like.shape):
            shapes = f"{list(spec.shape)}, not {list(like.shape)}"
            raise damaged(path, f"its tensor {quoted(name)} has the shape {shapes}")
        buffer = bytearray(spec.end - spec.begin)
        file.seek(spec.begin)
        if file.readinto(buffer) != len(buffer):  # type: ignore[attr-defined]
            raise damaged(path, "it became shorter while it was read")
        digest.add(name, spec.dtype, spec.shape, buffer)
        tensors[name] = torch.frombuffer(buffer, dtype=dtype).reshape(spec.shape).to(like.dtype)
    if digest.hexdigest() != header.content_hash:
        raise damaged(path, "its weights are not the ones that its content hash was made of")
    return tensors


@torch.no_grad()
def _try_out(encoder: Encoder, path: Path) -> None:
    """Look at a grey picture: weights that are not finite, or variances below 0, show."""
    size = encoder.resolution
    if not is_finite(encoder(torch.zeros(1, encoder.channels, size, size))):
        raise damaged(path, "it sees numbers that are not finite in a grey picture")
