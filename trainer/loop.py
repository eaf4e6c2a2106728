"""The training loop, from top to bottom.

A run lives in one folder::

    run.json          the configuration, for people
    stats.jsonl       one JSON object a line: images, losses, speed, memory
    metrics.jsonl     one JSON object an evaluation: FID, KID, precision, recall, ...
    grids/            reals.png, and a sheet of the same samples every so many kimg
    snapshots/        see :mod:`trainer.state`
    tensorboard/      event files, where they are asked for
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import torch

from latentstudio.atomic import write_atomic
from trainer.clock import Clock
from trainer.config import RunConfig
from trainer.data.dataset import ImageDataset, data_of
from trainer.ema import ema_decay, update_ema
from trainer.errors import NotFinite, TrainingError
from trainer.evaluation import Evaluation, open_evaluation
from trainer.grid import SampleSheet, save_grid
from trainer.minibatch import enter_level, minibatch
from trainer.networks import build_state, check_device, set_learning_rates, use_bf16
from trainer.parallel import World
from trainer.recovery import restore_newest, roll_back
from trainer.schedule import Every, batch_at, rate_at
from trainer.signals import Stopped, caught_signals, progress
from trainer.state import Snapshots, TrainingState
from trainer.stats import StatsLog, add_stats, check_losses, check_weights
from trainer.steps import Method, adapt_augmentation, train_step
from trainer.warmstart import read_source, warm_start

Report = Callable[[str], None]


def train(
    config: RunConfig,
    out: Path,
    *,
    resume: bool = False,
    start: Path | None = None,
    report: Report = print,
    world: World | None = None,
    stop: Callable[[TrainingState], bool] | None = None,
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
    world
        The processes that share the run; None for this one alone.
    stop
        Asked after every step; True ends this stretch of the run with a snapshot, to be resumed.

    Returns
    -------
    TrainingState
        At the end of the run, or of the stretch.

    Raises
    ------
    TrainingError
        If the data or the folder is not usable, a loss is no longer finite, or the disk is
        full. The snapshots written before stay whole.
    Stopped
        At SIGINT or SIGTERM, after saving.
    """
    world = world or World()
    if not world.first:
        report = _silent
    torch.set_num_threads(config.threads)
    snapshots = Snapshots(out / "snapshots")
    if not resume and (snapshots.paths() or (out / "stats.jsonl").exists()):
        raise TrainingError(f"{out} already holds a run: pass --resume, or another --out.")
    check_device(config)
    for batch in (config.preset.batch, *config.preset.batch_at.values()):
        world.local(batch)
    data = _open_data(config, world)
    state = build_state(config, data.channels, data.num_classes)
    state.average.labels = data.class_names
    if resume:
        restore_newest(state, snapshots, report)
    elif start is not None:
        header, tensors = read_source(start)
        warm_start(state, header, tensors)
        seen = header.images + header.config.start_images
        config = msgspec.structs.replace(config, start=start.name, start_images=seen)
    try:
        while True:
            log = StatsLog(out, state.images, config.tensorboard) if world.first else None
            try:
                _run(config, out, state, data, snapshots, log, report, world, stop)
            except NotFinite as error:
                config = roll_back(error, config, state, snapshots, report)
            else:
                return state
            finally:
                if log:
                    log.close()
    except OSError as error:
        reason = error.strerror or error
        raise TrainingError(
            f"Writing into {out} failed: {reason}; the snapshots written before are intact."
        ) from error


