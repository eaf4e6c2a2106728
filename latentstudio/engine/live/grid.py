"""The same samples at several settings of one slider, so that its numbers are known at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from latentstudio.engine.live.rows import Rows
from latentstudio.engine.live.samples import Samples, Shares, as_tensor, embed
from latentstudio.metrics.live.feature_grid import FeatureGrid
from latentstudio.metrics.live.psi_grid import PsiGrid

if TYPE_CHECKING:
    from latentstudio.document.sampling import Sampling
    from latentstudio.generators.protocol import Generator
    from latentstudio.metrics.live.psi_grid import SelfCheck
    from latentstudio.metrics.quality import Quality
    from latentstudio.metrics.reals import RealSide
    from latentstudio.metrics.spaces.features import Features

# Samples at every knot; usable from the first on. An answer's time, and the memory to have them
# all prepared, grow with the square: 1024 would take four times as much.
LEVELS = (64, 128, 256, 512)
CHECKED = 512  # samples at most behind a self-check: paired, it needs few


@dataclass(frozen=True)
class Axis:
    """A setting of a sampling that a slider moves.

    Attributes
    ----------
    name
        For file names.
    knots, checks
        Where samples are drawn to interpolate between, and, over psi, to see how well that goes.
    value, at
        The setting of a sampling, and that sampling with another.
    """

    name: str
    knots: tuple[float, ...]
    checks: tuple[float, ...]
    value: Callable[[Sampling], float]
    at: Callable[[Sampling, float], Sampling]

    def base(self, sampling: Sampling) -> Sampling:
        """What all samplings have in common that differ in this setting alone."""
        return self.at(sampling, self.knots[-1])


def _with_strength(sampling: Sampling, strength: float) -> Sampling:
    noise = msgspec.structs.replace(sampling.noise, strength=strength)
    return msgspec.structs.replace(sampling, noise=noise)


PSI = Axis(
    "psi",
    tuple(k / 20 for k in range(21)),  # with half as many the FID errs by more than its error
    (0.225, 0.475, 0.775),  # half way between knots, where it is farthest off
    lambda sampling: sampling.truncation.psi,
    lambda sampling, psi: sampling.with_psi(psi),
)
STRENGTH = Axis(
    "strength",
    tuple(k / 4 for k in range(13)),
    (),
    lambda sampling: sampling.noise.strength,
    _with_strength,
)
MIXING = Axis(
    "mixing",
    tuple(k / 10 for k in range(11)),
    (),
    lambda sampling: sampling.mixing,
    lambda sampling, mixing: msgspec.structs.replace(sampling, mixing=mixing),
)
AXES = (PSI, STRENGTH, MIXING)


def axis_between(before: Sampling | None, after: Sampling) -> Axis:
    """The slider that leads from one sampling to the other; psi where no slider does."""
    for axis in AXES:
        if before is not None and axis.base(before) == axis.base(after):
            return axis
    return PSI


class Grid:
    """Features of the first samples at the knots of an axis, and at its checks.

    The engine's thread draws; the thread of the numbers asks.

    Parameters
    ----------
    axis, base
        The slider, and everything else.
    shares
        Of the classes.
    side
        The reals.
    """

    def __init__(self, axis: Axis, base: Sampling, shares: Shares, side: RealSide) -> None:
        self.axis, self.base, self.data_hash = axis, base, side.data_hash
        self._shares = shares
        self.samplings = [axis.at(base, value) for value in axis.knots + axis.checks]
        self.rows = [Rows() for _ in self.samplings]
        self._numbers = (
            PsiGrid(side, axis.knots, size=LEVELS[-1])
            if axis is PSI
            else FeatureGrid(side, axis.knots, size=LEVELS[-1], name=axis.name)
        )
        self.kept = 0, 0  # the stage that is on the disk
        self._given = [0] * len(axis.knots)  # rows that _numbers has

    @property
    def nbytes(self) -> int:
        """Bytes that are kept, those of the prepared numbers included."""
        return sum(rows.nbytes for rows in self.rows) + self._numbers.nbytes

    @property
    def stage(self) -> tuple[int, int]:
        """How many samples are complete at every knot and at every check: levels, or 0."""
        knots = len(self.axis.knots)
        return _level(self.rows[:knots]), _level(self.rows[knots:])

    def covers(self, sampling: Sampling) -> bool:
        """Whether there are numbers of a sampling that differs in the slider alone."""
        knots = self.axis.knots
        return self._ready and knots[0] <= self.axis.value(sampling) <= knots[-1]

    def prepare(self, sampling: Sampling) -> bool:
        """Do one step of what :meth:`quality` needs there; False when nothing was left to do."""
        return self._numbers.prepare(self.axis.value(sampling))

    @property
    def share(self) -> float:
        """How much is drawn, 0 to 1."""
        wanted = [self._wanted(k, LEVELS[-1]) for k in range(len(self.rows))]
        return sum(min(r.n, w) for r, w in zip(self.rows, wanted, strict=True)) / sum(wanted)

    @property
    def missing(self) -> int:
        """The first level that a row is short of; 0 when all is drawn."""
        return next((level for level in LEVELS if self._short(level) is not None), 0)

    def draw(self, generator: Generator, features: Features, count: int) -> int:
        """Draw at most ``count`` of the samples that are missing first; how many."""
        level = self.missing
        k = self._short(level)
        if k is None:
            return 0
        rows, sampling = self.rows[k], self.samplings[k]
        stop = min(rows.n + count, self._wanted(k, level))
        drawn = rows.n + 1 if _constant(sampling) else stop
        fresh = embed(generator, features, sampling, (rows.n, drawn), self._shares)[2]
        rows.append(np.resize(fresh, (stop - rows.n, fresh.shape[1])))
        return len(fresh)

    def adopt(self, samples: Samples) -> None:
        """Take over samples that were measured at one of the rows."""
        for k, sampling in enumerate(self.samplings):
            rows, stop = self.rows[k], min(samples.n, self._wanted(k, LEVELS[-1]))
            if sampling == samples.sampling and rows.n < stop:
                rows.append(samples.features.view(rows.n, stop))

    def quality(self, sampling: Sampling) -> Quality:
        """The interpolated numbers of a sampling that is covered."""
        return self._numbers.quality(self.axis.value(sampling), sampling)

    def digest(self) -> Iterator[None]:
        """Hand what was drawn to the numbers, row by row, as soon as there is a level of all."""
        level = self.stage[0]
        for k, given in enumerate(self._given):
            if given < level:
                self._numbers.put(k, given, as_tensor(self.rows[k].view(given, level)))
                self._given[k] = level
                yield

    def checks(self) -> Iterator[SelfCheck]:
        """How far interpolated numbers are from those measured at the same samples."""
        if isinstance(self._numbers, PsiGrid):
            for value, rows in zip(
                self.axis.checks, self.rows[-len(self.axis.checks) :], strict=True
            ):
                n = min(rows.n, *self._given)
                if n >= LEVELS[0]:
                    there = self.axis.at(self.base, value)
                    yield self._numbers.check(value, as_tensor(rows.view(0, n)), there)

    @property
    def _ready(self) -> bool:
        return min(self._given) > 0

    def _short(self, level: int) -> int | None:
        """The first row that is short of a level."""
        short = (k for k, rows in enumerate(self.rows) if rows.n < self._wanted(k, level))
        return next(short, None)

    def _wanted(self, k: int, level: int) -> int:
        return level if k < len(self.axis.knots) else min(level, CHECKED)


def _constant(sampling: Sampling) -> bool:
    """Whether all samples are one picture: that of the mean."""
    everywhere = sampling.truncation.psi == 0.0 and sampling.truncation.cutoff is None
    return everywhere and sampling.noise.mode != "random"


def _level(several: list[Rows]) -> int:
    n = min((rows.n for rows in several), default=0)
    return max((level for level in LEVELS if level <= n), default=0)
