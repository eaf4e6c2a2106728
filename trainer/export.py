"""From a training run to a checkpoint that the studio opens."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import torch

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.store import save_generator
from latentstudio.data.errors import DataError
from latentstudio.generators.growth import Grows, finished
from latentstudio.generators.protocol import Generator
from trainer.averages import refresh_statistics
from trainer.config import Preset, RunConfig
from trainer.data.dataset import prepared_folder, read_info
from trainer.errors import TrainingError
from trainer.networks import build_generator
from trainer.options import preset_options
from trainer.presets import make_preset
from trainer.state import Snapshots, read_snapshot
from trainer.tensors import under

STATISTICS_SAMPLES = 10_000


def load_average(
    source: Path, *, best: bool = False
) -> tuple[Generator, RunConfig, dict[str, Any]]:
    """The averaged generator of a run, ready to draw.

    Parameters
    ----------
    source
        A run's folder (its newest whole snapshot is taken), or one snapshot file.
    best
        Of a folder, take the snapshot with the lowest FID.

    Returns
    -------
    tuple
        The generator in evaluation mode on the CPU, its mean latent and normalisation computed
        from 10,000 samples; the run's configuration; and ``snapshot``, ``images``, ``seconds``.

    Raises
    ------
    TrainingError
        If there is no whole snapshot, or its network has not yet grown to 8 px.
    """
    if source.is_dir() and best:
        chosen = Snapshots(source / "snapshots").best()
        if chosen is None:
            raise TrainingError(f"No evaluation has chosen a best snapshot of {source} yet.")
        source = chosen
    if source.is_dir():
        path, header, tensors, _ = Snapshots(source / "snapshots").load()
    else:
        path = source
        header, tensors = read_snapshot(source)
    weights = under(tensors, "average")
    # Channels and classes are all that the networks need to know of the data.
    generator = build_generator(header.config, header.channels, header.num_classes)
    try:
        generator.load_state_dict(weights)
    except RuntimeError as error:
        first = str(error).strip().splitlines()[0]
        raise TrainingError(f"{path} does not fit its own configuration: {first}") from error
    if isinstance(generator, Grows) and header.growth.resolution:
        if header.growth.resolution < 8:
            raise TrainingError(f"{path} draws pictures of 4 px: wait until it has grown to 8 px.")
        generator.set_growth(header.growth)
    generator = finished(generator).eval().requires_grad_(False)
    generator.labels = header.labels
    refresh_statistics(generator, STATISTICS_SAMPLES)
    facts = {
        "snapshot": path.name,
        "images": header.images + header.config.start_images,
        "seconds": header.seconds,
    }
    return generator, header.config, facts


def export_run(
    source: Path, out: Path, *, name: str = "", half: bool = True, best: bool = False
) -> Path:
    """Write the averaged generator of a run as a studio checkpoint.

    Parameters
    ----------
    source, best
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
    generator, config, facts = load_average(source, best=best)
    info = _data_info(config)
    title = name or f"{config.preset.name} {info['name']} {generator.resolution} px"
    training = {
        "command": command_of(config),
        "preset": config.preset.name,
        "images_seen": facts["images"],
        "condition": config.condition,
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
    """A command line that starts the same training: what differs from the preset's defaults.

    Where it runs (device, threads) and how often it is saved and looked at is left out, and so
    are the folders of paths.
    """
    data = config.data if _by_name(config.data) else Path(config.data).name
    words = ["latentstudio-train", f"--preset {config.preset.name} --data {shlex.quote(data)}"]
    length = _number(config.kimg)
    words += [f"--resolution {config.resolution} --kimg {length} --seed {config.seed}"]
    preset = config.preset
    try:
        usual = make_preset(preset.name, config.resolution)
    except TrainingError:  # a preset that a later version no longer has
        usual = Preset(name=preset.name, generator="", discriminator="")
    if preset.width != usual.width:
        words.append(f"--width {preset.width}")
    base = preset.generator_args.get("channel_base")
    if base != usual.generator_args.get("channel_base"):
        words.append(f"--channel-base {base}")
    if preset.generator_args.get("z_dim") != usual.generator_args.get("z_dim"):
        words.append(f"--latent {preset.generator_args.get('z_dim')}")
    for key in ("upsample", "architecture"):
        value = preset.generator_args.get(key)
        if value is not None and value != usual.generator_args.get(key):
            words.append(f"--{key} {value}")
    if preset.lr_g != usual.lr_g:
        words.append(f"--lr {_number(preset.lr_g)}")
    for option, field in preset_options().items():
        value = getattr(preset, field)
        differs = value != getattr(usual, field)
        if differs or (field == "batch" and preset.batch_at != usual.batch_at):
            words.append(f"--{option} {_number(value)}")
    if preset.spectral != usual.spectral:
        words.append("--spectral" if preset.spectral else "--no-spectral")
    if preset.ema_rampup != usual.ema_rampup:
        words.append(f"--ema-rampup {_number(preset.ema_rampup or 0)}")
    if preset.gamma_grows != usual.gamma_grows:
        words.append("--gamma-grows" if preset.gamma_grows else "--no-gamma-grows")
    extras = {"--condition": config.condition, "--start-from": config.start}
    words += [f"{key} {shlex.quote(value)}" for key, value in extras.items() if value]
    words += [f"--bf16 {config.bf16}"] * (config.bf16 != "auto")
    words += ["--no-flips"] * (not config.flips) + ["--shrink"] * config.shrink
    return " ".join(words)


def _number(value: float | int | str) -> str:
    """The shortest text that is read as the same value."""
    short = f"{value:g}" if isinstance(value, float) else str(value)
    return repr(value) if isinstance(value, float) and float(short) != value else short


def _by_name(data: str) -> bool:
    """Whether the data has a name of its own, rather than a path on this machine."""
    return data == "portraits" or data.startswith("torchvision:")


def _data_info(config: RunConfig) -> dict[str, Any]:
    """What is known of the data: its ``dataset.json``, where it can still be read."""
    folder = Path(config.data)
    try:
        info = read_info(prepared_folder(config))
    except (DataError, OSError):
        info = {}
    return {"name": folder.name, **info}
