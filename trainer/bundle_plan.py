"""How the time of a bundle is shared out, how long a run fills its part, and the records."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch

from latentstudio.atomic import write_atomic
from latentstudio.generators.growth import Growth
from trainer.config import RunConfig
from trainer.data.dataset import data_of
from trainer.errors import TrainingError
from trainer.evaluation import read_rows
from trainer.minibatch import minibatch
from trainer.networks import build_state, check_device
from trainer.parallel import World
from trainer.plan import seconds_of
from trainer.schedule import batch_at

# Of a budget, what steps get: the rest is for exports, sheets, evaluations and a slow beginning.
STEPS = 0.85
# Of a growing run, the time before the full resolution begins to fade in.
SMALL = 0.4


class Progress(msgspec.Struct):
    """How far a job is: seconds it may take (0: not begun) and took, real pictures seen."""

    budget: float = 0.0
    spent: float = 0.0
    images: int = 0
    done: bool = False


def budgets(jobs: Sequence[tuple[str, float, float]], seconds: float) -> dict[str, float]:
    """Share out seconds among jobs of (name, share, least seconds).

    A job that would get less than its least is left out, later ones first, for the benefit of
    the others.
    """
    jobs = list(jobs)
    while jobs and seconds > 0:
        total = sum(share for _, share, _ in jobs)
        parts = {name: seconds * share / total for name, share, _ in jobs}
        short = [job for job in jobs if parts[job[0]] < job[2]]
        if not short:
            return parts
        jobs.remove(short[-1])
    return {}


def fitted(config: RunConfig, seconds: float) -> RunConfig:
    """A run's configuration with the length that fills the seconds on this machine.

    Parameters
    ----------
    config
        Of a new run. Where it grows, all of its steady and fading times become equally long.
    seconds
        What the run may take, evaluations and exports included.
    """
    full = config.resolution
    sizes = [config.preset.grow_from or full]
    while sizes[-1] < full:
        sizes.append(2 * sizes[-1])
    costs = _seconds_per_kimg(config, sizes)
    seconds *= STEPS
    if len(sizes) == 1:
        return msgspec.structs.replace(config, kimg=seconds / costs[full])
    # The first resolution is steady only; the others fade in, then are steady.
    lower = costs[sizes[0]] + 2 * sum(costs[size] for size in sizes[1:-1])
    unit = SMALL * seconds / lower
    kimg = unit * (2 * len(sizes) - 3) + (1 - SMALL) * seconds / costs[full]
    preset = msgspec.structs.replace(config.preset, steady_kimg=unit, fade_kimg=unit)
    return msgspec.structs.replace(config, preset=preset, kimg=kimg)


def _seconds_per_kimg(config: RunConfig, sizes: Sequence[int]) -> dict[int, float]:
    """Measured at each resolution: steps that are thrown away, and reading the pictures."""
    check_device(config)
    torch.set_num_threads(config.threads)
    data = data_of(config)
    state = build_state(config, data.channels, data.num_classes)
    costs = {}
    for size in sizes:
        steps = seconds_of(state, config, size)
        n, times = batch_at(config.preset, Growth(size)), []
        for _ in range(3):
            begin = time.perf_counter()
            float(minibatch(data, state, 0, n, World()).images.mean())  # wait for the device
            times.append(time.perf_counter() - begin)
        costs[size] = steps + min(times) / n * 1000
    return costs


def write_records(
    path: Path, runs: Path, names: Sequence[str], progress: dict[str, Progress]
) -> None:
    """Pack the newest sheet of samples of each run and all statistics into one file.

    Parameters
    ----------
    path
        The zip: ``NAME.png`` and ``stats.json``.
    runs
        The folder with the runs' folders.
    names
        Of the runs; those not begun are left out.
    progress
        Goes into ``stats.json`` beside each run's configuration and lines.
    """
    found: dict[str, Any] = {"progress": msgspec.to_builtins(progress), "runs": {}}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            if not (runs / name / "run.json").exists():
                continue
            sheets = sorted((runs / name / "grids").glob("fakes-*.png"))
            if sheets:
                file.write(sheets[-1], f"{name}.png")
            found["runs"][name] = {
                "config": json.loads((runs / name / "run.json").read_text(encoding="utf-8")),
                "stats": _rows(runs / name / "stats.jsonl"),
                "metrics": _rows(runs / name / "metrics.jsonl"),
            }
        file.writestr("stats.json", json.dumps(found))
    write_atomic(path, packed.getvalue())


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        return read_rows(path)
    except TrainingError:  # a last line cut short by a kill; a resumed run mends it
        return []
