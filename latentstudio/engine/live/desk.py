"""What the numbers know: a feature space, the reals, and what was drawn, setting by setting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from latentstudio.engine.cache import LRU
from latentstudio.engine.live.grid import AXES, PSI, Axis, Grid
from latentstudio.engine.live.samples import Samples
from latentstudio.engine.live.store import Store
from latentstudio.engine.live.study import Pace, Study
from latentstudio.engine.live.values import Curve
from latentstudio.metrics.live.running import RunningQuality
from latentstudio.metrics.quality import Quality, real_floor

if TYPE_CHECKING:
    from latentstudio.document.sampling import Sampling
    from latentstudio.metrics.live.psi_grid import SelfCheck
    from latentstudio.metrics.reals import Reals
    from latentstudio.metrics.spaces.features import Features

_SAMPLES_ROOM = 256 * 2**20  # bytes
_GRIDS_ROOM = 512 * 2**20
_STEPS = 20  # pieces of the curve


class Desk:
    """Everything that is kept between two movements of the hand.

    Parameters
    ----------
    features, reals
        The space in which is measured, and against what.
    store
        Where grids outlive the session.
    condition
        Name of the attribute that a checkpoint, by its hash, was told in training; "" if unknown.
    """

    def __init__(
        self, features: Features, reals: Reals, store: Store, condition: Callable[[str], str]
    ) -> None:
        self.features, self.reals = features, reals
        self._side, self._store = reals.side, store
        self._samples: LRU[Samples] = LRU(8, _SAMPLES_ROOM, _weight)
        self._grids: LRU[Grid] = LRU(16, _GRIDS_ROOM, _weight)
        self._floors: LRU[Quality] = LRU(8)
        self._pace, self._checkpoint = Pace(), ""
        self._condition, self._shares = condition, reals.shares_for
        self._told: tuple[Grid, tuple[int, int]] | None = None  # what the last curve knew

    def study(self, sampling: Sampling, axis: Axis, target: int) -> Study:
        """Go on with a sampling, or begin it.

        Parameters
        ----------
        sampling
            What is measured.
        axis
            The slider that the hand is at: its grid comes first, then the one over psi.
        target
            How many samples to measure.
        """
        if sampling.checkpoint != self._checkpoint:
            self._samples.clear()
            self._grids.clear()
            self._pace, self._checkpoint = Pace(), sampling.checkpoint
            told = self._condition(sampling.checkpoint)
            self._shares = partial(self.reals.shares_for, condition=told)
        samples = self._samples(
            sampling,
            lambda: Samples(sampling, self._shares, RunningQuality(self._side)),
        )
        grids = tuple(self._grid(each, sampling) for each in dict.fromkeys((axis, PSI)))
        return Study(self.features, self._side, samples, grids, target, self._pace)

    def grid_through(self, sampling: Sampling) -> Grid | None:
        """A grid that has numbers of a sampling, if there is one."""
        for axis in AXES:
            grid = self._grids.get((axis, axis.base(sampling)))
            if grid is not None and grid.covers(sampling):
                return grid
        return None

    def floor(self, n: int) -> Quality:
        """Reals against other reals, at ``n`` or half of what there is."""
        return self._floors(n, lambda: real_floor(self._side, n))

    def known_floor(self, n: int) -> Quality | None:
        """The same where it is known already; from any thread."""
        return self._floors.get(n)

    def has_chores(self, study: Study) -> bool:
        """Whether the grids grew since :meth:`chores` were done."""
        psi = study.grids[-1]
        told = psi.stage[0] == 0 or self._told == (psi, psi.stage)
        return not (told and all(grid.kept == grid.stage for grid in study.grids))

    def chores(self, study: Study) -> Iterator[Curve | None]:
        """What new levels of the grids call for, in short pieces.

        Sliders are made ready, a curve is drawn, and grids are kept for the next session.
        """
        for grid in study.grids:
            yield from grid.digest()
            if grid.covers(study.sampling):  # first of all, where the hand is
                while grid.prepare(study.sampling):
                    yield None
        psi = study.grids[-1]
        stage = psi.stage
        if stage[0] and self._told != (psi, stage):
            yield from self._curve(psi, study.sampling)
            self._told = psi, stage
        for grid in study.grids:
            yield from self._ready(grid)
            if grid.kept != grid.stage:
                self._store.save(grid, self.features)
                yield None

    def _ready(self, grid: Grid) -> Iterator[None]:
        """Have a grid ready for the hand, wherever it goes."""
        for sampling in grid.samplings[1 : len(grid.axis.knots)]:
            while grid.covers(sampling) and grid.prepare(sampling):
                yield

    def _curve(self, psi: Grid, sampling: Sampling) -> Iterator[Curve | None]:
        qualities: list[Quality] = []
        for step in range(_STEPS + 1):
            there = sampling.with_psi(step / _STEPS)
            while psi.prepare(there):
                yield None
            qualities.append(psi.quality(there))
            yield None
        checks: list[SelfCheck] = []
        for check in psi.checks():
            checks.append(check)
            yield None
        yield Curve(qualities, checks, self.floor(qualities[0].n))

    def _grid(self, axis: Axis, sampling: Sampling) -> Grid:
        def make() -> Grid:
            grid = Grid(axis, axis.base(sampling), self._shares, self._side)
            self._store.load(grid, self.features)
            for _ in grid.digest():  # what is kept answers at once
                pass
            return grid

        return self._grids((axis, axis.base(sampling)), make)


def _weight(kept: Iterable[Samples | Grid]) -> int:
    return sum(each.nbytes for each in kept)
