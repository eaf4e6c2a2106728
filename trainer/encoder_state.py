"""The configuration of an encoder's training, and its state on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from torch import nn

from latentstudio.latents.inversion.encoder import Encoder
from trainer.errors import TrainingError
from trainer.unfinished import Header, read_unfinished, restore, write_unfinished

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

    @property
    def networks(self) -> dict[str, nn.Module]:
        """What is saved, by name."""
        return {"net": self.encoder}

    def done(self, config: EncoderConfig) -> float:
        """Finished share of the training, 0 to 1."""
        by_time = self.seconds / (60 * config.minutes) if config.minutes else 0.0
        return min(max(self.images / (1000 * config.kimg), by_time), 1.0)


class _Header(Header, kw_only=True):
    config: EncoderConfig
    checkpoint: str


def save_state(state: EncoderState, config: EncoderConfig, checkpoint: str, path: Path) -> None:
    """Write what a resumed training needs, whole or not at all.

    ``checkpoint`` is the content hash of the generator.
    """
    header = _Header(
        format=FORMAT,
        config=config,
        checkpoint=checkpoint,
        images=state.images,
        seconds=state.seconds,
    )
    write_unfinished(path, header, state.networks, state.optimizer)


def saved_config(path: Path) -> EncoderConfig:
    """The configuration of an unfinished run; errors as in :func:`load_state`."""
    return read_unfinished(path, _Header, FORMAT)[0].config


def load_state(state: EncoderState, config: EncoderConfig, checkpoint: str, path: Path) -> None:
    """Put a saved state into a freshly built one, in place.

    Raises
    ------
    TrainingError
        If the file is missing, damaged, or of a training with another configuration.
    """
    header, tensors = read_unfinished(path, _Header, FORMAT)
    # Where it computes, where the generator lies and how long it takes may change.
    free = {"threads": 0, "device": "", "snapshot_seconds": 0.0, "checkpoint": "", "minutes": 0.0}
    same = msgspec.structs.replace(header.config, **free) == msgspec.structs.replace(config, **free)
    if not same or header.checkpoint != checkpoint:
        raise TrainingError(f"{path} belongs to a training with other options: give the same ones.")
    restore(path, tensors, state.networks, state.optimizer)
    state.images, state.seconds = header.images, header.seconds
