"""The configuration of a classifier's training, and its state on the disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from latentstudio.atomic import write_atomic
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from trainer.errors import TrainingError
from trainer.tensors import checksum, restore_adam, under

FORMAT = "latentstudio-classifier-training-1"


class ClassifierConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What a classifier is trained on and how.

    Attributes
    ----------
    data, data_root, resolution
        As for a generator's training.
    kimg
        Thousand pictures to see, mirrored and repeated ones included.
    batch, lr, weight_decay
        Of AdamW; ``lr`` is the highest of a cycle.
    width, max_width, dim
        Of the network.
    held_out
        Share of the pictures that is kept out for the scores.
    seed
        Of weights, division, order and augmentation, 0 to 2**32 - 1.
    half
        Write the weights in float16.
    threads, device
        Where to compute.
    snapshot_seconds
        How often the state is saved.
    """

    data: str
    data_root: str = "data"
    resolution: int = 64
    kimg: float = 240.0
    batch: int = 64
    lr: float = 4e-3
    weight_decay: float = 0.02
    width: int = 32
    max_width: int = 128
    dim: int = 96
    held_out: float = 0.1
    seed: int = 0
    half: bool = False
    threads: int = 1
    device: str = "cpu"
    snapshot_seconds: float = 120.0


@dataclass
class ClassifierState:
    """A training at one moment.

    Attributes
    ----------
    classifier
        What is trained.
    quality
        A further head, for the training alone: it tells from the embedding how much a picture
        was blurred and roughened.
    optimizer
        Of both.
    images, seconds
        Pictures seen, and time over all sessions.
    """

    classifier: AttributeClassifier
    quality: nn.Linear
    optimizer: torch.optim.AdamW
    images: int = 0
    seconds: float = 0.0


class _Header(msgspec.Struct):
    format: str
    config: ClassifierConfig
    images: int
    seconds: float
    crc32: int


def save_state(state: ClassifierState, config: ClassifierConfig, path: Path) -> None:
    """Write what a resumed training needs, whole or not at all."""
    tensors = {f"net.{key}": value for key, value in state.classifier.state_dict().items()}
    tensors |= {f"quality.{key}": value for key, value in state.quality.state_dict().items()}
    for index, slots in state.optimizer.state_dict()["state"].items():
        tensors |= {f"adam.{index}.{key}": value for key, value in slots.items()}
    tensors = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    header = _Header(FORMAT, config, state.images, state.seconds, checksum(tensors))
    text = msgspec.json.encode(header).decode()
    write_atomic(path, save_tensors(tensors, metadata={"training": text}))


def saved_config(path: Path) -> ClassifierConfig:
    """The configuration of an unfinished run; errors as in :func:`load_state`."""
    return _read(path)[0].config


def load_state(state: ClassifierState, config: ClassifierConfig, path: Path) -> None:
    """Put a saved state into a freshly built one, in place.

    Raises
    ------
    TrainingError
        If the file is missing, damaged, or of a training with another configuration.
    """
    header, tensors = _read(path)
    free = {"threads": 0, "device": "", "snapshot_seconds": 0.0, "data_root": ""}
    if msgspec.structs.replace(header.config, **free) != msgspec.structs.replace(config, **free):
        raise TrainingError(f"{path} belongs to a training with other options: give the same ones.")
    try:
        state.classifier.load_state_dict(under(tensors, "net"))
        state.quality.load_state_dict(under(tensors, "quality"))
        restore_adam(state.optimizer, under(tensors, "adam"))
    except (RuntimeError, ValueError, LookupError) as error:
        first = str(error).strip().splitlines()[0]
        raise TrainingError(f"{path} does not fit this network: {first}") from error
    state.images, state.seconds = header.images, header.seconds


def _read(path: Path) -> tuple[_Header, dict[str, Tensor]]:
    try:
        raw = path.read_bytes()
        length = int.from_bytes(raw[:8], "little")
        outer = json.loads(raw[8 : 8 + length])
        header = msgspec.json.decode(outer["__metadata__"]["training"], type=_Header)
        tensors = load_tensors(raw)
    except FileNotFoundError:
        raise TrainingError(f"There is no unfinished run {path}: start without --resume.") from None
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (SafetensorError, ValueError, LookupError, TypeError) as error:
        raise TrainingError(f"{path} is damaged ({error}): start without --resume.") from error
    if header.format != FORMAT or checksum(tensors) != header.crc32:
        raise TrainingError(f"{path} is damaged or of another kind: start without --resume.")
    return header, tensors
