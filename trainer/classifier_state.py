"""The configuration of a classifier's training, and its state on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from torch import nn

from latentstudio.metrics.spaces.classifier import AttributeClassifier
from trainer.errors import TrainingError
from trainer.unfinished import Header, read_unfinished, restore, write_unfinished

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

    @property
    def networks(self) -> dict[str, nn.Module]:
        """What is saved, by name."""
        return {"net": self.classifier, "quality": self.quality}


class _Header(Header, kw_only=True):
    config: ClassifierConfig


def save_state(state: ClassifierState, config: ClassifierConfig, path: Path) -> None:
    """Write what a resumed training needs, whole or not at all."""
    header = _Header(format=FORMAT, config=config, images=state.images, seconds=state.seconds)
    write_unfinished(path, header, state.networks, state.optimizer)


def saved_config(path: Path) -> ClassifierConfig:
    """The configuration of an unfinished run; errors as in :func:`load_state`."""
    return read_unfinished(path, _Header, FORMAT)[0].config


def load_state(state: ClassifierState, config: ClassifierConfig, path: Path) -> None:
    """Put a saved state into a freshly built one, in place.

    Raises
    ------
    TrainingError
        If the file is missing, damaged, or of a training with another configuration.
    """
    header, tensors = read_unfinished(path, _Header, FORMAT)
    free = {"threads": 0, "device": "", "snapshot_seconds": 0.0, "data_root": ""}
    if msgspec.structs.replace(header.config, **free) != msgspec.structs.replace(config, **free):
        raise TrainingError(f"{path} belongs to a training with other options: give the same ones.")
    restore(path, tensors, state.networks, state.optimizer)
    state.images, state.seconds = header.images, header.seconds
