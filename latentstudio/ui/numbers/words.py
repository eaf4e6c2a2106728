"""Numbers as people read them: digits that mean something, and sentences about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from latentstudio.metrics.live.psi_grid import SelfCheck
    from latentstudio.metrics.quality import Quality

MINUS = "−"
ABOUT = "≈"
TO = " – "
ENOUGH = 4  # samples a dimension before a FID is told; as metrics.quality does


@dataclass(frozen=True)
class Metric:
    """One number of a :class:`~latentstudio.metrics.quality.Quality`, as it is shown.

    Attributes
    ----------
    field
        Name of the value; its interval is ``<field>_interval``.
    title, unit
        In large, and the small words beside it.
    tip
        What it is, in two sentences.
    scale
        Factor from the value to what is shown.
    top
        Upper end of its bar where it has one by nature; None for open scales.
    """

    field: str
    title: str
    unit: str
    tip: str
    scale: float = 1.0
    top: float | None = 1.0

    def value(self, quality: Quality) -> float | None:
        """The value as it is shown, or None while it means nothing."""
        value: float | None = getattr(quality, self.field)
        return None if value is None else value * self.scale

    def interval(self, quality: Quality) -> tuple[float, float] | None:
        """The 95% interval as it is shown."""
        interval: tuple[float, float] | None = getattr(quality, f"{self.field}_interval")
        return None if interval is None else (interval[0] * self.scale, interval[1] * self.scale)


FID = Metric(
    "fid_extrapolated",
    "FID",
    "N → ∞",
    "Fréchet distance between the features of generated and real pictures; lower is better."
    "\nThe value that it tends to with more and more samples, so that it can be compared"
    "\nbetween any N.",
    top=None,
)
KID = Metric(
    "kid",
    "KID",
    "× 1000",
    "Kernel distance, unbiased at any N: 0 on average for a perfect generator; lower is better.",
    1000.0,
    None,
)
PRECISION = Metric(
    "precision",
    "Precision",
    "fidelity",
    "Share of generated pictures that lie among the real ones (k = 3): do they look right?",
)
RECALL = Metric(
    "recall",
    "Recall",
    "diversity",
    "Share of real pictures that lie among the generated ones (k = 3): is everything there?"
    "\nIt drifts with N: compare it at equal N only.",
)
DENSITY = Metric(
    "density",
    "Density",
    "",
    "How many real neighbourhoods a generated picture lies in, against k; can be above 1."
    "\nLess moved by single outliers than precision.",
    top=1.5,
)
COVERAGE = Metric(
    "coverage",
    "Coverage",
    "",
    "Share of real pictures with a generated one in their neighbourhood (k = 3).",
)
LARGE = (FID, KID, PRECISION, RECALL)
SMALL = (DENSITY, COVERAGE)  # fmt: skip


def digits(value: float) -> str:
    """A number to about four figures."""
    size = abs(value)
    decimals = 0 if size >= 1000 else 1 if size >= 100 else 2
    return f"{value:,.{decimals}f}".replace("-", MINUS)


def interval_words(interval: tuple[float, float]) -> str:
    """``18.24 – 19.91``."""
    return TO.join(digits(end) for end in interval)


def short(content_hash: str) -> str:
    """The beginning of a hash."""
    return content_hash[:8]


def warming_words(n: int, dim: int | None) -> str:
    """``warming up: 128 of 384``, on two lines."""
    return f"warming up:\n{n:,} of {ENOUGH * dim:,}" if dim else f"warming up:\n{n:,}"


def psi_words(quality: Quality) -> str:
    """``ψ 0.70``, or nothing for pictures from elsewhere."""
    if quality.sampling is None:
        return ""
    return f"ψ {quality.sampling.truncation.psi:.2f}".replace("-", MINUS)


def plain_words(quality: Quality, floor: Quality | None) -> str:
    """What the FID is at this N alone, and what the data get against themselves at theirs."""
    # A line that changed with every move would have the whole panel laid out anew.
    words = f"FID at N {quality.n:,}: "
    if quality.kind == "measured":
        words += f"{digits(quality.fid)} ({interval_words(quality.fid_interval)})"
    else:
        words += "when the hand rests"
    if floor is not None:
        words += f"\nReal against real at N {floor.n:,}: {digits(floor.fid)}"
    return words


def check_words(checks: Sequence[SelfCheck]) -> str:
    """``interpolation error at ψ 0.05, 0.45, 0.95: FID ±0.03, precision ±0.004``."""
    pairs = [(c, c.interpolated, c.measured) for c in checks]
    if not pairs:
        return ""
    at = ", ".join(f"{c.psi:.2f}" for c, _, _ in pairs)
    fid = max(abs(a.fid - b.fid) for _, a, b in pairs)
    shares = max(
        abs(getattr(a, name) - getattr(b, name))
        for _, a, b in pairs
        for name in ("precision", "recall")
    )
    return f"Interpolation error at ψ {at}: FID ±{fid:.2f}, precision and recall ±{shares:.3f}"


def summary(quality: Quality) -> str:
    """One line of the history."""
    fid = quality.fid_extrapolated
    first = f"FID {digits(fid)}" if fid is not None else f"FID {digits(quality.fid)} at N"
    return f"{first} · P {quality.precision:.2f} · R {quality.recall:.2f}"
