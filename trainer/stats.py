"""Statistics of a run as JSON lines, and the watch for numbers that are none."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentstudio.atomic import write_atomic
from trainer.errors import NotFinite, TrainingError
from trainer.state import TrainingState


class StatsLog:
    """The files ``stats.jsonl`` and ``metrics.jsonl``, one JSON object a line, and TensorBoard.

    Parameters
    ----------
    out
        The run's folder; lines beyond ``images`` (written after the snapshot from which the
        run goes on) are removed, so that each stretch of training stands there once.
    images
        Where the run stands.
    tensorboard
        Also write ``tensorboard/``.

    Raises
    ------
    TrainingError
        If TensorBoard is asked for and not installed.
    """

    def __init__(self, out: Path, images: int, tensorboard: bool = False) -> None:
        self.path = out / "stats.jsonl"
        self.board = open_board(out / "tensorboard", images) if tensorboard else None
        self._last: tuple[int, float] | None = None
        for path in (self.path, out / "metrics.jsonl"):
            if path.exists():
                lines = path.read_text(encoding="utf-8").splitlines()
                kept = [line for line in lines if _images_of(line) <= images]
                write_atomic(path, "".join(f"{line}\n" for line in kept).encode())

    def write(self, state: TrainingState, means: dict[str, float], rate: float) -> dict[str, float]:
        """Append one line.

        Parameters
        ----------
        state
            Gives the counters.
        means
            From :func:`check_losses`.
        rate
            Factor on the learning rates.

        Returns
        -------
        dict
            The line: ``kimg``, ``images``, ``seconds``, ``cpu_seconds``, ``img_per_s``, ``rate``,
            ``memory_mb``, ``resolution``, ``alpha``, ``augment_p``, and the averages since the
            line before.
        """
        images, seconds = self._last or (state.images, state.seconds)
        speed = (state.images - images) / max(state.seconds - seconds, 1e-9)
        row = {
            "kimg": state.images / 1000,
            "images": state.images,
            "seconds": round(state.seconds, 2),
            "cpu_seconds": round(state.cpu_seconds, 2),
            "img_per_s": round(speed, 2),
            "rate": rate,
            "memory_mb": round(memory_mb(state.device), 1),
            "resolution": state.growth.resolution,
            "alpha": round(state.growth.alpha, 4),
            "augment_p": round(float(state.augment_p), 4),
            **means,
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self.scalars({k: v for k, v in row.items() if k not in ("kimg", "images")}, state.images)
        self._last = (state.images, state.seconds)
        return row

    def scalars(self, values: dict[str, float], images: int) -> None:
        """Show numbers on TensorBoard, where it is on."""
        if self.board:
            for name, value in values.items():
                self.board.add_scalar(name, value, images)

    def picture(self, sheet: NDArray[np.uint8], images: int) -> None:
        """Show a sheet [H, W, channels] on TensorBoard, where it is on."""
        if self.board:
            self.board.add_image("samples", sheet, images, dataformats="HWC")

    def close(self) -> None:
        """Flush what TensorBoard has not written."""
        if self.board:
            self.board.close()


def open_board(folder: Path, images: int) -> Any:
    """A TensorBoard writer that takes the place of its own earlier steps beyond ``images``.

    Raises
    ------
    TrainingError
        If TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise TrainingError("--tensorboard needs the package: pip install tensorboard.") from error
    # What lies at the step itself belongs to the run that goes on.
    return SummaryWriter(str(folder), purge_step=images + 1)


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
    NotFinite
        If one is not finite; it names the first such.
    """
    means = {name: float(entry[0] / entry[1]) for name, entry in state.tally.items()}
    for name, value in means.items():
        if not math.isfinite(value):
            raise NotFinite(f"{name} is not finite ({value}) at {state.images / 1000:.1f} kimg.")
    return means


def check_weights(state: TrainingState) -> None:
    """Make sure that every weight is a number.

    Raises
    ------
    NotFinite
        If one is not: a loss may be finite one step longer than the weights are.
    """
    for name in ("generator", "discriminator"):
        for key, value in getattr(state, name).named_parameters():
            if not bool(torch.isfinite(value).all()):
                raise NotFinite(
                    f"The {name}'s weight {key} is not finite at {state.images / 1000:.1f} kimg."
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
