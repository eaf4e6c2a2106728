"""``measure``: a checkpoint, or pictures from elsewhere, against a data set."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from latentstudio.cli.common import FILE, must_exist, sentences

if TYPE_CHECKING:
    from latentstudio.metrics.measure.run import Progress

MAX_SWEEP = 101
_DRAWING = ("difference", "cutoff", "noise", "label", "mixing")


@click.command()
@click.argument("checkpoint", required=False, type=FILE)
@click.option("--real", metavar="DATASET", help="Data set; the checkpoint's own if not given.")
@click.option("--fake", type=FILE, help="Pictures from elsewhere, in place of a CHECKPOINT.")
@click.option(
    "--difference",
    type=FILE,
    help="A fine tuning of CHECKPOINT to measure, beside the untouched: its file or content hash.",
)
@click.option(
    "--metrics",
    default="fid,kid,pr,dc",
    show_default=True,
    help="Of fid, kid, pr, dc, is, swd, msssim, ppl (or ppl-z, ppl-w, ppl-end, ...).",
)
@click.option(
    "--features",
    default="auto",
    show_default=True,
    help="A classifier's file, or a name that `latentstudio weights list` tells; auto: the data's.",
)
@click.option("--num", type=int, help="Samples: 10,000, or all pictures of --fake.")
@click.option("--psi", type=float, help="Truncation: 1 is none.")
@click.option("--sweep", metavar="LIST", help="A row for each psi, such as 0,0.1,...,1.")
@click.option("--cutoff", type=int, help="Truncate only the first so many layers.")
@click.option("--noise", type=click.Choice(["const", "none", "random"]), help="Noise mode.")
@click.option("--label", metavar="CLASS", help="All of one class; else in the data's shares.")
@click.option("--mixing", type=float, help="Share of samples with styles of two points, 0 to 1.")
@click.option("--seed", type=int, default=0, show_default=True, help="Other seeds, other samples.")
@click.option(
    "--paths", type=click.IntRange(2), default=1000, show_default=True, help="For each ppl."
)
@click.option("--batch", type=click.IntRange(1), default=None, help="Pictures at a time.")
@click.option("--workers", type=click.IntRange(1, 64), help="Threads; as many as a CPU has cores.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--workdir", type=FILE, help="Where finished parts are kept; the user's cache.")
@click.option("--resume/--fresh", default=True, help="Go on with finished parts, or anew.")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
@click.option("--csv", type=FILE, help="Also write a table.")
@click.option("--figure", type=FILE, help="Also draw precision against recall; SVG, PDF or PNG.")
@click.option("--card", type=FILE, help="Also write a model card into this folder.")
def measure(
    checkpoint: Path | None,
    fake: Path | None,
    psi: float | None,
    sweep: str | None,
    as_json: bool,
    csv: Path | None,
    figure: Path | None,
    card: Path | None,
    device: str,
    **options: Any,
) -> None:
    """Measure a CHECKPOINT, or pictures from elsewhere (--fake), against a data set.

    Numbers are those of the studio's panel for the same seed. Ctrl-C keeps what is finished: the
    same command goes on there, and one of a larger --num begins with it.
    """
    if (checkpoint is None) == (fake is None):
        raise click.UsageError("what to measure? give either a CHECKPOINT or --fake FOLDER")
    if psi is not None and sweep is not None:
        raise click.UsageError("--psi does not go with --sweep")
    psis = parse_sweep(sweep) if sweep is not None else [1.0 if psi is None else psi]
    drawing = {name: options.pop(name) for name in _DRAWING}
    if fake is not None:
        for name, value in {"psi": psi, "sweep": sweep, **drawing}.items():
            if value is not None:
                raise click.UsageError(f"--{name} is for a CHECKPOINT: not with --fake")
        if options["real"] is None:
            raise click.UsageError("against what? give --real DATASET")
    with sentences(device):
        must_exist([path for path in (checkpoint, fake) if path])
        if figure is not None or card is not None:  # before hours of work
            from latentstudio.export.figures import check_drawable

            check_drawable(figure or "curve.svg")
        from latentstudio.cli.measured import show, write
        from latentstudio.cli.measuring import open_plan
        from latentstudio.metrics.measure.run import run, work

        plan = open_plan(
            checkpoint,
            fake,
            psis,
            drawing,
            device,
            floor=bool(figure or card),
            **options,
        )
        plan.check()
        with _bar(work(plan)) as progress:
            report = run(plan, progress)
        write(report, plan, csv, figure, card)
        click.echo(show(report, plan.metrics, as_json))


def parse_sweep(text: str) -> list[float]:
    """Read a list of truncations: numbers, and ``...`` for going on in the same steps.

    Raises
    ------
    click.UsageError
        One sentence: not such a list, or too many.
    """
    wrong = click.UsageError(f"--sweep is {text!r}: write numbers, such as 0,0.5,1 or 0,0.1,...,1")
    psis: list[float] = []
    words = [word.strip() for word in text.split(",")]
    for position, word in enumerate(words):
        if word != "...":
            try:
                psis.append(float(word))
            except ValueError:
                raise wrong from None
            continue
        try:
            first, second, end = *psis[-2:], float(words[position + 1])
            steps = (end - second) / (second - first)
        except (ValueError, IndexError, ZeroDivisionError):
            raise wrong from None
        if not (0.5 < steps < MAX_SWEEP and abs(steps - round(steps)) < 1e-6):
            raise wrong
        # Rounded: 0.1 + 0.2 would be another truncation than 0.3.
        psis += [round(second + k * (second - first), 9) for k in range(1, round(steps))]
    if len(psis) > MAX_SWEEP or len({*psis}) < len(psis) or not all(map(math.isfinite, psis)):
        raise wrong
    return psis


@contextmanager
def _bar(total: int) -> Iterator[Progress]:
    """A line with the time left; what an earlier run finished does not count as fast."""
    from tqdm import tqdm

    with tqdm(total=total, unit="img", disable=None) as bar:

        def told(what: str, count: int, known: bool) -> None:
            bar.set_description(what, refresh=False)
            if known:
                bar.total -= count
            else:
                bar.update(count)

        yield told
