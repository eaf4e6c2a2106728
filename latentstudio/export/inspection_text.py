"""A card's section on disentanglement, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from latentstudio.export.card_text import table

if TYPE_CHECKING:
    from latentstudio.metrics.inspect.report import Fitted, Headline, Leakage, Report

_WORST = 3


def in_markdown(report: Report, pictures: Sequence[str] = ()) -> str:
    """The section's text.

    Parameters
    ----------
    report
        What to tell.
    pictures
        Names of files beside it to be shown.
    """
    tuned = f" with the fine tuning `{report.difference[:16]}…`" if report.difference else ""
    parts = [
        f"# {report.checkpoint}: disentanglement",
        f"Checkpoint `{report.checkpoint_hash[:16]}…`{tuned}, {report.num:,} samples of seed"
        f" {report.seed} at ψ = 1. Factors: {report.factors}. A GAN has no encoder, so codes are"
        " drawn and a classifier reads their pictures: the numbers are as right as it is.",
        "## Spaces side by side",
        _spaces(report),
        *_methods(report),
    ]
    if report.leakage:
        parts += ["## Leakage", _leakage(report.leakage)]
    parts += [f"![{name.rpartition('.')[0]}]({name})" for name in pictures]
    if report.left_out:
        lines = [f"- {left.part}: {left.why}" for left in report.left_out]
        parts += ["## Left out", "\n".join(lines)]
    if report.command:
        versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
        parts += ["## Inspect it again", f"```\n{report.command}\n```", versions]
    return "\n\n".join(part for part in parts if part) + "\n"


def _spaces(report: Report) -> str:
    """A row for each number, a column for each space."""
    rows = []
    for line in report.side_by_side():
        known = next(each for each in line if each)
        rows.append([known.name, *(written(each) for each in line), known.better])
    heads = [f"{name} ({space.dim})" for name, space in report.compared.items()]
    return table(["", *heads, "better"], rows) if rows else ""


def written(number: Headline | None) -> str:
    """A number with about three digits, and its interval where it has one; "" for none."""
    if number is None:
        return ""
    digits = 1 if abs(number.value) >= 100 else 3
    text = f"{number.value:.{digits}f}"
    if number.interval:
        text += " ({:.{d}f} to {:.{d}f})".format(*number.interval, d=digits)
    return text


def fitted(fit: Fitted) -> str:
    """How well a direction foretells its attribute: R² with two digits, and whether it is weak."""
    return f"{round(fit.r2, 2) + 0.0:.2f}{', weak' * fit.weak}"  # no -0.00


def _methods(report: Report) -> Iterator[str]:
    """How each number was found, once for all spaces."""
    space = report.spaces[-1]
    if space.ppl_full:
        yield f"Path lengths: {space.ppl_full.n:,} paths, features {space.ppl_full.features}."
    for name, score in (
        ("Separability", space.separability),
        ("DCI", space.dci),
        ("MIG", space.mig),
        ("SAP", space.sap),
    ):
        if score:
            yield f"{name}: {score.method}; {score.n:,} samples."


def _leakage(found: Leakage) -> str:
    """A row for each direction: what it does to its own attribute, and what it moves most."""
    rows = []
    for row, fit in zip(found.matrix.rows, found.directions, strict=True):
        own = next(k for k in row.leaks if (k.attribute, k.value) == (row.attribute, row.value))
        beside = [leak for leak in row.leaks if leak.attribute != row.attribute]
        worst = sorted(beside, key=lambda leak: -abs(leak.mean))[:_WORST]
        others = ", ".join(
            f"{k.attribute} {k.value} {k.mean:+.2f}".replace("  ", " ") for k in worst
        )
        own_text = f"{own.mean:+.2f} ({own.low:+.2f} to {own.high:+.2f})"
        rows.append([row.name, fitted(fit), own_text, others])
    heading = ["direction", "R²", "moves its own by", "and most beside"]
    return (
        f"In standard deviations over {found.n:,} samples, in {found.space}: {found.method}.\n\n"
        + table(heading, rows)
    )