def _run(
    config: RunConfig,
    out: Path,
    state: TrainingState,
    data: ImageDataset,
    snapshots: Snapshots,
    log: StatsLog | None,
    report: Report,
    world: World,
    stop: Callable[[TrainingState], bool] | None,
) -> None:
    preset, total = config.preset, config.kimg * 1000
    method = Method(preset, use_bf16(config), world)
    evaluation = open_evaluation(config, data, out, report) if world.first else None
    sheet = SampleSheet(state, config, out)
    if world.first:
        out.mkdir(parents=True, exist_ok=True)
        write_atomic(out / "run.json", msgspec.json.format(msgspec.json.encode(config)))
    if world.first and state.images == 0:
        # From here on a kill at any moment can be resumed.
        snapshots.save(state, config)
        save_grid(data.batch(0, config.grid_size), out / "grids" / "reals.png")
        sheet.draw(state)
    stats_due = Every(config.stats_kimg * 1000, state.images)
    grid_due = Every(config.grid_kimg * 1000, state.images)
    metrics_due = Every(config.metrics_kimg * 1000, state.images)
    milestone_due = Every(config.milestone_kimg * 1000, state.images)
    saved_at = time.monotonic()
    clock = Clock(state)

    with caught_signals() as caught, progress(total, state.images, world.first) as bar:
        stopping = enough = False
        while state.images < total and not (stopping or enough):
            enter_level(state, config)
            batch = batch_at(preset, state.growth)
            reals = [
                minibatch(data, state, k * batch, batch, world) for k in range(preset.n_critic)
            ]
            rate = set_learning_rates(state, config)
            stats = train_step(state, reals, method)
            if preset.ada_target > 0:
                sign = world.mean(stats["sign_real"])
                adapt_augmentation(state, sign, batch * preset.n_critic, preset)
            seen = batch * preset.n_critic
            decay = ema_decay(seen, state.images + seen, preset.ema_kimg, preset.ema_rampup)
            update_ema(state.average, state.generator, decay)
            state.images += seen
            state.step += 1
            clock.tick()
            add_stats(state, stats)
            bar.update(seen)

            if stats_due(state.images):
                world.average_(state.tally.values())
                means = check_losses(state)
                if log:
                    row = log.write(state, means, rate)
                    shown = {k: f"{means[k]:.2f}" for k in ("loss_g", "loss_d")}
                    bar.set_postfix(shown | {"memory": f"{row['memory_mb']:.0f}M"})
                state.tally = {}
            if grid_due(state.images) and log:
                log.picture(sheet.draw(state), state.images)
            if metrics_due(state.images):
                _check(state, world)
                if evaluation:
                    with clock.stopped():
                        _evaluate(evaluation, state, config, snapshots, log, report)
            milestone = milestone_due(state.images)
            late = time.monotonic() - saved_at >= config.snapshot_seconds
            wishes = [bool(caught), late, stop is not None and stop(state)]
            stopping, late, enough = world.agree(wishes)
            if milestone or late:
                _save(state, config, snapshots, world, keep=milestone)
                saved_at = time.monotonic()

    if log and state.tally and not (stopping or enough):
        # The last stretch, where it was shorter than a line's; a run that goes on counts it then.
        log.write(state, check_losses(state), rate_at(config, state.images))
    path = _save(state, config, snapshots, world)
    if world.first:
        sheet.draw(state)
    at = f"{state.images / 1000:.1f} kimg"
    if stopping:
        number = caught[0] if caught else 15
        raise Stopped(number, f"Stopped at {at}; saved as {path}. Go on with --resume.")
    if enough:
        return
    if evaluation and not evaluation.done(state):
        _evaluate(evaluation, state, config, snapshots, log, report)
    report(f"Finished at {at} after {state.seconds / 60:.1f} minutes; saved as {path}.")


def _open_data(config: RunConfig, world: World) -> ImageDataset:
    data: ImageDataset | None = None
    # One process prepares what has to be rendered or unpacked; the others then find it there.
    for turn in (True, False):
        if world.first == turn:
            data = data_of(config)
        world.agree([True])
    assert data is not None
    return data


def _evaluate(
    evaluation: Evaluation,
    state: TrainingState,
    config: RunConfig,
    snapshots: Snapshots,
    log: StatsLog | None,
    report: Report,
) -> None:
    row, warnings = evaluation.measure(state)
    for warning in warnings:
        report(f"Warning: {warning}")
    report(
        f"{state.images / 1000:.1f} kimg: FID {row['fid']:.2f}, KID {row['kid']:.4f}, "
        f"precision {row['precision']:.2f}, recall {row['recall']:.2f}"
    )
    if log:
        log.scalars({k: v for k, v in row.items() if isinstance(v, float)}, state.images)
    # While the network still grows its numbers are those of an unfinished picture.
    grown = state.growth == (config.resolution, 1.0)
    if grown and (state.best is None or row["fid"] < state.best):
        state.best = row["fid"]
        snapshots.save(state, config, best=True)


def _save(
    state: TrainingState,
    config: RunConfig,
    snapshots: Snapshots,
    world: World,
    keep: bool = False,
) -> Path | None:
    """Save a state that is good."""
    _check(state, world)
    return snapshots.save(state, config, keep=keep) if world.first else None


def _check(state: TrainingState, world: World) -> None:
    """Make sure of a state before it is saved: one gone wrong would replace a good one."""
    world.average_(state.tally.values())
    check_losses(state)
    check_weights(state)
    world.compare(state.networks)


def _silent(sentence: str) -> None:
    """What the other processes of a run say."""
