"""A model card's text, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.export.report import Findings
    from latentstudio.metrics.fairness import Parity
    from latentstudio.metrics.measure.composed import Gap
    from latentstudio.metrics.path_length import PathLength
    from latentstudio.metrics.quality import Quality

CURVE, SAMPLES, NEIGHBOURS = "curve.svg", "samples.png", "neighbours.png"
PARITY = (
    "Demographic parity: by how much an outcome is more frequent in one group than in another, as"
    " the classifier sees both. Of all pairs of attributes these are the most certain gaps among"
    " samples."
)
_SHOWN = {
    "FID": ("fid", 2),
    "KID": ("kid", 4),
    "precision": ("precision", 3),
    "recall": ("recall", 3),
    "density": ("density", 3),
    "coverage": ("coverage", 3),
}
_NOISE = {"const": "stored noise", "none": "no noise", "random": "random noise"}


def in_markdown(found: Findings) -> str:
    """The card's text."""
    first = found.qualities[0]
    parts = [f"# {found.name}", _origin(first)]
    if found.shown is not None and len(found.qualities) > 1:
        psi = found.shown.truncation.psi
        parts.append(f"Pictures and composition below are of samples at ψ = {psi:g}.")
    if found.samples is not None:
        parts.append(f"![Samples, not chosen]({SAMPLES})")
    parts += ["## Numbers", _explained(first), _numbers(found)]
    if found.path_lengths:
        parts.append(_lengths(found.path_lengths))
    parts += ["## Fidelity and diversity", f"![Precision against recall, FID and KID]({CURVE})"]
    if found.composition:
        parts += ["## Composition", _composition(found)]
    if found.gaps:
        parts += ["## Differences between groups", PARITY, _gaps(found.gaps)]
    if found.neighbours is not None:
        parts += [
            "## Nearest pictures of the data",
            "In each row a sample, then the pictures of the data nearest to it in feature space.",
            f"![Nearest neighbours]({NEIGHBOURS})",
        ]
    if found.command:
        versions = ", ".join(
            f"{name} {version}" for name, version in (found.versions or {}).items()
        )
        parts += ["## Measure it again", f"```\n{found.command}\n```", versions]
    return "\n\n".join(part for part in parts if part) + "\n"


def _origin(quality: Quality) -> str:
    facts = {
        "Data": f"{quality.data or 'unnamed'}{_short(quality.data_hash)},"
        f" {quality.n_real:,} pictures",
        "Features": f"{quality.features}{_short(quality.features_hash)}",
        "Samples": f"{quality.n:,}",
    }
    if quality.sampling:
        sampling = quality.sampling
        cutoff = sampling.truncation.cutoff
        settings = [f"seed {sampling.seed}", _NOISE[sampling.noise.mode]]
        settings += [f"truncation of the first {cutoff} layers"] if cutoff is not None else []
        settings += [f"class {sampling.label}"] if sampling.label is not None else []
        settings += [f"style mixing in {sampling.mixing:.0%}"] if sampling.mixing else []
        facts["Samples"] += f", {', '.join(settings)}"
        facts = {"Checkpoint": f"`{sampling.checkpoint[:16]}…`", **facts}
    return table(["", ""], [[name, fact] for name, fact in facts.items()])


def _short(digest: str) -> str:
    return f" (`{digest[:16]}…`)" if digest else ""


def _explained(quality: Quality) -> str:
    text = (
        "Intervals are of 95%. Precision and density say how many samples look like the data,"
        " recall and coverage how much of the data the samples reach, each over"
        f" {quality.n_matched:,} on either side; recall grows with that number."
    )
    if quality.warming:
        text += " **The FID is of too few samples to mean anything.**"
    if quality.kind == "interpolated":
        text += " These numbers are interpolated between truncations that were measured."
    return text


def _numbers(found: Findings) -> str:
    rows = [
        [f"ψ = {q.sampling.truncation.psi:g}" if q.sampling else found.name, *_cells(q)]
        for q in found.qualities
    ]
    if found.floor:
        rows.append([f"real against real ({found.floor.n:,} each)", *_cells(found.floor)])
    return table(["", *_SHOWN], rows)


def _cells(quality: Quality) -> list[str]:
    cells = []
    for name, digits in _SHOWN.values():
        low, high = getattr(quality, f"{name}_interval")
        value = getattr(quality, name)
        cells.append(f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})")
    return cells


def _lengths(lengths: Sequence[PathLength]) -> str:
    rows = [
        [path.space, path.sampling, f"{path.value:.1f} ± {1.96 * path.stderr:.1f}", f"{path.n:,}"]
        for path in lengths
    ]
    return table(["path length in", "steps", "", "paths"], rows)


def _composition(found: Findings) -> str:
    rows = []
    for part in found.composition:
        data, samples = part.data, part.samples
        for number, value in enumerate(samples.values):
            low, high = samples.low[number], samples.high[number]
            rows.append(
                [
                    "" if number else samples.attribute,
                    value,
                    f"{data.share[number]:.1%}",
                    f"{samples.share[number]:.1%} ({low:.1%} to {high:.1%})",
                ]
            )
    return table(["attribute", "value", "data", "samples"], rows)


def _gaps(gaps: Sequence[Gap]) -> str:
    rows = [
        [gap.outcome, gap.group, *(_gap(parity) for parity in (gap.data, gap.samples))]
        for gap in gaps
    ]
    return table(["outcome", "between groups of", "gap in the data", "among samples"], rows)


def _gap(parity: Parity) -> str:
    if parity.gap is None or parity.gap_interval is None:
        return "unknown"
    low, high = parity.gap_interval
    return f"{parity.gap:.1%} ({low:.1%} to {high:.1%})"


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(_safe(cell) for cell in line)} |" for line in lines)


def _safe(cell: str) -> str:
    """A name of a file or class may hold what would end the cell."""
    return cell.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
