"""An inspection as people and programs read it: lines, JSON, and the files asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.export.traversal_ways import Way
    from latentstudio.generators.protocol import Generator
    from latentstudio.metrics.inspect.report import Report

_SEEDS = range(6)  # rows of a traversal
_WORST = 5


def show(report: Report, as_json: bool) -> str:
    """The text for standard output: all as JSON, or what sums it up in words."""
    if as_json:
        import msgspec

        return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
    return "\n".join([*_head(report), *_spaces(report), *_layers(report), *_leakage(report)])


def _head(report: Report) -> list[str]:
    lines = [f"{report.checkpoint}: {report.num:,} samples, {report.factors}"]
    if report.difference and not report.untouched:
        lines.append("for its numbers before it was tuned, inspect it once without --difference")
    return lines + [f"left out: {left.part}: {left.why}" for left in report.left_out]


def _spaces(report: Report) -> list[str]:
    from latentstudio.export.inspection_text import written

    lines = []
    for line in report.side_by_side():
        name = next(each.name for each in line if each)
        lines.append(f"{name:20}" + "".join(f"{written(each):28}" for each in line).rstrip())
    if lines:
        heads = "".join(f"{name:28}" for name in report.compared)
        lines.insert(0, f"{'':20}{heads}".rstrip())
    features = next((space.ppl_full.features for space in report.spaces if space.ppl_full), "")
    return lines + ([f"path lengths in {features}"] if features else [])


def _layers(report: Report) -> list[str]:
    """Of each layer the attributes that it decides more of than any other."""
    found = report.layers
    if found is None:
        return []
    decided: list[list[tuple[float, str]]] = [[] for _ in found.share]
    for i in report.shown:
        shares = [row[i] for row in found.share]
        decided[shares.index(max(shares))].append((max(shares), found.columns[i].title))
    return [
        f"layer {layer:<2} decides  " + ", ".join(f"{name} {share:.0%}" for share, name in most)
        for layer, most in enumerate(sorted(each, reverse=True) for each in decided)
        if most
    ]


def _leakage(report: Report) -> list[str]:
    found = report.leakage
    if found is None:
        return []
    leaks = [
        (row.name, leak)
        for row, fit in zip(found.matrix.rows, found.directions, strict=True)
        for leak in row.leaks
        if leak.attribute != row.attribute and not fit.weak
    ]
    leaks.sort(key=lambda pair: -abs(pair[1].mean))
    weak = sum(fit.weak for fit in found.directions)
    lines = [
        f"of what {len(found.directions)} directions in {found.space} move,"
        f" {found.matrix.share:.0%} is their own attribute ({found.n} samples); most beside"
        + (f", but for {weak} weak ones" if weak else "")
    ]
    return lines + [
        f"{name:28}  {leak.attribute} {leak.value}".ljust(56).rstrip()
        + f"  {leak.mean:+.2f} sd  {leak.low:+.2f} to {leak.high:+.2f}"
        for name, leak in leaks[:_WORST]
    ]


def write(
    report: Report,
    generator: Generator,
    ways: Sequence[Way],
    csv: Path | None,
    figure: Path | None,
    card: Path | None,
) -> None:
    """Write the files that were asked for."""
    if csv is not None:
        from latentstudio.atomic import write_atomic
        from latentstudio.export.inspection_table import to_csv

        write_atomic(csv, to_csv(report).encode())
    if figure is not None and is_folder(figure):
        from latentstudio.export.inspection import save_figures

        save_figures(report, figure)
        _traverse(figure, generator, ways, report.difference)
    elif figure is not None:
        from latentstudio.export.heatmap import heat_map
        from latentstudio.export.inspection_figures import layer_map, leakage_map

        shown = leakage_map(report) or layer_map(report)
        if shown is not None:
            heat_map(shown, figure)
    if card is not None:
        from latentstudio.export.inspection import write_section

        card.mkdir(parents=True, exist_ok=True)
        write_section(card, report, _traverse(card, generator, ways, report.difference))


def is_folder(path: Path) -> bool:
    """Whether figures go into a folder of this name, rather than one into a file."""
    return path.is_dir() or not path.suffix


def _traverse(
    folder: Path, generator: Generator, ways: Sequence[Way], difference: str
) -> list[Path]:
    from latentstudio.export.traversal import save_traversal

    paths = [folder / f"traversal-{way.name}.png" for way in ways]
    for path, way in zip(paths, ways, strict=True):
        save_traversal(path, way, generator, _SEEDS, difference=difference)
    return paths
