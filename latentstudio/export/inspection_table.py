"""An inspection as a table in long format: CSV for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.metrics.inspect.report import Report, SpaceReport

COLUMNS = ("part", "space", "attribute", "value", "mean", "low", "high", "n", "method")

_Line = tuple[str, str, str, str, float, float | None, float | None, int, str]


def to_csv(report: Report) -> str:
    """All numbers in long format: a heading (:data:`COLUMNS`), then one line for each.

    ``attribute`` is empty where a number is of all attributes; ``value`` says which number, class,
    layer or direction. Intervals are of 95%, and empty where there is none.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for name, space in report.compared.items():
        writer.writerows(_of_space(name, space))
    writer.writerows(_of_layers(report))
    writer.writerows(_of_leakage(report))
    return text.getvalue()


def _of_space(name: str, space: SpaceReport) -> Iterator[_Line]:
    for path in (space.ppl_full, space.ppl_end):
        if path:
            half = 1.96 * path.stderr
            method = f"squared distance in {path.features} over {path.epsilon:g}²"
            low, high = path.value - half, path.value + half
            yield "ppl", name, "", path.sampling, path.value, low, high, path.n, method
    planes = space.separability
    if planes:
        end = None, None, planes.n, planes.method
        yield "separability", name, "", "exp of summed entropies", planes.value, *end
        for attribute, bits in zip(planes.attributes, planes.entropies, strict=True):
            yield "separability", name, attribute, "bits", bits, *end
    told = space.dci
    if told:
        end = None, None, told.n, told.method
        yield "dci", name, "", "disentanglement", told.disentanglement, *end
        yield "dci", name, "", "completeness", told.completeness, *end
        yield "dci", name, "", "informativeness", told.informativeness, *end
        for i, factor in enumerate(told.factors):
            yield "dci", name, factor, "completeness", told.factor_completeness[i], *end
            yield "dci", name, factor, "informativeness", told.factor_informativeness[i], *end
    for part, gaps in (("mig", space.mig), ("sap", space.sap)):
        if gaps:
            end = None, None, gaps.n, gaps.method
            yield part, name, "", "mean gap", gaps.value, *end
            for factor, gap in zip(gaps.factors, gaps.gaps, strict=True):
                yield part, name, factor, "gap", gap, *end


def _of_layers(report: Report) -> Iterator[_Line]:
    found = report.layers
    if found is None:
        return
    space = report.spaces[-1].space
    for layer, row in enumerate(zip(found.share, found.low, found.high, strict=True)):
        for column, mean, low, high in zip(found.columns, *row, strict=True):
            attribute = _named(column.attribute, column.value)
            yield (
                "layers", space, attribute, f"layer {layer}", mean, low, high, found.n,
                found.method,
            )  # fmt: skip


def _of_leakage(report: Report) -> Iterator[_Line]:
    found = report.leakage
    if found is None:
        return
    for row in found.matrix.rows:
        for leak in row.leaks:
            attribute = _named(leak.attribute, leak.value)
            along = f"along {_named(row.attribute, row.value)}"
            yield (
                "leakage", found.space, attribute, along, leak.mean, leak.low, leak.high, row.n,
                found.method,
            )  # fmt: skip


def _named(attribute: str, value: str) -> str:
    return f"{attribute}: {value}" if value else attribute
