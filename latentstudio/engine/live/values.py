"""What the live numbers are asked, and what they answer, as plain values. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.document.sampling import Sampling
    from latentstudio.metrics.live.psi_grid import SelfCheck
    from latentstudio.metrics.quality import Quality

TARGET = 2000  # samples measured at rest
TICK = 0.05  # seconds between two interpolated numbers


@dataclass(frozen=True)
class Curve:
    """Fidelity and diversity over psi, from the same samples at every point.

    Attributes
    ----------
    qualities
        Interpolated, at psi 0 to 1 in equal steps.
    checks
        How far interpolation is from measuring, at some psi between the knots; may be empty at
        first.
    floor
        Reals against other reals at the same n: what a perfect generator would get.
    """

    qualities: list[Quality]
    checks: list[SelfCheck]
    floor: Quality


@dataclass(frozen=True)
class Orders:
    """What is asked of the live numbers at a moment.

    Attributes
    ----------
    real, features
        Specs of the two sides; "" before they are known.
    opening
        Counts how often they were given.
    sampling
        What to measure.
    moving, since
        Whether the hand moves, and when it said so (seconds of the monotonic clock).
    target
        Samples to measure at rest.
    active
        Whether anybody looks.
    """

    real: str = ""
    features: str = ""
    opening: int = 0
    sampling: Sampling | None = None
    moving: bool = False
    since: float = 0.0
    target: int = TARGET
    active: bool = False
