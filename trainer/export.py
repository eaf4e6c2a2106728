"""From a training run to a checkpoint that the studio opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.store import save_generator
from latentstudio.generators.protocol import Generator
from trainer.averages import refresh_statistics
from trainer.data.dataset import read_info
from trainer.errors import TrainingError
from trainer.networks import build_generator
from trainer.presets import RunConfig
from trainer.state import Snapshots, read_snapshot, under

STATISTICS_SAMPLES = 10_000


def load_average(source: Path) -> tuple[Generator, RunConfig, dict[str, Any]]:
    """The averaged generator of a run, ready to draw.

    Parameters
    ----------
    source
        A run's folder (its newest whole snapshot is taken), or one snapshot file.

    Returns
    -------
    tuple
        The generator in evaluation mode on the CPU, its mean latent and normalisation computed
        from 10,000 samples; the run's configuration; and ``snapshot``, ``images``, ``seconds``.

    Raises
    ------
    TrainingError
        If there is no whole snapshot.
    """
    if source.is_dir():
        path, header, tensors, _ = Snapshots(source / "snapshots").load()
    else:
        path = source
        header, tensors = read_snapshot(source)
    weights = under(tensors, "average")
    # The pictures' channels are the one fact about the data that the networks need.
    generator = build_generator(header.config, header.channels)
    try:
        generator.load_state_dict(weights)
    except RuntimeError as error:
        first = str(error).strip().splitlines()[0]
        raise TrainingError(f"{path} does not fit its own configuration: {first}") from error
    generator.eval().requires_grad_(False)
    refresh_statistics(generator, STATISTICS_SAMPLES)
    facts = {
        "snapshot": path.name,
        "images": header.images + header.config.start_images,
        "seconds": header.seconds,
    }
    return generator, header.config, facts


def export_run(source: Path, out: Path, *, name: str = "", half: bool = True) -> Path:
    """Write the averaged generator of a run as a studio checkpoint.

    Parameters
    ----------
    source
        As in :func:`load_average`.
    out
        The checkpoint file.
    name
        What the studio calls it; made from preset, data and resolution when empty.
    half
        Store weights in float16: half the size.

    Returns
    -------
    Path
        ``out``.

    Raises
    ------
    TrainingError
        If there is no whole snapshot, or ``out`` cannot be written.
    """
    generator, config, facts = load_average(source)
    info = _data_info(config)
    title = name or f"{config.preset.name} {info['name']} {config.resolution} px"
    training = {
        "command": command_of(config),
        "preset": config.preset.name,
        "images_seen": facts["images"],
        "started_from": config.start,
        "history": list(config.history),
        "seconds": round(facts["seconds"], 1),
        "device": config.device,
        "threads": config.threads,
        "snapshot": facts["snapshot"],
        "torch": str(torch.__version__),
    }
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        save_generator(out, generator, name=title, data=info, training=training, half=half)
    except CheckpointError as error:
        raise TrainingError(str(error)) from error
    except OSError as error:
        raise TrainingError(f"{out} cannot be written: {error.strerror or error}.") from error
    return out


def command_of(config: RunConfig) -> str:
    """A command line that starts the same training."""
    preset = config.preset
    data = config.data if config.data == "portraits" else Path(config.data).name
    words: dict[str, object] = {
        "preset": preset.name,
        "data": data,
        "resolution": config.resolution,
        "kimg": f"{config.kimg:g}",
        "seed": config.seed,
        "width": preset.generator_args.get("channel_max", preset.generator_args.get("ngf", "")),
        "batch": preset.batch,
        "lr": f"{preset.lr_g:g}",
        "gamma": f"{preset.gamma:g}",
        "mixing": f"{preset.mixing:g}",
        "noise-kimg": f"{preset.noise_kimg:g}",
        "anneal": f"{preset.anneal:g}",
        "ema-kimg": f"{preset.ema_kimg:g}",
    }
    if not config.flips:
        words["no-flips"] = ""
    if config.shrink:
        words["shrink"] = ""
    if config.start:
        words["start-from"] = config.start
    return "latentstudio-train " + " ".join(
        f"--{key} {value}".rstrip() for key, value in words.items()
    )


def _data_info(config: RunConfig) -> dict[str, Any]:
    """What is known of the data: its ``dataset.json``, where it can still be read."""
    folder = Path(config.data)
    if config.data == "portraits":
        folder = Path(config.data_root) / f"portraits{config.resolution}"
    try:
        info = read_info(folder)
    except TrainingError:
        info = {}
    return {"name": folder.name, **info}
