"""Statistics of a run as JSON lines, and the watch for numbers that are none."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from latentstudio.atomic import write_atomic
from trainer.errors import TrainingError
from trainer.state import TrainingState


class StatsLog:
    """The file ``stats.jsonl``: one JSON object a line.

    Parameters
    ----------
    path
        The file; lines beyond ``images`` (written after the snapshot from which the run
        goes on) are removed, so that each stretch of training stands there once.
    images
        Where the run stands.
    """

    def __init__(self, path: Path, images: int) -> None:
        self.path = path
        self._last: tuple[int, float] | None = None
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines()
            kept = [line for line in lines if _images_of(line) <= images]
            write_atomic(path, "".join(f"{line}\n" for line in kept).encode())

    def write(self, state: TrainingState, rate: float) -> dict[str, float]:
        """Append one line and begin a new tally.

        Parameters
        ----------
        state
            Gives the counters and the tally.
        rate
            Factor on the learning rates.

        Returns
        -------
        dict
            The line: ``kimg``, ``images``, ``seconds``, ``img_per_s``, ``rate``,
            ``memory_mb``, and the averages since the line before.

        Raises
        ------
        TrainingError
            If an average is not finite.
        """
        means = check_losses(state)
        images, seconds = self._last or (state.images, state.seconds)
        speed = (state.images - images) / max(state.seconds - seconds, 1e-9)
        row = {
            "kimg": state.images / 1000,
            "images": state.images,
            "seconds": round(state.seconds, 2),
            "img_per_s": round(speed, 2),
            "rate": rate,
            "memory_mb": round(memory_mb(state.device), 1),
            **means,
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        state.tally = {}
        self._last = (state.images, state.seconds)
        return row


def add_stats(state: TrainingState, stats: dict[str, Tensor]) -> None:
    """Count one step's scalars into the state's tally, without waiting for the device."""
    for name, value in stats.items():
        entry = torch.stack([value.float(), torch.ones_like(value, dtype=torch.float32)])
        state.tally[name] = state.tally[name] + entry if name in state.tally else entry


def check_losses(state: TrainingState) -> dict[str, float]:
    """Compute the averages of the state's tally.

    Returns
    -------
    dict
        By name.

    Raises
    ------
    TrainingError
        If one is not finite; it names the first such.
    """
    means = {name: float(entry[0] / entry[1]) for name, entry in state.tally.items()}
    for name, value in means.items():
        if not math.isfinite(value):
            raise TrainingError(
                f"{name} is not finite ({value}) at {state.images / 1000:.1f} kimg; the last "
                "snapshot is good: resume from it with a lower --lr or a higher --gamma."
            )
    return means


def check_weights(state: TrainingState) -> None:
    """Make sure that every weight is a number.

    Raises
    ------
    TrainingError
        If one is not: a loss may be finite one step longer than the weights are.
    """
    for name in ("generator", "discriminator"):
        for key, value in getattr(state, name).named_parameters():
            if not bool(torch.isfinite(value).all()):
                raise TrainingError(
                    f"The {name}'s weight {key} is not finite at {state.images / 1000:.1f} kimg; "
                    "the last snapshot is good: resume from it with a lower --lr."
                )


def memory_mb(device: torch.device) -> float:
    """Peak memory in MiB: of the GPU where there is one, else of this process; 0 if unknown."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    try:
        import resource
    except ImportError:  # not on Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def _images_of(line: str) -> float:
    """Position of a line of statistics; infinity for a torn one."""
    try:
        row: Any = json.loads(line)
        return float(row["images"])
    except (ValueError, KeyError, TypeError):
        return math.inf
