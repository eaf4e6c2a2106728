"""The trainer's command line."""

from __future__ import annotations

import os

# Before torch is imported: idle OpenMP threads that spin take the cores that others need.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from trainer.classifier_cli import classifier
from trainer.encoder_cli import encoder
from trainer.errors import TrainingError
from trainer.options import new_config, resumed_config
from trainer.presets import PRESETS

# The keys of trainer.losses.LOSSES, which needs torch.
LOSS_NAMES = (
    "nonsaturating", "minimax", "wasserstein", "hinge", "relativistic", "least-squares",
)  # fmt: skip


class TrainByDefault(click.Group):
    """A group whose plain form, without a subcommand, trains."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``train`` before arguments that name no subcommand."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["train", *args]
        return super().parse_args(ctx, args)


@contextmanager
def sentences() -> Iterator[None]:
    """Errors that have a sentence end the command with it instead of a traceback."""
    from latentstudio.checkpoints.errors import CheckpointError
    from latentstudio.data.errors import DataError

    try:
        yield
    except (DataError, CheckpointError) as error:
        # The studio shows its sentences without a full stop.
        raise click.ClickException(f"{str(error).rstrip('.')}.") from error
    except OSError as error:
        # What latentstudio.atomic raises is a sentence already.
        text = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise click.ClickException(f"{text.rstrip('.')}.") from error


@click.group(cls=TrainByDefault)
def main() -> None:
    """Train a generator for the studio, measure it, and export it.

    Without a subcommand, `train` is meant.
    """


main.add_command(classifier)
main.add_command(encoder)


@main.command()
@click.option("--preset", type=click.Choice(PRESETS), help="What to train.")
@click.option(
    "--data",
    help='"portraits", a folder or zip of pictures, torchvision:NAME, or a folder made by '
    "latentstudio-data.",
)
@click.option("--data-root", help="Where rendered and prepared data sets are kept.")
@click.option("--condition", help="Attribute of the data that the networks are told.")
@click.option("--resolution", type=int, help="Height and width in pixels, a power of two.")
@click.option("--kimg", type=float, help="Length of the run in thousand real pictures.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The run's folder.")
@click.option("--resume", is_flag=True, help="Go on from the run's newest snapshot.")
@click.option("--dry-run", is_flag=True, help="Print the plan and what it costs; train nothing.")
@click.option(
    "--start-from",
    type=click.Path(path_type=Path),
    help="Begin with the weights of this run, of the same or half the resolution.",
)
@click.option("--batch", type=int, help="Pictures in a step, over all processes.")
@click.option("--lr", type=float, help="Adam's learning rate, of both networks.")
@click.option("--width", type=int, help="Greatest number of features of a layer.")
@click.option("--channel-base", type=int, help="A layer's features times its resolution.")
@click.option("--latent", type=int, help="Size of z and w.")
@click.option("--upsample", type=click.Choice(["transpose", "resize"]), help="DCGAN's way up.")
@click.option(
    "--architecture", type=click.Choice(["skip", "resnet", "orig"]), help="StyleGAN2's generator."
)
@click.option("--loss", type=click.Choice(LOSS_NAMES), help="Adversarial loss.")
@click.option("--n-critic", type=int, help="Discriminator updates for one of the generator.")
@click.option("--gamma", type=float, help="R1 weight; 0 is off.")
@click.option("--gamma-fake", type=float, help="R2 weight; 0 is off.")
@click.option("--r1-interval", type=int, help="Steps from one R1 (or R2) update to the next.")
@click.option("--gamma-grows/--no-gamma-grows", default=None, help="Smaller weights while growing.")
@click.option("--gp", type=float, help="WGAN-GP's gradient penalty; 0 is off.")
@click.option("--drift", type=float, help="ProGAN's drift penalty; 0 is off.")
@click.option("--clip", type=float, help="Limit on the discriminator's weights; 0 is off.")
@click.option("--spectral/--no-spectral", default=None, help="Spectral normalisation.")
@click.option("--path-length", type=float, help="Path length weight; 0 is off.")
@click.option("--ada", type=float, help="Adaptive augmentation's target, e.g. 0.6; 0 is off.")
@click.option("--mixing", type=float, help="Style mixing probability, 0 to 1.")
@click.option("--noise-kimg", type=float, help="Noise inputs are used from here on.")
@click.option("--grow-from", type=int, help="Resolution to begin with; 0 does not grow.")
@click.option("--steady-kimg", type=float, help="Length of training at each resolution.")
@click.option("--fade-kimg", type=float, help="Length of a new resolution's fading in.")
@click.option("--anneal", type=float, help="Last part of the run with a falling rate, 0 to 1.")
@click.option("--ema-kimg", type=float, help="Half-life of the averaged weights.")
@click.option("--ema-rampup", type=float, help="It is at most this share of what was seen; 0: no.")
@click.option("--seed", type=int, help="Of weights, latent points and shuffle.")
@click.option("--flips/--no-flips", default=None, help="Mirror half of the pictures.")
@click.option("--shrink/--no-shrink", default=None, help="Average larger pictures down.")
@click.option("--bf16", type=click.Choice(["auto", "on", "off"]), help="Compute in bfloat16.")
@click.option("--device", help="cpu, cuda, cuda:1, mps.")
@click.option("--threads", type=int, help="Threads on a CPU.")
@click.option("--snapshot-seconds", type=float, help="How often the run is saved.")
@click.option("--stats-kimg", type=float, help="How often statistics are written.")
@click.option("--grid-kimg", type=float, help="How often a sheet of samples is drawn.")
@click.option("--milestone-kimg", type=float, help="How often a snapshot is kept for good.")
@click.option("--metrics-kimg", type=float, help="How often FID is measured; 0 is never.")
@click.option("--metrics-samples", type=int, help="Samples in a measurement.")
@click.option("--features", help="Feature space: a classifier file, auto, or none.")
@click.option("--tensorboard/--no-tensorboard", default=None, help="Also write event files.")
@click.option("--retries", type=int, help="Roll-backs after a loss that is no number.")
def train(out: Path, resume: bool, dry_run: bool, start_from: Path | None, **options: Any) -> None:
    """Train a generator."""
    given = {key: value for key, value in options.items() if value is not None}
    with sentences():
        config = resumed_config(out, given) if resume else new_config(given)
        if dry_run:
            from trainer.plan import describe_plan

            click.echo(describe_plan(config, start_from))
            return
        from trainer.loop import train as run
        from trainer.parallel import joined, local_device
        from trainer.signals import Stopped

        config = msgspec.structs.replace(config, device=local_device(config.device))
        try:
            with joined(config.device) as world:
                run(config, out, resume=resume, start=start_from, report=click.echo, world=world)
        except Stopped as stop:
            click.echo(str(stop))
            raise SystemExit(128 + stop.number) from None


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Checkpoint to write.")
@click.option("--name", default="", help="What the studio calls it.")
@click.option("--half/--full", default=True, help="Weights in float16 or float32.")
@click.option("--best", is_flag=True, help="The snapshot with the lowest FID, not the newest.")
def export(run: Path, out: Path, name: str, half: bool, best: bool) -> None:
    """Write the generator of RUN (a folder or a snapshot) as a studio checkpoint."""
    from trainer.export import export_run

    with sentences():
        if not run.exists():
            raise TrainingError(f"There is no run {run}.")
        path = export_run(run, out, name=name, half=half, best=best)
    click.echo(f"Wrote {path} ({path.stat().st_size / 2**20:.1f} MiB).")


@main.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--data", required=True, help="What it was trained on.")
@click.option(
    "--data-root",
    type=click.Path(path_type=Path),
    default=Path("data"),
    show_default=True,
    help="Where rendered and prepared data sets are kept.",
)
@click.option("--features", default="auto", help="A classifier file; auto: the data's own.")
@click.option("--samples", type=int, default=10_000, show_default=True, help="Pictures drawn.")
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of samples."
)
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1, mps.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="On a CPU.")
def measure(
    checkpoint: Path,
    data: str,
    data_root: Path,
    features: str,
    samples: int,
    seed: int,
    device: str,
    threads: int,
) -> None:
    """Measure CHECKPOINT against its data; the numbers go beside it, for its card.

    Under torchrun the samples are shared out among all processes, one a GPU.
    """
    import torch

    from trainer.assess import assess_file
    from trainer.parallel import joined, local_device

    torch.set_num_threads(threads)
    device = local_device(device)
    with sentences(), joined(device) as world:
        found = assess_file(checkpoint, data, data_root, features, samples, seed, device, world)
    if found is None:
        return
    quality = found.quality
    click.echo(
        f"FID {quality.fid:.2f} ± {quality.fid_stderr:.2f}, KID {quality.kid:.4f}, precision "
        f"{quality.precision:.2f}, recall {quality.recall:.2f}, coverage {quality.coverage:.2f} "
        f"({quality.n} samples, {quality.features})"
    )
    for distance in found.references:
        click.echo(f"FID {distance.fid:.2f}, KID {distance.kid:.4f}: {distance.what}")


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--features", default="auto", help="A classifier file; auto: the data's own.")
@click.option("--samples", type=int, default=2000, show_default=True, help="Pictures drawn.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="On a CPU.")
def evaluate(run: Path, features: str, samples: int, threads: int) -> None:
    """Measure every snapshot that RUN kept, and write its metrics.jsonl anew."""
    import torch

    from trainer.compare import evaluate_run
    from trainer.data.dataset import data_of
    from trainer.state import Snapshots

    torch.set_num_threads(threads)
    with sentences():
        config = Snapshots(run / "snapshots").load()[1].config
        rows = evaluate_run(run, features, samples, data_of(config), config)
        for row in rows:
            click.echo(f"{row['kimg']:8.1f} kimg: FID {row['fid']:.2f}, KID {row['kid']:.4f}")


@main.command()
@click.argument("runs", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="PNG or SVG.")
def compare(runs: tuple[Path, ...], out: Path) -> None:
    """Draw FID of several measured RUNS against images and seconds; print a table."""
    from trainer.compare import draw_comparison

    names = [run.name for run in runs]
    named = {run.name if names.count(run.name) == 1 else str(run): run for run in runs}
    with sentences():
        click.echo(draw_comparison(named, out))


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--checkpoint", type=click.Path(path_type=Path), required=True, help="From export.")
@click.option("--faults", type=click.Path(path_type=Path), required=True, help="Markdown file.")
def card(run: Path, checkpoint: Path, faults: Path) -> None:
    """Write the model card of a checkpoint that was exported from RUN, beside it."""
    from trainer.card import write_card

    with sentences():
        path = write_card(checkpoint, run / "stats.jsonl", faults.read_text(encoding="utf-8"))
    click.echo(f"Wrote {path}.")
