"""The training loop, from top to bottom.

A run lives in one folder::

    run.json          the configuration, for people
    stats.jsonl       one JSON object a line: images, losses, speed, memory
    grids/            reals.png, and a sheet of the same samples every so many kimg
    snapshots/        see :mod:`trainer.state`
"""

from __future__ import annotations

import math
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import torch
from tqdm import tqdm

from latentstudio.atomic import write_atomic
from trainer.averages import refresh_statistics
from trainer.data.dataset import ImageDataset, open_dataset
from trainer.ema import ema_decay, update_ema
from trainer.errors import TrainingError
from trainer.grid import save_grid
from trainer.networks import build_state, check_device, set_learning_rates, use_bf16
from trainer.presets import RunConfig
from trainer.state import Snapshots, TrainingState, restore
from trainer.stats import StatsLog, add_stats, check_losses, check_weights
from trainer.steps import train_step
from trainer.warmstart import read_source, warm_start

Report = Callable[[str], None]


class Stopped(Exception):  # noqa: N818 - an outcome, not an error
    """Raised after a clean save when a signal asked for an end; holds the signal's number."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


def train(
    config: RunConfig,
    out: Path,
    *,
    resume: bool = False,
    start: Path | None = None,
    report: Report = print,
) -> TrainingState:
    """Train until ``config.kimg`` thousand real pictures were seen.

    Parameters
    ----------
    config
        What to train, on what and how.
    out
        The run's folder.
    resume
        Go on from the newest whole snapshot in ``out``.
    start
        A run or snapshot whose weights a new run begins with.
    report
        Takes sentences for the person watching.

    Returns
    -------
    TrainingState
        At the end of the run.

    Raises
    ------
    TrainingError
        If the data or the folder is not usable, a loss is no longer finite, or the disk is
        full. The snapshots written before stay whole.
    Stopped
        At SIGINT or SIGTERM, after saving.
    """
    torch.set_num_threads(config.threads)
    snapshots = Snapshots(out / "snapshots")
    if not resume and (snapshots.paths() or (out / "stats.jsonl").exists()):
        raise TrainingError(f"{out} already holds a run: pass --resume, or another --out.")
    check_device(config)
    data = open_dataset(
        config.data,
        config.resolution,
        Path(config.data_root),
        seed=config.seed,
        flips=config.flips,
        shrink=config.shrink,
    )
    state = build_state(config, data.channels)
    if resume:
        path, header, tensors, complaints = snapshots.load()
        for complaint in complaints:
            report(complaint)
        restore(state, header, tensors)
        report(f"Resuming at {state.images / 1000:.1f} kimg from {path.name}.")
    elif start is not None:
        header, tensors = read_source(start)
        warm_start(state, header, tensors)
        seen = header.images + header.config.start_images
        config = msgspec.structs.replace(config, start=start.name, start_images=seen)
    try:
        _run(config, out, state, data, snapshots, report)
    except OSError as error:
        reason = error.strerror or error
        raise TrainingError(
            f"Writing into {out} failed: {reason}; the snapshots written before are intact."
        ) from error
    return state


def _run(
    config: RunConfig,
    out: Path,
    state: TrainingState,
    data: ImageDataset,
    snapshots: Snapshots,
    report: Report,
) -> None:
    preset, batch, total = config.preset, config.preset.batch, config.kimg * 1000
    bf16 = use_bf16(config)
    out.mkdir(parents=True, exist_ok=True)
    write_atomic(out / "run.json", msgspec.json.format(msgspec.json.encode(config)))
    log = StatsLog(out / "stats.jsonl", state.images)
    sample_z = state.average.sample_z(config.grid_size, config.seed)
    if state.images == 0:
        # From here on a kill at any moment can be resumed.
        snapshots.save(state, config)
        save_grid(data.batch(0, config.grid_size), out / "grids" / "reals.png")
        save_samples(state, sample_z, out)
    stats_due = Every(config.stats_kimg * 1000, state.images)
    grid_due = Every(config.grid_kimg * 1000, state.images)
    milestone_due = Every(config.milestone_kimg * 1000, state.images)
    saved_at = started = time.monotonic()
    before = state.seconds

    with caught_signals() as caught, progress(total, state.images) as bar:
        while state.images < total and not caught:
            real = data.batch(state.images, batch).to(state.device)
            factor = set_learning_rates(state, config)
            stats = train_step(state, real, preset, bf16)
            decay = ema_decay(batch, state.images + batch, preset.ema_kimg, preset.ema_rampup)
            update_ema(state.average, state.generator, decay)
            state.images += batch
            state.step += 1
            state.seconds = before + time.monotonic() - started
            add_stats(state, stats)
            bar.update(batch)

            if stats_due(state.images):
                row = log.write(state, rate=factor)
                bar.set_postfix({k: f"{row[k]:.2f}" for k in ("loss_g", "loss_d")})
            if grid_due(state.images):
                save_samples(state, sample_z, out)
            milestone = milestone_due(state.images)
            if milestone or time.monotonic() - saved_at >= config.snapshot_seconds:
                # A snapshot of a run gone wrong would replace a good one.
                check_losses(state)
                check_weights(state)
                snapshots.save(state, config, keep=milestone)
                saved_at = time.monotonic()

    check_losses(state)
    check_weights(state)
    path = snapshots.save(state, config)
    save_samples(state, sample_z, out)
    at = f"{state.images / 1000:.1f} kimg"
    if caught:
        raise Stopped(caught[0], f"Stopped at {at}; saved as {path}. Go on with --resume.")
    report(f"Finished at {at} after {state.seconds / 60:.1f} minutes; saved as {path}.")


class Every:
    """True once whenever a counter passes another multiple of an interval.

    Parameters
    ----------
    interval
        In the counter's unit.
    position
        Where the counter stands.
    """

    def __init__(self, interval: float, position: int) -> None:
        self.interval = interval
        self.passed = math.floor(position / interval)

    def __call__(self, position: int) -> bool:
        now = math.floor(position / self.interval)
        due, self.passed = now > self.passed, now
        return due


@torch.no_grad()
def save_samples(state: TrainingState, z: torch.Tensor, out: Path) -> None:
    """Write a sheet of the averaged generator's pictures at the points z [n, z_dim]."""
    refresh_statistics(state.average, samples=1024)
    images = torch.cat([state.average(part) for part in torch.split(z, 16)])
    save_grid(images, out / "grids" / f"fakes-{state.images // 1000:06d}.png")


@contextmanager
def caught_signals() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM instead of dying of them; a second one has its usual effect."""
    caught: list[int] = []
    usual: dict[signal.Signals, Any] = {}

    def catch(number: int, frame: FrameType | None) -> None:
        caught.append(number)
        for other, handler in usual.items():
            signal.signal(other, handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        usual[number] = signal.signal(number, catch)
    try:
        yield caught
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def progress(total: float, done: int) -> tqdm:
    """A bar in pictures, with speed and time to go; sparse where nobody is watching."""
    return tqdm(
        total=math.ceil(total),
        initial=done,
        unit="img",
        unit_scale=True,
        mininterval=0.5 if sys.stderr.isatty() else 60.0,
        dynamic_ncols=sys.stderr.isatty(),
    )
