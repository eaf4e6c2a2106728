"""Going on from a snapshot: after an interruption, and after numbers that are none."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import torch

from trainer.config import RunConfig
from trainer.errors import NotFinite, TrainingError
from trainer.state import Snapshots, TrainingState, restore

Report = Callable[[str], None]


def restore_newest(state: TrainingState, snapshots: Snapshots, report: Report) -> None:
    """Put the newest whole snapshot into a fresh state; say which, and which were damaged."""
    path, header, tensors, complaints = snapshots.load()
    for complaint in complaints:
        report(complaint)
    restore(state, header, tensors)
    report(f"Resuming at {state.images / 1000:.1f} kimg from {path.name}.")


def roll_back(
    error: NotFinite,
    config: RunConfig,
    state: TrainingState,
    snapshots: Snapshots,
    report: Report,
) -> RunConfig:
    """Return to the last good snapshot; the configuration to go on with, if there is one.

    Raises
    ------
    TrainingError
        If the retries are used up.
    """
    path, header, tensors, _ = snapshots.load()
    restore(state, header, tensors)
    where = f"{state.images / 1000:.1f} kimg ({path.name})"
    if config.retries <= 0:
        raise TrainingError(
            f"{error} The run stands at {where} again: resume with a lower --lr or a higher "
            "--gamma, or with --retries."
        ) from error
    preset = config.preset
    preset = msgspec.structs.replace(preset, lr_g=preset.lr_g / 2, lr_d=preset.lr_d / 2)
    sentence = f"{error} Rolled back to {where}, going on at half the learning rate."
    report(sentence)
    # Other latent points than those that led there.
    torch.manual_seed((config.seed + config.retries + state.images) % 2**63)
    history = (*config.history, sentence)
    return msgspec.structs.replace(
        config, preset=preset, retries=config.retries - 1, history=history
    )
