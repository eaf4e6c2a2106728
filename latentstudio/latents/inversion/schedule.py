"""How fast a search moves, how much it wanders, and which starts it goes on with.

The shape is that of StyleGAN2's projector (Karras et al. 2020, appendix D): up from 0, level, and
down a cosine, with noise on the latent that ends before the descent. The constants are for latents
in standard deviations, in which one rate serves all directions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

UP, DOWN = 0.05, 0.4  # shares of the steps in which the rate rises, and falls
CALM = 0.5  # share after which the noise is over
THIN_AT = (0.1, 0.2, 0.4)  # shares after which half of the starts are left


@dataclass(frozen=True)
class Schedule:
    """Rates by step.

    Attributes
    ----------
    steps
        How many, 1 or more.
    peak
        Of the rate of Adam, in standard deviations of the latent.
    wander
        Of the noise at the beginning, in the same unit.
    """

    steps: int
    peak: float
    wander: float

    def rate(self, step: int) -> float:
        """The rate of step 0, 1, and so on."""
        t = (step + 1) / self.steps
        down = 0.5 - 0.5 * math.cos(math.pi * min(1.0, (1.0 - t) / DOWN))
        return self.peak * min(1.0, t / UP) * max(down, 0.0)

    def noise(self, step: int) -> float:
        """The standard deviation of what is added to the latent in step 0, 1, and so on."""
        return self.wander * max(0.0, 1.0 - step / (CALM * self.steps)) ** 2

    def ending(self, step: int) -> Schedule:
        """The same from where the rate falls: for a search that has arrived at ``step``."""
        steps = min(self.steps, math.ceil(step / (1.0 - DOWN)))
        return replace(self, steps=steps)


def halving(starts: int, steps: int, least: int = 1) -> tuple[tuple[int, int], ...]:
    """When to thin starts out, and to how many: ((step, survivors), …).

    Successive halving (Jamieson and Talwalkar 2016), with all halvings early: eight starts then
    draw 2.2 times the pictures of one, in batches.

    Parameters
    ----------
    starts
        How many there are.
    steps
        Of the search.
    least
        How many to go on with to the end.
    """
    thinned = []
    for i, share in enumerate(THIN_AT):
        left = max(least, math.ceil(starts * 0.5 ** (i + 1)) if i + 1 < len(THIN_AT) else least)
        if left < starts:
            thinned.append((max(1, round(share * steps)), left))
    return tuple(thinned)
