"""What a run would be and cost, found out by a few steps that are thrown away."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import msgspec
import torch

from latentstudio.generators.growth import Growth
from trainer.config import Preset, RunConfig
from trainer.data.dataset import PORTRAITS, data_of
from trainer.errors import TrainingError
from trainer.minibatch import Minibatch
from trainer.networks import build_state, check_device, use_bf16
from trainer.schedule import batch_at
from trainer.state import TrainingState
from trainer.stats import memory_mb
from trainer.steps import Method, train_step
from trainer.warmstart import read_source, warm_start


class Pictures(NamedTuple):
    """What the networks have to know about the data, and what a person wants to."""

    channels: int
    classes: int
    words: str


class Level(NamedTuple):
    """One resolution of the run: its length, its minibatch, and seconds for 1000 pictures."""

    resolution: int
    kimg: float
    batch: int
    seconds: float


def describe_plan(config: RunConfig, start: Path | None = None) -> str:
    """The plan of a run as text: networks, memory, seconds a kimg, hours to the end.

    Parameters
    ----------
    config
        Of the run; nothing is written, and portraits are not rendered.
    start
        The run to begin with.

    Raises
    ------
    TrainingError
        If the data, the device, the networks or the run to begin with cannot be had.
    """
    torch.set_num_threads(config.threads)
    check_device(config)
    pictures = look_at(config)
    state = build_state(config, pictures.channels, pictures.classes)
    levels = [
        Level(r, kimg, batch_at(config.preset, Growth(r)), seconds_of(state, config, r))
        for r, kimg in lengths(config)
    ]
    hours = sum(level.kimg * level.seconds for level in levels) / 3600
    preset = config.preset
    sizes = {name: _count(network) for name, network in state.networks.items()}
    lines = [
        f"Preset      {preset.name} ({preset.source})",
        f"Data        {pictures.words}",
        f"Networks    {preset.generator} generator {sizes['generator'] / 1e6:.2f} M parameters, "
        f"{preset.discriminator} discriminator {sizes['discriminator'] / 1e6:.2f} M",
        f"Loss        {preset.loss}{_penalties(preset)}",
        f"Precision   {'bfloat16 forward' if use_bf16(config) else 'float32'} on {config.device}, "
        f"{config.threads} thread(s)",
        f"Memory      {memory_mb(state.device):.0f} MiB at most in the steps tried; a snapshot is "
        f"{_snapshot_mb(sizes):.0f} MiB",
    ]
    if start is not None:
        warm_start(state, *read_source(start))
        lines.append(f"Begins with {start}")
    lines += [
        f"{level.resolution:4d} px     {level.kimg:g} kimg in minibatches of {level.batch}: "
        f"{level.seconds:.1f} s/kimg, {1000 / level.seconds:.0f} images a second"
        for level in levels
    ]
    lines.append(f"To the end  {hours:.2f} hours for {config.kimg:g} kimg, evaluations apart")
    return "\n".join(lines)


def look_at(config: RunConfig) -> Pictures:
    """Open the data of a run, but render, download or prepare nothing for it."""
    folder = Path(config.data_root) / f"portraits{config.resolution}"
    if config.data == "portraits" and not (folder / "dataset.json").exists():
        from trainer.data.portrait_factors import FACTORS

        named = {factor.name: len(factor.classes) for factor in FACTORS if factor.classes}
        if config.condition and config.condition not in named:
            raise TrainingError(
                f"--condition {config.condition}: portraits have {', '.join(sorted(named))}."
            )
        return Pictures(
            3, named.get(config.condition, 0), f"{PORTRAITS:,} portraits, to be rendered first"
        )
    if unprepared := _unprepared(config):
        return unprepared
    data = data_of(config)
    told = f", {data.num_classes} classes of {config.condition}" if data.num_classes else ""
    mirrored = " and mirrored" if config.flips else ""
    words = f"{data.count:,} pictures{mirrored}, {config.resolution} px{told}"
    return Pictures(data.channels, data.num_classes, words)


def _unprepared(config: RunConfig) -> Pictures | None:
    """What is known of pictures that a run would prepare first; None where they are ready."""
    from latentstudio.data.source import is_cache
    from trainer.data.build import cache_folder
    from trainer.data.prepare import Options
    from trainer.data.source import open_source

    if config.data == "portraits" or is_cache(Path(config.data)):
        return None
    if config.data.startswith("torchvision:"):
        return Pictures(3, 0, f"{config.data}, to be downloaded first; three channels assumed")
    root = Path(config.data_root)
    source = open_source(config.data, root)
    folder = cache_folder(source, root, Options(resolution=config.resolution))
    if (folder / "dataset.json").exists():
        return None
    named = {a.name: len(a.values) for a in source.labels.attributes if a.values}
    if config.condition and config.condition not in named:
        raise TrainingError(f"{config.data} has no classes named {config.condition!r}.")
    words = f"{len(source.names):,} pictures, to be prepared first; three channels assumed"
    return Pictures(3, named.get(config.condition, 0), words)


def lengths(config: RunConfig) -> list[tuple[int, float]]:
    """Resolutions of a run in order, and for how many thousand pictures each is drawn."""
    preset, full = config.preset, config.resolution
    size, begin = preset.grow_from or full, 0.0
    spans: list[tuple[int, float]] = []
    while begin < config.kimg:
        # A level ends where the next one begins to fade in.
        length = preset.steady_kimg + (preset.fade_kimg if spans else 0.0)
        end = config.kimg if size == full else min(begin + length, config.kimg)
        spans.append((size, end - begin))
        size, begin = 2 * size, end
    return spans


def seconds_of(state: TrainingState, config: RunConfig, resolution: int) -> float:
    """Measured seconds for 1000 pictures at a resolution; lazy steps count with their share."""
    state.grow(Growth(resolution))
    preset = config.preset
    plain = msgspec.structs.replace(preset, gamma=0.0, gamma_fake=0.0, pl_weight=0.0)
    base = _step_seconds(state, plain, config)
    seconds = base
    if preset.gamma > 0 or preset.gamma_fake > 0:
        regular = msgspec.structs.replace(preset, pl_weight=0.0)
        seconds += max(0.0, _step_seconds(state, regular, config) - base) / preset.r1_interval
    if preset.pl_weight > 0:
        smooth = msgspec.structs.replace(preset, gamma=0.0, gamma_fake=0.0)
        seconds += max(0.0, _step_seconds(state, smooth, config) - base) / preset.pl_interval
    seen = batch_at(preset, state.growth) * preset.n_critic
    return seconds / seen * 1000


def _step_seconds(state: TrainingState, preset: Preset, config: RunConfig, tries: int = 2) -> float:
    n, size = batch_at(preset, state.growth), state.growth.resolution
    shape = (n, state.generator.channels, size, size)
    classes = None
    if state.generator.num_classes:
        classes = torch.zeros(n, dtype=torch.long, device=state.device)
    reals = [
        Minibatch(torch.rand(shape, device=state.device) * 2 - 1, classes)
        for _ in range(preset.n_critic)
    ]
    method = Method(preset, use_bf16(config))
    state.step = 0  # where all lazy steps are due
    times = []
    for _ in range(tries + 1):
        begin = time.perf_counter()
        stats = train_step(state, reals, method)
        float(stats["loss_g"])  # wait for the device
        times.append(time.perf_counter() - begin)
    return min(times[1:])


def _penalties(preset: Preset) -> str:
    parts = {
        f"R1 {preset.gamma:g} every {preset.r1_interval} steps": preset.gamma,
        f"R2 {preset.gamma_fake:g} every {preset.r1_interval} steps": preset.gamma_fake,
        f"gradient penalty {preset.gp_weight:g}": preset.gp_weight,
        f"weights clipped to {preset.clip:g}": preset.clip,
        "spectral normalisation": preset.spectral,
        f"path length {preset.pl_weight:g} every {preset.pl_interval} steps": preset.pl_weight,
        f"adaptive augmentation to {preset.ada_target:g}": preset.ada_target,
    }
    return "".join(f", {words}" for words, on in parts.items() if on)


def _count(network: torch.nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def _snapshot_mb(sizes: dict[str, int]) -> float:
    # Weights of three networks, and two moments for each of the two that learn.
    return 4 * (4 * sizes["generator"] + 3 * sizes["discriminator"]) / 2**20
