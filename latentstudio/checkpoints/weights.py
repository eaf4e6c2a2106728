"""The weights of networks that look at pictures, to files and back.

What attribute classifiers and encoders share: a network's
tensors in one safetensors file, and a content hash over them and the configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import safetensors.torch
import torch
from torch import Tensor, nn

from latentstudio.atomic import SaveError, write_atomic
from latentstudio.checkpoints.content import ContentHash
from latentstudio.checkpoints.errors import CheckpointError, quoted
from latentstudio.checkpoints.layout import MAX_HEADER, TensorSpec, damaged
from latentstudio.checkpoints.skeleton import DTYPES
from latentstudio.checkpoints.trial import is_finite

_FLOATS, _INTEGERS = ("F32", "F16"), ("I64",)
_STORED = {DTYPES[name]: name for name in (*_FLOATS, *_INTEGERS)}


class Weighed(Protocol):
    """What a file's description says of its weights."""

    @property
    def tensors(self) -> dict[str, TensorSpec]:
        """Dtype, shape and place of each."""

    @property
    def content_hash(self) -> str:
        """Over configuration and weights as stored."""


def stored(network: nn.Module, half: bool, source: str) -> dict[str, Tensor]:
    """A network's tensors as they go into a file: on the CPU, contiguous, finite.

    Parameters
    ----------
    network
        On any device; left as it is.
    half
        Floating tensors as float16 instead of float32.
    source
        Begins the sentence of an error (CheckpointError), such as "The encoder for a.safetensors".
    """
    tensors = {}
    for name, tensor in sorted(network.state_dict().items()):
        if tensor.is_floating_point():
            tensor = tensor.to(torch.float16 if half else torch.float32)
            if not is_finite(tensor):
                raise CheckpointError(
                    f"{source} has weights in {quoted(name)} that are not finite"
                    f"{' in float16: save it in full precision' if half else ': train it again'}"
                )
        tensors[name] = tensor.detach().cpu().contiguous()
    return tensors


def hash_of(family: str, config: dict[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """The content hash of tensors, sorted by name, as :func:`stored` gives them."""
    digest = ContentHash(family, config)
    for name, tensor in tensors.items():
        digest.add(name, _STORED[tensor.dtype], tensor.shape, tensor.reshape(-1).numpy())
    return digest.hexdigest()


def write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str], source: str) -> None:
    """Write a file whole or not at all; CheckpointError, one sentence, where it cannot be."""
    content = safetensors.torch.save(tensors, metadata=metadata)
    if int.from_bytes(content[:8], "little") > MAX_HEADER:
        raise CheckpointError(f"{source} has a header above 8 MiB: shorten its provenance")
    try:
        write_atomic(path, content)
    except SaveError as error:
        raise CheckpointError(str(error)) from error


def read_tensors(
    file: BinaryIO, specs: Mapping[str, TensorSpec], digest: ContentHash, path: Path
) -> Iterator[tuple[str, Tensor]]:
    """Read tensors as they are stored, one after the other in the order of their names.

    Parameters
    ----------
    file
        As it was when its layout was read.
    specs
        By name.
    digest
        Each tensor is added.
    path
        For the sentence of a CheckpointError.
    """
    for name, spec in sorted(specs.items()):
        buffer = bytearray(spec.end - spec.begin)
        file.seek(spec.begin)
        if file.readinto(buffer) != len(buffer):  # type: ignore[attr-defined]
            raise damaged(path, "it became shorter while it was read")
        digest.add(name, spec.dtype, spec.shape, buffer)
        dtype = DTYPES[spec.dtype]
        flat = torch.frombuffer(buffer, dtype=dtype) if buffer else torch.empty(0, dtype=dtype)
        yield name, flat.reshape(spec.shape)


def fill(
    network: nn.Module, file: BinaryIO, header: Weighed, digest: ContentHash, path: Path
) -> None:
    """Copy a file's tensors, which must fill the network exactly, and check them.

    Parameters
    ----------
    network
        On the CPU; changed in place.
    file, header
        Untrusted.
    digest
        With family and configuration, and no tensor yet.
    path
        For the sentences of CheckpointErrors.
    """
    wanted, found = network.state_dict(), header.tensors
    for name in sorted(wanted.keys() ^ found.keys()):
        what = "lacks" if name in wanted else "has a superfluous"
        raise damaged(path, f"it {what} tensor {quoted(name)}")
    for name, spec in sorted(found.items()):
        if spec.shape != tuple(wanted[name].shape):
            shapes = f"{list(spec.shape)}, not {list(wanted[name].shape)}"
            raise damaged(path, f"its tensor {quoted(name)} has the shape {shapes}")
        if spec.dtype not in (_FLOATS if wanted[name].is_floating_point() else _INTEGERS):
            raise damaged(path, f"its tensor {quoted(name)} is stored as {spec.dtype}")
    for name, tensor in read_tensors(file, found, digest, path):
        wanted[name].copy_(tensor)
    if digest.hexdigest() != header.content_hash:
        raise damaged(path, "its weights are not the ones that its content hash was made of")


@torch.no_grad()
def look_at_grey(network: nn.Module, channels: int, resolution: int, path: Path) -> None:
    """Refuse weights that are not finite, or variances below 0: they show in a grey picture."""
    if not is_finite(network(torch.zeros(1, channels, resolution, resolution))):
        raise damaged(path, "it sees numbers that are not finite in a grey picture")
