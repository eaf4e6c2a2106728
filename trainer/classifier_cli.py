"""The command ``latentstudio-train classifier``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from latentstudio.data.errors import DataError
from trainer.errors import TrainingError


@click.command()
@click.option("--data", help='As for train: "portraits", a folder or zip of pictures, ...')
@click.option("--data-root", help="Where rendered and prepared data sets are kept.")
@click.option("--resolution", type=int, help="Height and width in pixels; 64 unless told.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write.")
@click.option("--kimg", type=float, help="Length of the training in thousand pictures.")
@click.option("--batch", type=int, help="Pictures in a step.")
@click.option("--lr", type=float, help="Highest learning rate.")
@click.option("--width", type=int, help="Features at half the resolution.")
@click.option("--dim", type=int, help="Length of the embedding.")
@click.option("--seed", type=int, help="Of weights, held-out pictures and order.")
@click.option("--half/--full", default=None, help="Write the weights in float16 or float32.")
@click.option("--device", help="cpu, cuda, cuda:1, mps.")
@click.option("--threads", type=int, help="Threads on a CPU.")
@click.option("--resume", is_flag=True, help="Go on with an unfinished training of this file.")
@click.option("--card/--no-card", default=True, help="Measure the feature space for a card.")
def classifier(out: Path, resume: bool, card: bool, **options: Any) -> None:
    """Train an attribute classifier: the data set's own feature space for FID and the rest.

    Without labels it learns which way up the pictures are.
    """
    from trainer.classifier import train_classifier
    from trainer.classifier_card import write_card
    from trainer.signals import Stopped

    given = {key: value for key, value in options.items() if value is not None}
    try:
        config = _config(out, given, resume)
        train_classifier(config, out, click.echo, resume=resume)
        if card:
            click.echo(f"Wrote {write_card(out, config)}.")
    except Stopped as stop:
        click.echo(str(stop))
        raise SystemExit(128 + stop.number) from None
    except DataError as error:
        raise click.ClickException(str(error)) from error


def _config(out: Path, given: dict[str, Any], resume: bool) -> Any:
    from trainer.classifier_state import ClassifierConfig, saved_config

    for key in ("kimg", "batch", "lr", "threads"):
        if key in given and not given[key] > 0:
            raise TrainingError(f"--{key} must be greater than 0.")
    if not 0 <= given.get("seed", 0) < 2**32:
        raise TrainingError("--seed must be between 0 and 4294967295.")
    if resume:
        saved = saved_config(out.with_suffix(".resume"))
        return msgspec.structs.replace(saved, **given)
    if "data" not in given:
        raise TrainingError("A new training needs --data.")
    return ClassifierConfig(**given)
