"""From the options of a command line to a run's configuration."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec

from trainer.config import Preset, RunConfig
from trainer.errors import TrainingError
from trainer.presets import make_preset

# Options that are fields of the preset under their own name.
_PRESET_FIELDS = {
    "batch", "gamma", "gamma_fake", "r1_interval", "drift", "clip", "n_critic", "spectral",
    "loss", "gamma_grows", "mixing", "noise_kimg", "anneal", "ema_kimg", "grow_from",
    "steady_kimg", "fade_kimg",
}  # fmt: skip
# And those that are called otherwise.
_RENAMED = {"gp": "gp_weight", "path_length": "pl_weight", "ada": "ada_target"}
_POSITIVE = (
    "kimg", "batch", "lr", "threads", "snapshot_seconds", "stats_kimg", "grid_kimg", "width",
    "n_critic", "r1_interval", "channel_base", "milestone_kimg", "latent",
)  # fmt: skip
_NOT_NEGATIVE = (
    "gamma", "gamma_fake", "gp", "drift", "clip", "noise_kimg", "ema_kimg", "path_length",
    "steady_kimg", "fade_kimg", "metrics_kimg", "retries", "ema_rampup",
)  # fmt: skip
_SHARES = ("mixing", "anneal", "ada")


def new_config(given: dict[str, Any]) -> RunConfig:
    """The configuration of a fresh run from the options that were given.

    Raises
    ------
    TrainingError
        If one is missing or out of range.
    """
    for key in ("preset", "data", "kimg"):
        if key not in given:
            raise TrainingError(f"A new run needs --{key}.")
    resolution = given.get("resolution", 64)
    if resolution < 8 or resolution & (resolution - 1):
        raise TrainingError(f"--resolution {resolution} is not a power of two from 8.")
    base = RunConfig(
        preset=make_preset(given["preset"], resolution), data=given["data"], resolution=resolution
    )
    return changed_config(base, given)


def resumed_config(out: Path, given: dict[str, Any]) -> RunConfig:
    """The configuration of a run that goes on: its own, with what may change changed.

    Raises
    ------
    TrainingError
        If there is no whole snapshot, or an option would change what the run is about.
    """
    from trainer.state import Snapshots

    header = Snapshots(out / "snapshots").load()[1]
    config = header.config
    preset = config.preset
    fixed = {
        "preset": preset.name,
        "resolution": config.resolution,
        "condition": config.condition,
        "seed": config.seed,
        "spectral": preset.spectral,
        "width": given.get("width") if preset.width is None else preset.width,
        "channel_base": preset.generator_args.get("channel_base", given.get("channel_base")),
        "latent": preset.generator_args["z_dim"],
        "upsample": preset.generator_args.get("upsample", given.get("upsample")),
        "architecture": preset.generator_args.get("architecture", given.get("architecture")),
    }
    if (given.get("grow_from", preset.grow_from) > 0) != (preset.grow_from > 0):
        fixed["grow_from"] = preset.grow_from
    for key, value in fixed.items():
        if given.get(key, value) != value:
            raise TrainingError(
                f"The run in {out} has {_option(key)} {value}; it cannot go on with {given[key]}."
            )
    free = {key: value for key, value in given.items() if key not in fixed}
    changed = changed_config(config, free)
    if changed == config:
        return config
    # The sentence travels with the checkpoint: names, not this machine's folders.
    named = {"data", "data_root", "features"}
    shown = {key: Path(v).name if key in named else v for key, v in sorted(free.items())}
    words = " ".join(f"{_option(key)} {value}" for key, value in shown.items())
    sentence = f"From {header.images / 1000:.1f} kimg on with {words}."
    return msgspec.structs.replace(changed, history=(*config.history, sentence))


def changed_config(config: RunConfig, given: dict[str, Any]) -> RunConfig:
    """A configuration with the given options put in.

    Raises
    ------
    TrainingError
        If one is out of range, or two do not go together.
    """
    _check_ranges(given)
    preset = config.preset
    changes = {key: value for key, value in given.items() if key in _PRESET_FIELDS}
    changes |= {_RENAMED[key]: value for key, value in given.items() if key in _RENAMED}
    if "batch" in given:
        # One size for all resolutions.
        changes["batch_at"] = {}
    if "ema_rampup" in given:
        changes["ema_rampup"] = given["ema_rampup"] or None
    if "lr" in given:
        changes |= {"lr_g": given["lr"], "lr_d": given["lr"]}
    preset = msgspec.structs.replace(preset, **changes)
    for key in ("upsample", "architecture"):
        if key in given:
            args = {**preset.generator_args, key: given[key]}
            preset = msgspec.structs.replace(preset, generator_args=args)
    if "latent" in given:
        preset = _with_latent(preset, given["latent"])
    if "width" in given:
        preset = _widened(preset, given["width"])
    if "channel_base" in given:
        preset = _with_base(preset, given["channel_base"])
    names = set(RunConfig.__struct_fields__) - {"preset"}
    rest = {key: value for key, value in given.items() if key in names}
    changed = msgspec.structs.replace(config, preset=preset, **rest)
    _check_together(changed)
    return changed


def preset_options() -> dict[str, str]:
    """Options with one value that are fields of the preset: the option's name and the field's."""
    plain = {key: key for key in sorted(_PRESET_FIELDS - {"spectral", "gamma_grows"})}
    return {_option(key)[2:]: field for key, field in (plain | _RENAMED).items()}


def _check_ranges(given: dict[str, Any]) -> None:
    for key, value in given.items():
        if isinstance(value, float) and math.isinf(value):
            raise TrainingError(f"{_option(key)} must be a finite number.")
    for key in _POSITIVE:
        if key in given and not given[key] > 0:
            raise TrainingError(f"{_option(key)} must be greater than 0.")
    for key in _NOT_NEGATIVE:
        if key in given and not given[key] >= 0:
            raise TrainingError(f"{_option(key)} must not be negative.")
    for key in _SHARES:
        if key in given and not 0 <= given[key] <= 1:
            raise TrainingError(f"{_option(key)} must be between 0 and 1.")
    # As many as the third nearest neighbour needs.
    if given.get("metrics_samples", 4) < 4:
        raise TrainingError("--metrics-samples must be at least 4.")
    if not 0 <= given.get("seed", 0) < 2**32:
        raise TrainingError("--seed must be between 0 and 4294967295.")


def _check_together(config: RunConfig) -> None:
    preset = config.preset
    base = preset.generator_args.get("channel_base", config.resolution)
    if base < config.resolution:
        raise TrainingError(
            f"The layers of {config.resolution} px have no features left: raise --width, or "
            f"--channel-base (now {base}) to {config.resolution} or more."
        )
    start = preset.grow_from
    if not start:
        return
    if preset.generator not in ("progan", "stylegan"):
        raise TrainingError(f"{preset.generator} does not grow: leave --grow-from out.")
    if start < 4 or start & (start - 1) or start > config.resolution:
        raise TrainingError(
            f"--grow-from {start} is not a power of two between 4 and {config.resolution}."
        )
    if preset.fade_kimg <= 0:
        raise TrainingError("--fade-kimg must be greater than 0.")


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def _with_latent(preset: Preset, size: int) -> Preset:
    args = {**preset.generator_args, "z_dim": size}
    if "w_dim" in args:
        args["w_dim"] = size
    return msgspec.structs.replace(preset, generator_args=args)


def _with_base(preset: Preset, base: int) -> Preset:
    if "channel_base" not in preset.generator_args:
        raise TrainingError(f"{preset.generator} has no --channel-base; its --width is all.")
    own = {**preset.generator_args, "channel_base": base}
    other = {**preset.discriminator_args, "channel_base": base}
    return msgspec.structs.replace(preset, generator_args=own, discriminator_args=other)


def _widened(preset: Preset, width: int) -> Preset:
    own, other = preset.generator_args, preset.discriminator_args
    if preset.generator == "dcgan":
        own, other = {**own, "ngf": width}, {**other, "ndf": width}
    else:
        # The base follows, so that the resolution at which widths begin to halve stays.
        base = own["channel_base"] * width // own["channel_max"]
        both = {"channel_base": base, "channel_max": width}
        own, other = {**own, **both}, {**other, **both}
    return msgspec.structs.replace(preset, generator_args=own, discriminator_args=other)
