"""The configuration of an encoder's training, and its state on the disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from latentstudio.atomic import write_atomic
from latentstudio.latents.inversion.encoder import Encoder
from trainer.errors import TrainingError
from trainer.tensors import checksum, restore_adam, under

FORMAT = "latentstudio-encoder-training-1"


class EncoderConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What an encoder is trained for and how.

    Attributes
    ----------
    checkpoint
        The generator's file.
    kimg, minutes
        Thousand samples to see, and time to take; whichever ends first. 0 minutes: no limit.
    fitted
        Samples from which the last layer is solved before the training.
    batch, lr, weight_decay
        Of AdamW; ``lr`` is the highest of a cycle.
    pictures
        So many guesses of each step are drawn, and their pictures compared.
    features
        Where pictures are compared beside their pixels, and what the convolutions begin with: a
        classifier file, ``auto`` (that of the generator's data, if it is bundled), or ``none``.
    width, max_width
        Of the network, where it does not begin with a classifier's.
    seed
        Of weights and samples, 0 to 2**32 - 1.
    half
        Write the weights in float16.
    threads, device
        Where to compute.
    snapshot_seconds
        How often it is measured and saved.
    """

    checkpoint: str
    kimg: float = 1000.0
    minutes: float = 0.0
    fitted: int = 12_288
    batch: int = 32
    lr: float = 2e-4
    weight_decay: float = 0.02
    pictures: int = 8
    features: str = "auto"
    width: int = 32
    max_width: int = 128
    seed: int = 0
    half: bool = True
    threads: int = 1
    device: str = "cpu"
    snapshot_seconds: float = 180.0


@dataclass
class EncoderState:
    """A training at one moment.

    Attributes
    ----------
    encoder, optimizer
        What is trained, and by what.
    images, seconds
        Samples seen, and time over all sessions.
    """

    encoder: Encoder
    optimizer: torch.optim.AdamW
    images: int = 0
    seconds: float = 0.0

    def done(self, config: EncoderConfig) -> float:
        """Finished share of the training, 0 to 1."""
        by_time = self.seconds / (60 * config.minutes) if config.minutes else 0.0
        return min(max(self.images / (1000 * config.kimg), by_time), 1.0)


class _Header(msgspec.Struct):
    format: str
    config: EncoderConfig
    checkpoint: str
    images: int
    seconds: float
    crc32: int


def save_state(state: EncoderState, config: EncoderConfig, checkpoint: str, path: Path) -> None:
    """Write what a resumed training needs, whole or not at all.

    ``checkpoint`` is the content hash of the generator.
    """
    tensors = {f"net.{key}": value for key, value in state.encoder.state_dict().items()}
    for index, slots in state.optimizer.state_dict()["state"].items():
        tensors |= {f"adam.{index}.{key}": value for key, value in slots.items()}
    tensors = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    crc = checksum(tensors)
    header = _Header(FORMAT, config, checkpoint, state.images, state.seconds, crc)
    text = msgspec.json.encode(header).decode()
    write_atomic(path, save_tensors(tensors, metadata={"training": text}))


def saved_config(path: Path) -> EncoderConfig:
    """The configuration of an unfinished run; errors as in :func:`load_state`."""
    return _read(path)[0].config


def load_state(state: EncoderState, config: EncoderConfig, checkpoint: str, path: Path) -> None:
    """Put a saved state into a freshly built one, in place.

    Raises
    ------
    TrainingError
        If the file is missing, damaged, or of a training with another configuration.
    """
    header, tensors = _read(path)
    # Where it computes, where the generator lies and how long it takes may change.
    free = {"threads": 0, "device": "", "snapshot_seconds": 0.0, "checkpoint": "", "minutes": 0.0}
    same = msgspec.structs.replace(header.config, **free) == msgspec.structs.replace(config, **free)
    if not same or header.checkpoint != checkpoint:
        raise TrainingError(f"{path} belongs to a training with other options: give the same ones.")
    try:
        state.encoder.load_state_dict(under(tensors, "net"))
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
