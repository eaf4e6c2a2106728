"""Generators to checkpoint files and back.

A checkpoint is one safetensors file: the weights, and a JSON header in its metadata. Any
safetensors reader sees the tensors; nothing in the file can run.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import torch
from torch import Tensor

from latentstudio.checkpoints.content import ContentHash
from latentstudio.checkpoints.errors import CheckpointError, quoted
from latentstudio.checkpoints.foreign_network import load_foreign
from latentstudio.checkpoints.header import DESCRIPTION, VERSION, Header, open_checkpoint
from latentstudio.checkpoints.layout import TensorSpec, damaged, open_untrusted
from latentstudio.checkpoints.skeleton import DTYPES, build
from latentstudio.checkpoints.sniff import HEAD, is_foreign
from latentstudio.checkpoints.trial import is_finite, try_out
from latentstudio.checkpoints.weights import read_tensors, write
from latentstudio.generators.protocol import Generator

_STORED = {torch.float32: "F32", torch.float16: "F16"} | {
    dtype: name for name, dtype in DTYPES.items() if name[0] in "IU"
}


def save_generator(
    path: str | os.PathLike[str],
    generator: Generator,
    *,
    name: str,
    data: dict[str, Any],
    training: dict[str, Any],
    labels: tuple[str, ...] = (),
    half: bool = False,
) -> str:
    """Write a generator to a checkpoint file, completely or not at all.

    Parameters
    ----------
    path
        The file, replaced if it exists; its folder must exist.
    generator
        On any device; it is left as it is. Floating tensors are stored as float32.
    name
        What to call it on the screen; one line.
    data
        The data set (name, seed, resolution, count, hash, ...): JSON.
    training
        Provenance (command, images_seen, seconds, device, versions, ...): JSON.
    labels
        Class names, one for each class; the generator's own when empty.
    half
        Store floating tensors as float16: half the size, about three digits.

    Returns
    -------
    str
        The content hash: 64 hex digits over what is stored; another for ``half``.

    Raises
    ------
    CheckpointError
        One sentence: weights that are not finite (as stored), a header that JSON cannot hold,
        or a file that cannot be written. A file that was there is unchanged.
    """
    path = Path(path)
    source = f"The generator for {path}"
    state = generator.state_dict()
    tensors = {key: _stored(key, state[key], half, source) for key in sorted(state)}
    try:
        config = json.loads(json.dumps(generator.config(), allow_nan=False))
        digest = ContentHash(generator.family, config)
        for key, tensor in tensors.items():
            flat = tensor.reshape(-1).numpy()
            digest.add(key, _STORED[tensor.dtype], tensor.shape, flat)
        header = Header(
            version=VERSION,
            info=msgspec.structs.replace(
                generator.info,
                name=name,
                labels=tuple(labels) or generator.labels,
                content_hash=digest.hexdigest(),
            ),
            config=config,
            data=data,
            training=training,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        metadata = DESCRIPTION.encode(header)
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            f"{source} cannot be described ({error}): correct its name, labels or provenance"
        ) from error
    _check_loads(header, tensors, source)
    write(path, tensors, metadata, source)
    return header.info.content_hash


def load_generator(path: str | os.PathLike[str], device: str = "cpu") -> Generator:
    """Open a checkpoint file and return its generator, ready to draw.

    Parameters
    ----------
    path
        A checkpoint, of ours or of another program; untrusted. Nothing in it is executed, and
        no more is allocated than the file holds. Memory peaks at the network (float32) plus its
        largest tensor.
    device
        ``cpu``, ``cuda``, ``cuda:1``, ``mps``.

    Returns
    -------
    Generator
        In evaluation mode, without gradients, float32, with ``labels``, ``name`` and
        ``content_hash`` set. Torch's random state is left as it was.

    Raises
    ------
    CheckpointError
        One sentence: what is wrong, in which file, and what to do.
    """
    path = Path(path)
    try:
        with open_untrusted(path) as (file, _):
            head = file.read(HEAD)
        generator = load_foreign(path, head)[0] if is_foreign(head) else _load_own(path)
    except MemoryError as error:
        raise CheckpointError(
            f"{path} does not fit into the free memory: close other programs, or another model"
        ) from error
    generator.settle()
    return generator.to(device)


def _load_own(path: Path) -> Generator:
    with open_checkpoint(path) as (file, header):
        info = header.info
        generator = build(info.family, header.config, header.tensors, str(path))
        if _facts(generator.info) != _facts(info):
            raise damaged(path, "its description contradicts its configuration")
        _fill(generator, file, header, path)
    generator.labels, generator.name = info.labels, info.name
    generator.content_hash = info.content_hash
    generator.eval().requires_grad_(False)
    try_out(generator, path)
    return generator


def _stored(name: str, tensor: Tensor, half: bool, source: str) -> Tensor:
    """Return the tensor as it goes into the file: on the CPU, contiguous, finite."""
    tensor = tensor.detach()
    if tensor.is_floating_point():
        tensor = tensor.to(torch.float16 if half else torch.float32)
        if not is_finite(tensor):
            raise CheckpointError(
                f"{source} has weights in {quoted(name)} that are not finite"
                f"{' in float16' if half else ''}: save an earlier state"
                f"{' or in full precision' if half else ''}"
            )
    return tensor.cpu().contiguous()


def _check_loads(header: Header, tensors: dict[str, Tensor], source: str) -> None:
    """Refuse to write what could not be read again."""
    specs = {
        name: TensorSpec(_STORED[tensor.dtype], tuple(tensor.shape), 0, 0)
        for name, tensor in tensors.items()
    }
    skeleton = build(header.info.family, header.config, specs, source)
    if _facts(skeleton.info) != _facts(header.info):
        raise CheckpointError(f"{source} differs from what its configuration describes: correct it")


def _facts(info: Any) -> Any:
    """Return what the configuration decides of a generator's info."""
    return msgspec.structs.replace(info, labels=(), name="", content_hash="")


def _fill(generator: Generator, file: BinaryIO, header: Header, path: Path) -> None:
    """Copy the weights from the file into the network, tensor by tensor, and check them."""
    state = generator.state_dict()
    digest = ContentHash(header.info.family, header.config)
    broken = ""
    for name, tensor in read_tensors(file, header.tensors, digest, path):
        state[name].copy_(tensor)
        if not broken and not is_finite(state[name]):
            broken = name
    if digest.hexdigest() != header.info.content_hash:
        raise damaged(path, "its weights are not the ones that its content hash was made of")
    if broken:
        raise CheckpointError(
            f"{path} has weights in {quoted(broken)} that are not finite: use an earlier snapshot"
            " of the training"
        )
