"""``inspect``: how far a generator's latents keep apart what people see in its pictures."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from latentstudio.cli.common import FILE, must_exist, sentences
from latentstudio.cli.facts import facts_of, written
from latentstudio.cli.tuned import Tuning

if TYPE_CHECKING:
    from latentstudio.metrics.inspect.report import SpaceReport
    from latentstudio.metrics.inspect.run import Inspection
    from latentstudio.metrics.spaces.features import Features


@click.command()
@click.argument("checkpoint", type=FILE)
@click.option("--classifier", metavar="FILE", default="auto", help="What reads the attributes.")
@click.option(
    "--difference",
    type=FILE,
    help="A fine tuning of CHECKPOINT to inspect: its file or content hash.",
)
@click.option(
    "--only",
    metavar="LIST",
    help="Of ppl, separability, dci, mig, sap, layers, leakage; all if not given.",
)
@click.option("--num", type=int, default=2000, show_default=True, help="Samples.")
@click.option("--paths", type=int, default=1000, show_default=True, help="For each ppl.")
@click.option(
    "--moved", type=int, default=100, show_default=True, help="Samples for layers and leakage."
)
@click.option("--features", metavar="SPACE", help="In which ppl is measured; the classifier's own.")
@click.option("--seed", type=int, default=0, show_default=True, help="Other seeds, other samples.")
@click.option("--batch", type=click.IntRange(1), default=64, help="Pictures at a time.")
@click.option(
    "--traversal",
    "axes",
    metavar="AXIS",
    multiple=True,
    help="Also draw portraits along z:5, pca:0, sefa:0@2-4 or a direction's file.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--workdir", type=FILE, help="Where finished parts are kept; the user's cache.")
@click.option("--resume/--fresh", default=True, help="Go on with finished parts, or anew.")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
@click.option("--csv", type=FILE, help="Also write a table.")
@click.option("--figure", type=FILE, help="Also draw: into a folder, or leakage as SVG, PDF, PNG.")
@click.option("--card", type=FILE, help="Also write a card's section into this folder.")
def inspect(
    checkpoint: Path,
    axes: tuple[str, ...],
    device: str,
    as_json: bool,
    csv: Path | None,
    figure: Path | None,
    card: Path | None,
    **options: Any,
) -> None:
    """Inspect a CHECKPOINT: path lengths, disentanglement, layers and leakage of its attributes.

    Factors are a classifier's labels on samples, as a GAN has no encoder. Ctrl-C keeps what is
    finished: the same command goes on there. Of any other file it says what it is, as info does.
    """
    with sentences(device):
        must_exist([checkpoint])
        facts = facts_of(checkpoint)
        if facts is not None:
            _refuse_options(checkpoint, facts["format"])
            click.echo(written(facts, as_json))
            return
        from latentstudio.cli.inspected import is_folder, show, write

        if axes and card is None and not (figure and is_folder(figure)):
            raise click.UsageError("where to? --traversal needs --figure FOLDER or --card FOLDER")
        if figure is not None or card is not None:  # before minutes of work
            from latentstudio.export.figures import check_drawable

            check_drawable(figure if figure and not is_folder(figure) else "leakage.svg")
        import msgspec

        from latentstudio.export.traversal_ways import open_way

        inspection, untouched = _open(checkpoint, device, **options)
        if figure and not is_folder(figure) and not inspection.plan.asks("layers", "leakage"):
            raise click.UsageError("--figure shows leakage or layers: put one of them into --only")
        ways = [open_way(axis, inspection.generator) for axis in axes]
        with _bar(inspection) as told:
            while inspection.step():
                told()
            told()
        report = msgspec.structs.replace(inspection.report(), untouched=untouched)
        write(report, inspection.generator, ways, csv, figure, card)
        click.echo(show(report, as_json))


def _refuse_options(path: Path, kind: str) -> None:
    """Raise UsageError for the first option that says how to inspect a checkpoint."""
    context = click.get_current_context()
    for option in context.command.params:
        name = str(option.name)
        asked = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if asked and name not in ("checkpoint", "as_json", "device"):
            raise click.UsageError(
                f"{option.opts[0]} is for a CHECKPOINT, and {path} is something else: {kind}"
            )


def _open(
    checkpoint: Path,
    device: str,
    *,
    classifier: str,
    difference: Path | None,
    features: str | None,
    only: str | None,
    num: int,
    paths: int,
    moved: int,
    seed: int,
    batch: int,
    workdir: Path | None,
    resume: bool,
) -> tuple[Inspection, tuple[SpaceReport, ...]]:
    """Open all that is needed, and look up what is known of the generator before it was tuned.

    The sentences are those of the parts.
    """
    from latentstudio.engine.device import import_torch, resolve_device

    import_torch()
    from latentstudio.checkpoints.store import load_generator
    from latentstudio.metrics.inspect.plan import PARTS, Plan, attributes_of
    from latentstudio.metrics.inspect.run import Inspection
    from latentstudio.metrics.measure.kept import Kept, default_folder

    named = PARTS if only is None else tuple(part.strip() for part in only.split(","))
    plan = Plan(
        parts=tuple(dict.fromkeys(named)),
        num=num,
        paths=paths,
        moved=min(moved, num),
        seed=seed,
        batch=batch,
        kept=Kept((workdir or default_folder()) if resume else None),
        command=shlex.join(["latentstudio", *click.get_current_context().obj]),
    )
    plan.check()
    device = resolve_device(device)
    reader = attributes_of(_space(classifier, device))
    space = _space(features, device) if features else reader
    tuning = difference and Tuning.of(checkpoint, difference)
    generator = load_generator(checkpoint, device)
    found = Inspection(plan, generator, reader, space)
    if not tuning:
        return found, ()
    known = tuple(each for each in found.report().spaces if any(each.headlines()))
    plan = replace(plan, difference=tuning.content_hash)
    return Inspection(plan, tuning.applied(generator), reader, space), known


def _space(spec: str, device: str) -> Features:
    from latentstudio.metrics.spaces.register import open_space

    return open_space(spec, device)


@contextmanager
def _bar(inspection: Inspection) -> Iterator[Any]:
    """A line with the time left."""
    from tqdm import tqdm

    form = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
    with tqdm(total=1.0, initial=inspection.progress, bar_format=form, disable=None) as bar:

        def told() -> None:
            bar.set_description(inspection.title, refresh=False)
            bar.update(inspection.progress - bar.n)

        yield told
