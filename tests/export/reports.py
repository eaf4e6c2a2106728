"""An inspection that nobody made."""

from __future__ import annotations

from latentstudio.document.direction import Leak
from latentstudio.metrics.columns import Column
from latentstudio.metrics.disentanglement.dci import Dci
from latentstudio.metrics.disentanglement.layers import LayerResponse
from latentstudio.metrics.disentanglement.mig import Gaps
from latentstudio.metrics.disentanglement.response import LeakageMatrix, Row
from latentstudio.metrics.disentanglement.separability import Separability
from latentstudio.metrics.inspect.report import Fitted, Leakage, LeftOut, Report, SpaceReport
from latentstudio.metrics.path_length import PathLength

COLUMNS = (
    Column("smile"),
    Column("glasses", "round", "categorical"),
    Column("glasses", "no|ne", "categorical"),
)
SOURCE = "classifier labels on samples: portraits (abcdabcd…)"


def _space(name: str) -> SpaceReport:
    found = {"factors": ("smile", "glasses"), "n": 500, "method": "of tests", "source": SOURCE}
    gaps = Gaps(
        value=0.2, gaps=(0.3, 0.1), best=(0.4, 0.2), second=(0.1, 0.1), codes=(0, 1), **found
    )
    path = {"n": 90, "kept": 88, "space": name, "epsilon": 1e-4, "features": "portraits"}
    return SpaceReport(
        space=name,
        dim=8,
        ppl_full=PathLength(value=250.0, stderr=10.0, sampling="full", **path),
        ppl_end=PathLength(value=80.0, stderr=5.0, sampling="end", **path),
        separability=Separability(
            value=2.5,
            mean_entropy=0.66,
            attributes=("glasses: round", "glasses: no|ne"),
            entropies=(0.5, 0.82),
            kept=(250, 250),
            left_out=("smile",),
            n=500,
            method="of tests",
            source=SOURCE,
        ),
        dci=Dci(
            disentanglement=0.6,
            completeness=0.5,
            informativeness=0.4,
            factor_completeness=(0.55, 0.45),
            factor_informativeness=(0.35, 0.45),
            codes=(0, 1),
            active=5,
            **found,
        ),
        mig=gaps,
        sap=gaps,
    )


def _row(i: int, means: tuple[float, float, float]) -> Row:
    leaks = tuple(
        Leak(column.attribute, column.value, mean, mean - 0.2, mean + 0.2, abs(mean) + 0.1)
        for column, mean in zip(COLUMNS, means, strict=True)
    )
    own = COLUMNS[i]
    return Row(
        name=own.title,
        attribute=own.attribute,
        value=own.value,
        leaks=leaks,
        share=0.5,
        worst=0,
        n=40,
    )


def inspected() -> Report:
    """A report with everything in it."""
    rows = tuple(_row(i, means) for i, means in enumerate(_MEANS))
    table = ((0.75, 0.5, 0.5), (0.25, 0.5, 0.5))
    return Report(
        command="latentstudio inspect tiny.safetensors",
        versions={"torch": "2"},
        finished="2026-01-01T00:00:00+00:00",
        seconds=1.0,
        checkpoint="tiny",
        checkpoint_hash="ef" * 32,
        family="stylegan2",
        has_mapping=True,
        classifier="portraits",
        classifier_hash="abcd" * 16,
        columns=COLUMNS,
        shown=(0, 1),
        factors=SOURCE,
        num=500,
        seed=0,
        spaces=(_space("z"), _space("w")),
        layers=LayerResponse(
            columns=COLUMNS,
            change=table,
            share=table,
            low=((0.7, 0.4, 0.0), (0.0, 0.4, 0.0)),
            high=((0.8, 0.6, 1.0), (0.3, 0.6, 1.0)),
            n=40,
            of=40,
            method="of tests",
            source=SOURCE,
        ),
        leakage=Leakage(
            space="w",
            method="ridge",
            n=40,
            directions=tuple(
                Fitted(
                    attribute=c.attribute, value=c.value, length=1.0, r2=0.7, r2_stderr=0.1,
                    weak=False,
                )
                for c in COLUMNS[:2]
            ),
            matrix=LeakageMatrix(
                columns=COLUMNS, rows=rows, share=0.5, method="of tests", source=SOURCE
            ),
        ),
        left_out=(LeftOut("leakage", "samples hardly differ in Glasses: no|ne"),),
    )  # fmt: skip


_MEANS = ((1.0, 0.1, -0.3), (-0.5, 0.9, -0.8))
