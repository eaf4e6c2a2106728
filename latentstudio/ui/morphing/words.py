"""What was measured of a way, in words. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.engine.morphing.values import Curve, Pace


def facts(curve: Curve) -> str:
    """What the curve says, in a line or two."""
    direct = f", {curve.length / curve.direct:.1f} × the direct way" if curve.direct > 0 else ""
    begin, end, longest = curve.worst
    return (
        f"Steps vary by {curve.variation:.0%}; fastest at t {(begin + end) / 2:.2f}:"
        f" {longest:.1f} × the mean. Length {curve.length:.1f}{direct}; PPL"
        f" {curve.path_length:.0f} ({curve.space})."
    )


def gain(pace: Pace) -> str:
    """What the pace has brought."""
    return f"Steps vary by {pace.after:.0%} of their mean; they varied by {pace.before:.0%}."
