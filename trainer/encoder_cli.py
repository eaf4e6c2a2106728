"""The command ``latentstudio-train encoder``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from latentstudio.data.errors import DataError
from trainer.errors import TrainingError


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path), required=False)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write.")
@click.option("--kimg", type=float, help="Length of the training in thousand samples.")
@click.option("--minutes", type=float, help="End after so much time, if that comes first.")
@click.option("--fitted", type=int, help="Samples from which the last layer is solved.")
@click.option("--batch", type=int, help="Samples in a step.")
@click.option("--lr", type=float, help="Highest learning rate.")
@click.option("--pictures", type=int, help="Guesses of a step whose pictures are compared too.")
@click.option("--features", help="What they are compared by: a classifier file, auto, or none.")
@click.option("--width", type=int, help="Features at half the resolution.")
@click.option("--seed", type=int, help="Of weights and samples.")
@click.option("--half/--full", default=None, help="Write the weights in float16 or float32.")
@click.option("--device", help="cpu, cuda, cuda:1, mps.")
@click.option("--threads", type=int, help="Threads on a CPU.")
@click.option("--snapshot-seconds", type=float, help="How often it is measured and saved.")
@click.option("--resume", is_flag=True, help="Go on with an unfinished training of this file.")
def encoder(checkpoint: Path | None, out: Path, resume: bool, **options: Any) -> None:
    """Train a network that guesses which point of CHECKPOINT draws a given picture.

    It learns from the generator's own samples, and gives the search for a picture's point a
    place to begin. The file is written from the first snapshot on.
    """
    from latentstudio.checkpoints.errors import CheckpointError
    from trainer.encoder import train_encoder
    from trainer.signals import Stopped

    given = {key: value for key, value in options.items() if value is not None}
    if checkpoint is not None:
        given["checkpoint"] = str(checkpoint)
    try:
        train_encoder(_config(out, given, resume), out, click.echo, resume=resume)
    except Stopped as stop:
        click.echo(str(stop))
        raise SystemExit(128 + stop.number) from None
    except (DataError, CheckpointError) as error:
        raise click.ClickException(f"{str(error).rstrip('.')}.") from error


def _config(out: Path, given: dict[str, Any], resume: bool) -> Any:
    from trainer.encoder_state import EncoderConfig, saved_config

    for key in ("kimg", "minutes", "fitted", "batch", "lr", "threads", "snapshot_seconds"):
        if key in given and not given[key] > 0:
            raise TrainingError(f"--{key.replace('_', '-')} must be greater than 0.")
    if not 0 <= given.get("seed", 0) < 2**32:
        raise TrainingError("--seed must be between 0 and 4294967295.")
    if given.get("pictures", 0) < 0:
        raise TrainingError("--pictures must not be negative.")
    if resume:
        saved = saved_config(out.with_suffix(".resume"))
        return msgspec.structs.replace(saved, **given)
    if "checkpoint" not in given:
        raise TrainingError("A new training needs a checkpoint.")
    return EncoderConfig(**given)
