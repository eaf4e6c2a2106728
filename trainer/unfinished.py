"""The files from which unfinished trainings of a network and its optimiser are resumed.

One safetensors file: weights, Adam's slots, and JSON in the metadata. No code, and replaced as a
whole, so that a kill at any moment leaves the last one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from latentstudio.atomic import write_atomic
from trainer.errors import TrainingError
from trainer.tensors import checksum, restore_adam, under


class Header(msgspec.Struct, kw_only=True):
    """What every such file says; a kind of training adds its own fields."""

    format: str
    images: int
    seconds: float
    crc32: int = 0


H = TypeVar("H", bound=Header)


def write_unfinished(
    path: Path, header: Header, networks: Mapping[str, nn.Module], optimizer: torch.optim.Optimizer
) -> None:
    """Write what a resumed training needs, whole or not at all; the checksum is filled in."""
    tensors = {
        f"{name}.{key}": value
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }
    for index, slots in optimizer.state_dict()["state"].items():
        tensors |= {f"adam.{index}.{key}": value for key, value in slots.items()}
    tensors = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    header = msgspec.structs.replace(header, crc32=checksum(tensors))
    text = msgspec.json.encode(header).decode()
    write_atomic(path, save_tensors(tensors, metadata={"training": text}))


def read_unfinished(path: Path, kind: type[H], form: str) -> tuple[H, dict[str, Tensor]]:
    """Header and tensors of a file.

    Raises
    ------
    TrainingError
        If it is missing, damaged, or of another format than ``form``.
    """
    try:
        raw = path.read_bytes()
        length = int.from_bytes(raw[:8], "little")
        outer = json.loads(raw[8 : 8 + length])
        header = msgspec.json.decode(outer["__metadata__"]["training"], type=kind)
        tensors = load_tensors(raw)
    except FileNotFoundError:
        raise TrainingError(f"There is no unfinished run {path}: start without --resume.") from None
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (SafetensorError, ValueError, LookupError, TypeError) as error:
        raise TrainingError(f"{path} is damaged ({error}): start without --resume.") from error
    if header.format != form or checksum(tensors) != header.crc32:
        raise TrainingError(f"{path} is damaged or of another kind: start without --resume.")
    return header, tensors


def restore(
    path: Path,
    tensors: dict[str, Tensor],
    networks: Mapping[str, nn.Module],
    optimizer: torch.optim.Adam,
) -> None:
    """Put a file's tensors into freshly built networks and their optimiser, in place.

    Raises
    ------
    TrainingError
        If they do not fit; ``path`` is for the sentence.
    """
    try:
        for name, network in networks.items():
            network.load_state_dict(under(tensors, name))
        restore_adam(optimizer, under(tensors, "adam"))
    except (RuntimeError, ValueError, LookupError) as error:
        first = str(error).strip().splitlines()[0]
        raise TrainingError(f"{path} does not fit this network: {first}") from error
