"""An inspection's matrices as heat maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from latentstudio.export.heatmap import HeatMap
from latentstudio.export.inspection_text import fitted

if TYPE_CHECKING:
    from latentstudio.metrics.inspect.report import Report


def leakage_map(report: Report) -> HeatMap | None:
    """The attribute × direction matrix: directions along the rows; None where there is none.

    Attributes in which samples hardly differ are left out.
    """
    found = report.leakage
    if found is None:
        return None
    table = np.array(
        [[(leak.mean, leak.low, leak.high) for leak in row.leaks] for row in found.matrix.rows]
    )[:, report.shown]
    widest = float(np.max(table[..., 2] - table[..., 1]) / 2)
    return HeatMap(
        title=f"What each direction in {found.space} moves: {report.checkpoint}",
        caption=(
            f"{found.n:,} samples at psi 1, fitted to {report.num:,}; 95% intervals, ± {widest:.2f}"
            f" at most\n{report.factors}\n(R²): how well a direction foretells samples it was not"
            " fitted to"
        ),
        rows=[
            f"{row.name} ({fitted(fit)})"
            for row, fit in zip(found.matrix.rows, found.directions, strict=True)
        ],
        columns=[report.columns[i].title for i in report.shown],
        row_title="direction (R²)",
        column_title="attribute",
        values=table[..., 0],
        low=table[..., 1],
        high=table[..., 2],
        unit="standard deviations",
        end=1.5,
    )


def layer_map(report: Report) -> HeatMap | None:
    """How much each layer decides each attribute, attributes along the rows; None without."""
    found = report.layers
    if found is None or not report.shown:
        return None
    rows = list(report.shown)
    share, low, high = (np.array(table).T[rows] for table in (found.share, found.low, found.high))
    widest = float(np.max(high - low) / 2)
    return HeatMap(
        title=f"Which layers decide what: {report.checkpoint}",
        caption=(
            f"{found.n:,} samples at psi 1; 95% intervals, ± {widest:.2f} at most\n"
            f"{found.method}\n{report.factors}"
        ),
        rows=[found.columns[i].title for i in rows],
        columns=[str(layer) for layer in range(share.shape[1])],
        row_title="attribute",
        column_title="layer",
        values=share,
        low=low,
        high=high,
        unit="share of the change",
        end=1.0,
    )
