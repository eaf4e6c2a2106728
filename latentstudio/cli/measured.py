"""A report as people and programs read it: lines, JSON, and the files asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentstudio.metrics.measure.plan import Plan
    from latentstudio.metrics.measure.run import Report, Row

_SAMPLES = 32  # on a card
# Of each metric: what it is called, the field of a Quality, and digits behind the point.
_SHOWN = {
    "fid": (("FID", "fid", 2), ("FID, N → ∞", "fid_extrapolated", 2)),
    "kid": (("KID", "kid", 4),),
    "pr": (("precision", "precision", 3), ("recall", "recall", 3)),
    "dc": (("density", "density", 3), ("coverage", "coverage", 3)),
}


def show(report: Report, metrics: Sequence[str], as_json: bool) -> str:
    """The text for standard output: all as JSON, or the metrics asked for in words."""
    if as_json:
        import msgspec

        return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
    against = f" against {report.data}" if report.data else ""
    lines = [f"{report.fakes}{against}: {report.n:,} samples, features {report.features}"]
    beside = report.untouched
    if beside:
        lines += _lines({"": "fine-tuned"}, {"": "untouched"})
    for i, row in enumerate(report.rows):
        if len(report.rows) > 1 and row.sampling:
            lines.append(f"psi {row.sampling.truncation.psi:g}")
        other = _numbers(beside.rows[i], metrics) if beside else {}
        lines += _lines(_numbers(row, metrics), other)
    lines += _lines(_lengths(report), _lengths(beside) if beside else {})
    if report.floor:
        floor = f"FID {report.floor.fid:.2f}, KID {report.floor.kid:.4f}  {report.floor.n:,} each"
        lines += _lines({"real against real": floor}, {})
    if "fid" in metrics and any(quality.warming for quality in report.qualities):
        lines.append("warming up: too few samples for the FID to mean anything")
    return "\n".join(lines)


def _lines(texts: dict[str, str], beside: dict[str, str]) -> list[str]:
    """Texts by title, a line each, with those of another report behind them."""
    return [
        f"{title:21}  {text:32}  {beside.get(title, '')}".rstrip() for title, text in texts.items()
    ]


def _lengths(report: Report) -> dict[str, str]:
    return {
        f"path length {path.space} ({path.sampling})": (
            f"{path.value:.1f}  ± {1.96 * path.stderr:.1f}, {path.n:,} paths"
        )
        for path in report.path_lengths
    }


def _numbers(row: Row, metrics: Sequence[str]) -> dict[str, str]:
    lines = {}
    for metric in metrics:
        for title, name, digits in _SHOWN.get(metric, ()) if row.quality else ():
            value = getattr(row.quality, name)
            if value is None:
                continue
            low, high = getattr(row.quality, f"{name}_interval")
            span = f"{low:.{digits}f} to {high:.{digits}f}"
            lines[title] = f"{value:.{digits}f}  {span}"
    pixels = row.pixels
    if pixels and pixels.swd:
        levels = zip(pixels.swd.resolutions, pixels.swd.levels, strict=True)
        parts = ", ".join(f"{value:.2f} at {size} px" for size, value in levels)
        lines["SWD ×10³"] = f"{pixels.swd.value:.2f}  {parts}"
    scores = {
        "inception score": row.inception_score,
        "MS-SSIM": pixels.msssim if pixels else None,
        "MS-SSIM of reals": pixels.msssim_real if pixels else None,
    }
    return lines | {
        title: f"{score.value:.4f}  ± {1.96 * score.stderr:.4f}"
        for title, score in scores.items()
        if score
    }


def write(
    report: Report, plan: Plan, csv: Path | None, figure: Path | None, card: Path | None
) -> None:
    """Write the files that were asked for."""
    if csv is not None:
        from latentstudio.atomic import write_atomic
        from latentstudio.export.table import to_csv

        told = [report, report.untouched] if report.untouched else [report]
        rows = [(quality, each.fakes) for each in told for quality in each.qualities]
        write_atomic(csv, to_csv(*zip(*rows, strict=True)).encode())
    if figure is not None:
        from latentstudio.export.figures import curve_figure

        curve_figure(report, figure)
    if card is not None:
        from latentstudio.export.report import Findings, write_card

        last = report.rows[-1]
        pictures, neighbours = _pictures(plan)
        found = Findings(
            report.fakes,
            report.qualities,
            floor=report.floor,
            command=report.command,
            versions=report.versions,
            path_lengths=report.path_lengths,
            composition=last.composition,
            gaps=last.gaps,
            shown=last.sampling,
            samples=pictures,
            neighbours=neighbours,
        )
        write_card(card, found)


def _pictures(plan: Plan) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """The first pictures of the last row, uint8 [n, H, W, 3], and their sheet of neighbours."""
    import torch

    from latentstudio.export.neighbour_sheet import SAMPLES, neighbour_sheet

    n = min(_SAMPLES, plan.n)
    images = torch.cat(list(plan.fakes[-1].batches(0, n, plan.size)))
    pixels = images.add(1.0).mul(127.5).round().clamp(0.0, 255.0).to(torch.uint8)
    found: NDArray[np.uint8] = pixels.permute(0, 2, 3, 1).cpu().numpy()
    found = found if found.shape[-1] >= 3 else found.repeat(3, axis=-1)
    if plan.reals is None:
        return found, None
    return found, neighbour_sheet(found, plan.features(images[:SAMPLES]), plan.reals)
