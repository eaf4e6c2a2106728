"""What a fit is: a unit direction with the line of the score along it."""

from __future__ import annotations

from dataclasses import dataclass

from latentstudio.latents.directions.arrays import Floats, Numbers, codes_of


@dataclass(frozen=True)
class Fit:
    """A score as a straight line along a direction: ``intercept + slope * (codes @ direction)``.

    Attributes
    ----------
    direction
        float64 [d], of length 1; the score rises along it.
    slope
        Change of the score for a step of length 1; of log-odds where labels were fitted.
    intercept
        The score where the projection is 0.
    """

    direction: Floats
    slope: float
    intercept: float

    def predict(self, codes: Numbers) -> Floats:
        """The score [n] of codes [n, d]."""
        return self.intercept + self.slope * (codes_of(codes, least=1) @ self.direction)
