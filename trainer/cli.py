"""The trainer's command line."""

from __future__ import annotations

import os

# Before torch is imported: idle OpenMP threads that spin take the cores that others need.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from pathlib import Path
from typing import Any

import click
import msgspec

from trainer.errors import TrainingError
from trainer.presets import PRESETS, Preset, RunConfig, make_preset


class TrainByDefault(click.Group):
    """A group whose plain form, without a subcommand, trains."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``train`` before arguments that name no subcommand."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["train", *args]
        return super().parse_args(ctx, args)


@click.group(cls=TrainByDefault)
def main() -> None:
    """Train a generator for the studio, or export one from a run.

    Without a subcommand, `train` is meant.
    """


@main.command()
@click.option("--preset", type=click.Choice(PRESETS), help="What to train.")
@click.option("--data", help='"portraits", or a folder with images.npy.')
@click.option("--data-root", help="Where rendered data sets are kept.")
@click.option("--resolution", type=int, help="Height and width in pixels, a power of two.")
@click.option("--kimg", type=float, help="Length of the run in thousand real pictures.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The run's folder.")
@click.option("--resume", is_flag=True, help="Go on from the run's newest snapshot.")
@click.option(
    "--start-from",
    type=click.Path(path_type=Path),
    help="Begin with the weights of this run, of the same or half the resolution.",
)
@click.option("--batch", type=int, help="Pictures in a step.")
@click.option("--lr", type=float, help="Adam's learning rate, of both networks.")
@click.option("--gamma", type=float, help="R1 weight.")
@click.option("--mixing", type=float, help="Style mixing probability, 0 to 1.")
@click.option("--noise-kimg", type=float, help="Noise inputs are used from here on.")
@click.option("--anneal", type=float, help="Last part of the run with a falling rate, 0 to 1.")
@click.option("--ema-kimg", type=float, help="Half-life of the averaged weights.")
@click.option("--path-length", type=float, help="Path length weight; 0 is off.")
@click.option("--width", type=int, help="Greatest number of features of a layer.")
@click.option("--seed", type=int, help="Of weights, latent points and shuffle.")
@click.option("--flips/--no-flips", default=None, help="Mirror half of the pictures.")
@click.option("--shrink/--no-shrink", default=None, help="Average larger pictures down.")
@click.option("--bf16", type=click.Choice(["auto", "on", "off"]), help="Compute in bfloat16.")
@click.option("--device", help="cpu, cuda, cuda:1, mps.")
@click.option("--threads", type=int, help="Threads on a CPU.")
@click.option("--snapshot-seconds", type=float, help="How often the run is saved.")
@click.option("--stats-kimg", type=float, help="How often statistics are written.")
@click.option("--grid-kimg", type=float, help="How often a sheet of samples is drawn.")
def train(out: Path, resume: bool, start_from: Path | None, **options: Any) -> None:
    """Train a generator."""
    given = {key: value for key, value in options.items() if value is not None}
    try:
        config = resumed_config(out, given) if resume else new_config(given)
        from trainer.loop import Stopped
        from trainer.loop import train as run

        try:
            run(config, out, resume=resume, start=start_from, report=click.echo)
        except Stopped as stop:
            click.echo(str(stop))
            raise SystemExit(128 + stop.number) from None
    except TrainingError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Checkpoint to write.")
@click.option("--name", default="", help="What the studio calls it.")
@click.option("--half/--full", default=True, help="Weights in float16 or float32.")
def export(run: Path, out: Path, name: str, half: bool) -> None:
    """Write the generator of RUN (a folder or a snapshot) as a studio checkpoint."""
    from trainer.export import export_run

    try:
        if not run.exists():
            raise TrainingError(f"There is no run {run}.")
        path = export_run(run, out, name=name, half=half)
    except TrainingError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Wrote {path} ({path.stat().st_size / 2**20:.1f} MiB).")


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--checkpoint", type=click.Path(path_type=Path), required=True, help="From export.")
@click.option("--faults", type=click.Path(path_type=Path), required=True, help="Markdown file.")
def card(run: Path, checkpoint: Path, faults: Path) -> None:
    """Write the model card of a checkpoint that was exported from RUN, beside it."""
    from latentstudio.checkpoints.errors import CheckpointError
    from trainer.card import write_card

    try:
        path = write_card(checkpoint, run / "stats.jsonl", faults.read_text(encoding="utf-8"))
    except (TrainingError, CheckpointError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}.") from error
    click.echo(f"Wrote {path}.")


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
    fixed = {
        "preset": config.preset.name,
        "resolution": config.resolution,
        "seed": config.seed,
        "width": given.get("width") if _width(config.preset) is None else _width(config.preset),
    }
    for key, value in fixed.items():
        if given.get(key, value) != value:
            raise TrainingError(
                f"The run in {out} has --{key} {value}; it cannot go on with {given[key]}."
            )
    free = {key: value for key, value in given.items() if key not in fixed}
    changed = changed_config(config, free)
    if changed == config:
        return config
    words = " ".join(f"--{key.replace('_', '-')} {value}" for key, value in sorted(free.items()))
    sentence = f"From {header.images / 1000:.1f} kimg on with {words}."
    return msgspec.structs.replace(changed, history=(*config.history, sentence))


def changed_config(config: RunConfig, given: dict[str, Any]) -> RunConfig:
    """A configuration with the given options put in.

    Raises
    ------
    TrainingError
        If one is out of range.
    """
    _check_ranges(given)
    preset = config.preset
    names = {"batch", "gamma", "mixing", "noise_kimg", "anneal", "ema_kimg"}
    changes = {key: value for key, value in given.items() if key in names}
    if "lr" in given:
        changes |= {"lr_g": given["lr"], "lr_d": given["lr"]}
    if "path_length" in given:
        changes["pl_weight"] = given["path_length"]
    if "width" in given:
        changes |= _widened(preset, given["width"])
    preset = msgspec.structs.replace(preset, **changes)
    names = set(RunConfig.__struct_fields__) - {"preset"}
    rest = {key: value for key, value in given.items() if key in names}
    return msgspec.structs.replace(config, preset=preset, **rest)


def _check_ranges(given: dict[str, Any]) -> None:
    positive = ("kimg", "batch", "lr", "threads", "snapshot_seconds", "stats_kimg", "grid_kimg")
    for key in (*positive, "width"):
        if key in given and not given[key] > 0:
            raise TrainingError(f"--{key.replace('_', '-')} must be greater than 0.")
    for key in ("gamma", "noise_kimg", "ema_kimg", "path_length"):
        if key in given and not given[key] >= 0:
            raise TrainingError(f"--{key.replace('_', '-')} must not be negative.")
    for key in ("mixing", "anneal"):
        if key in given and not 0 <= given[key] <= 1:
            raise TrainingError(f"--{key} must be between 0 and 1.")
    if not 0 <= given.get("seed", 0) < 2**32:
        raise TrainingError("--seed must be between 0 and 4294967295.")


def _width(preset: Preset) -> int | None:
    args = preset.generator_args
    return args.get("channel_max", args.get("ngf"))


def _widened(preset: Preset, width: int) -> dict[str, Any]:
    if preset.generator == "dcgan":
        return {
            "generator_args": {**preset.generator_args, "ngf": width},
            "discriminator_args": {**preset.discriminator_args, "ndf": width},
        }
    # The base follows, so that the resolution at which widths begin to halve stays.
    base = preset.generator_args["channel_base"] * width // preset.generator_args["channel_max"]
    both = {"channel_base": base, "channel_max": width}
    return {
        "generator_args": {**preset.generator_args, **both},
        "discriminator_args": {**preset.discriminator_args, **both},
    }
