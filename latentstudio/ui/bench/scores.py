"""The numbers of a report as rows and cells: z against w, side by side. No Qt, no torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from latentstudio.ui.bench.wish import NAMES

if TYPE_CHECKING:
    from latentstudio.metrics.inspect.report import Headline, Report, SpaceReport

Interval = tuple[float, float]
SPACES = ("z", "w")
NOT_YET = "not measured yet"
NOT_ASKED = "not asked for"


@dataclass(frozen=True)
class Row:
    """One number that spaces are compared by.

    Attributes
    ----------
    name
        As :class:`~latentstudio.metrics.inspect.report.Headline` has it.
    part, field
        Of the plan, and of a space's report.
    title, better
        For people, and which way is good.
    tip
        What it is, and how to take it.
    top
        End of its scale where it has one by nature; None: the larger of the two numbers.
    """

    name: str
    part: str
    field: str
    title: str
    better: Literal["lower", "higher"]
    tip: str
    top: float | None = 1.0


@dataclass(frozen=True)
class Cell:
    """A number of one space, or why there is none.

    Attributes
    ----------
    value, interval
        None where not known.
    n, method
        Samples (or paths), and how it was found; 0 and "" without a number.
    lack
        Why there is no number; "" where there is.
    """

    value: float | None = None
    interval: Interval | None = None
    n: int = 0
    method: str = ""
    lack: str = ""


ROWS = (
    Row("path length (full)", "ppl", "ppl_full", "Path length", "lower",
        "How much pictures change along short steps, taken anywhere between two samples.", None),
    Row("path length (end)", "ppl", "ppl_end", "Path length, at samples", "lower",
        "The same with steps at the samples themselves, where w is sure to be inside.", None),
    Row("separability", "separability", "separability", "Separability", "lower",
        "1 where planes part all attributes; it grows with their number.", None),
    Row("separability, bits", "separability", "separability", "Separability, in bits", "lower",
        "What a plane leaves open about an attribute on average: 0 nothing, 1 all."),
    Row("disentanglement", "dci", "dci", "Disentanglement", "higher",
        "1 where each code counts for one attribute only. Too high where codes tell little: read"
        " it together with informativeness."),
    Row("completeness", "dci", "dci", "Completeness", "higher",
        "1 where each attribute takes one code only. Too high where codes tell little: read it"
        " together with informativeness."),
    Row("informativeness", "dci", "dci", "Informativeness", "higher",
        "How well attributes are told by the codes, on samples that were held out."),
    Row("MIG", "mig", "mig", "MIG", "higher",
        "By how much the best code knows more of an attribute than the second best."),
    Row("SAP", "sap", "sap", "SAP", "higher",
        "By how much the best code predicts an attribute better than the second best."),
)  # fmt: skip


def cells_of(report: Report | None, row: Row, asked: tuple[str, ...]) -> tuple[Cell, Cell]:
    """A row's cells of z and w.

    Parameters
    ----------
    report
        What was found so far.
    row
        One of :data:`ROWS`.
    asked
        Parts that are being found out.
    """
    first, second = (_cell(report, row, space, asked) for space in SPACES)
    return first, second


def apart(row: Row, cells: tuple[Cell, Cell]) -> int:
    """Which of the cells is better for certain: their intervals are apart; -1 for none."""
    if any(cell.interval is None for cell in cells):
        return -1
    z, w = (cell.interval or (0.0, 0.0) for cell in cells)
    lower = 0 if z[1] < w[0] else 1 if w[1] < z[0] else -1
    return lower if row.better == "lower" or lower < 0 else 1 - lower


def found_parts(report: Report | None) -> tuple[str, ...]:
    """The parts of the plan of which the report knows something."""
    if report is None:
        return ()
    fields = {row.part: row.field for row in ROWS}
    found = {
        part
        for part, field in fields.items()
        if any(getattr(space, field) is not None for space in report.spaces)
    }
    found |= {part for part in ("layers", "leakage") if getattr(report, part) is not None}
    return tuple(part for part in NAMES if part in found)


def lack_of(report: Report | None, part: str, asked: tuple[str, ...]) -> str:
    """Why there is nothing of a part: ``dci w`` (with its space) or ``layers``."""
    for left in report.left_out if report is not None else ():
        name = part.rpartition(" ")[2] if left.part in SPACES else part
        if left.part == name or left.part.startswith(f"{part} "):
            return left.why
    return NOT_YET if part.partition(" ")[0].partition("_")[0] in asked else NOT_ASKED


def _cell(report: Report | None, row: Row, space: str, asked: tuple[str, ...]) -> Cell:
    for found in report.spaces if report is not None else ():
        known = next(_named(found, row), None) if found.space == space else None
        if known is not None:
            score = getattr(found, row.field)
            return Cell(known.value, known.interval, score.n, _method(score))
    return Cell(lack=lack_of(report, f"{row.field} {space}", asked))


def _named(space: SpaceReport, row: Row) -> Iterator[Headline]:
    return (line for line in space.headlines() if line.name == row.name)


def _method(score: object) -> str:
    method: str | None = getattr(score, "method", None)
    if method is not None:
        return method
    features, epsilon = getattr(score, "features", ""), getattr(score, "epsilon", 0.0)
    return f"squared distance in {features}, over a step of {epsilon:g}, squared"


def digits(value: float) -> str:
    """About three digits: ``2,557``, ``71.3``, ``0.868``, ``0.0049``."""
    size = abs(value)
    decimals = 0 if size >= 100 else 1 if size >= 10 else 3 if size >= 0.01 or not size else 4
    return f"{value:,.{decimals}f}"


def sentence_of(row: Row, space: str, cell: Cell, source: str) -> str:
    """A cell in words: value, interval, samples, method and where the factors come from."""
    if cell.value is None:
        return f"{row.title} in {space}: {cell.lack}."
    within = ""
    if cell.interval is not None:
        low, high = map(digits, cell.interval)
        within = f" (95% {low} to {high})"
    counted = "paths" if row.part == "ppl" else "samples"
    words = f"{row.title} in {space}: {digits(cell.value)}{within}, {cell.n:,} {counted}."
    words += f" Method: {cell.method}."
    return words if row.part == "ppl" else f"{words} Factors: {source}."
