"""The numbers on a model card, as Markdown."""

from __future__ import annotations

from trainer.assessment import Assessment
from trainer.readings import Reading

NOT_MEASURED = "Not measured: `latentstudio-train measure` writes what stands here."


def describe_numbers(found: Assessment) -> str:
    """Distances beside what they mean, shares, path lengths, and every attribute."""
    quality = found.quality
    seed = quality.sampling.seed if quality.sampling else "?"
    lines = [
        f"Measured by `latentstudio-train measure {found.checkpoint} --data {found.data} "
        f"--samples {quality.n}` in the features {quality.features} "
        f"(`{quality.features_hash[:16]}…`): {quality.n:,} samples, no truncation, seed "
        f"{seed}, against {quality.n_real:,} real pictures. Intervals are of 95%.",
        "",
        "| | FID | KID |",
        "|---|---|---|",
        f"| **this model** | **{quality.fid:.2f}** ± {1.96 * quality.fid_stderr:.2f} | "
        f"**{quality.kid:.4f}** ± {1.96 * quality.kid_stderr:.4f} |",
    ]
    lines += [
        f"| {distance.what} ({distance.n:,} pictures) | {distance.fid:.2f} | {distance.kid:.4f} |"
        for distance in found.references
    ]
    lines += ["", "| | | |", "|---|---|---|"]
    for name in ("precision", "recall", "density", "coverage"):
        low, high = getattr(quality, f"{name}_interval")
        lines.append(f"| {name} | {getattr(quality, name):.3f} | {low:.3f} to {high:.3f} |")
    lines += [
        f"| path length in {length.space} | {length.value:.1f} | ± {1.96 * length.stderr:.1f}, "
        f"{length.n:,} paths |"
        for length in found.path_lengths
    ]
    if found.readings:
        lines += ["", *_attributes(found.readings)]
    return "\n".join(lines)


def _attributes(readings: tuple[Reading, ...]) -> list[str]:
    """A row an attribute: samples against data, both as the classifier reads them."""
    lines = [
        "Attributes of the samples against the data's, as the features' classifier reads both:",
        "standard deviations, and shares of classes in per cent.",
        "",
        "| attribute | data | samples | |",
        "|---|---|---|---|",
    ]
    for reading in readings:
        if not reading.values:
            lines.append(
                f"| {reading.name} | {reading.data[0]:.3f} | {reading.samples[0]:.3f} | "
                f"× {reading.worst:.2f} |"
            )
            continue
        data, samples = (
            ", ".join(f"{v} {100 * s:.0f}" for v, s in zip(reading.values, shares, strict=True))
            for shares in (reading.data, reading.samples)
        )
        lines.append(f"| {reading.name} | {data} | {samples} | ≤ {reading.worst:.0f} points |")
    return lines
