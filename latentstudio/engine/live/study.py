"""What is going on while the hand rests: which samples are drawn next, and what they say."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from latentstudio.engine.errors import EngineError
from latentstudio.metrics.quality import ENOUGH

if TYPE_CHECKING:
    from latentstudio.document.sampling import Sampling
    from latentstudio.engine.live.grid import Grid
    from latentstudio.engine.live.samples import Samples
    from latentstudio.generators.protocol import Generator
    from latentstudio.metrics.quality import Quality
    from latentstudio.metrics.reals import RealSide
    from latentstudio.metrics.spaces.features import Features

SLICE = 0.08  # seconds: a request that comes meanwhile cuts it short between two layers
LARGEST = 32  # pictures in a slice
FIRST = 16  # samples behind the first number
AHEAD = 512  # samples at most before the grids get their turn
SHARE = 0.08  # seconds after which measured samples go before the grids again


class Pace:
    """How many pictures fit into a slice, by what slices took."""

    def __init__(self) -> None:
        self.batch = 4

    def note(self, count: int, seconds: float) -> None:
        """Write down a slice of ``count`` pictures."""
        if seconds > 1.5 * SLICE:
            self.batch = max(1, self.batch // 2)
        elif seconds < 0.6 * SLICE and count == self.batch:
            self.batch = min(LARGEST, 2 * self.batch)


class Study:
    """One sampling: its measured samples, and the grids through it.

    Parameters
    ----------
    features, side
        The feature space, and the reals in it.
    samples, grids
        What is known so far; it grows. The last grid is the one over psi.
    target
        How many samples to measure; may be changed.
    pace
        Of this generator here.

    Attributes
    ----------
    failed
        Nothing more is drawn, and nothing read.
    read
        Samples behind the last reading; set it to 0 to have one anew.
    """

    def __init__(
        self,
        features: Features,
        side: RealSide,
        samples: Samples,
        grids: tuple[Grid, ...],
        target: int,
        pace: Pace,
    ) -> None:
        self.samples, self.grids, self.target = samples, grids, target
        self.failed = False
        self._features, self._side, self._pace = features, side, pace
        self._enough = ENOUGH * features.dim
        self._measured = 0.0  # when samples were last drawn
        self.read = 0

    @property
    def sampling(self) -> Sampling:
        """What is measured."""
        return self.samples.sampling

    # -- in the engine's thread ----------------------------------------------------------

    def step(self, generator: Generator) -> bool:
        """Draw one slice; whether there is more to draw."""
        if not self.more:
            return False
        found, side = generator.resolution, self._side
        if side.resolution not in (None, found):
            raise EngineError(
                f"The pictures of {side.data} have {side.resolution} px and those of the generator"
                f" {found} px: choose data of {found} px to compare with"
            )
        for grid in self.grids:
            grid.adopt(self.samples)
        batch, start = self._pace.batch, time.monotonic()
        count = min(batch, self.target - self.samples.n)
        short = self._short()
        due = self.samples.n < min(self._enough, AHEAD) or start > self._measured + SHARE
        if short is None or (count > 0 and due):
            self.samples.draw(generator, self._features, count)
            self._measured = time.monotonic()
        else:
            count = short.draw(generator, self._features, batch)
        self._pace.note(count, time.monotonic() - start)
        return self.more

    @property
    def more(self) -> bool:
        """Whether there is something to draw."""
        return not self.failed and (self.samples.n < self.target or self._short() is not None)

    def _short(self) -> Grid | None:
        """The grid to be drawn next: the first of those with the fewest samples."""
        short = [grid for grid in self.grids if grid.missing]
        return min(short, key=lambda grid: grid.missing, default=None)

    # -- in the thread of the numbers ----------------------------------------------------

    @property
    def unread(self) -> bool:
        """Whether there are samples that the last reading does not know."""
        return not self.failed and self.samples.n >= FIRST and self.samples.n != self.read

    @property
    def settled(self) -> bool:
        """Whether all samples that were wanted have been read."""
        return not self.failed and self.read == self.samples.n >= self.target

    def reading(self) -> Quality:
        """The numbers of all samples drawn by now."""
        self.read = self.samples.n
        return self.samples.reading(self.read, last=self.read >= self.target)

    def state(self) -> str:
        """One short sentence for a status line."""
        n = self.samples.n
        if self.failed:
            return "Nothing is measured"
        if n < min(self._enough, self.target):
            return f"Warming up: {n:,} of {self.target:,} samples"
        if n < self.target:
            return f"Measuring {n:,} of {self.target:,} samples"
        share = min(grid.share for grid in self.grids)
        preparing = f", preparing the sliders: {share:.0%}" if share < 1 else ""
        return f"Measured {n:,} samples{preparing}"
