"""What a measurement is to be, checked before any work is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from torch import Tensor

from latentstudio.metrics.measure.fakes import Drawn, Fakes
from latentstudio.metrics.measure.kept import Kept
from latentstudio.metrics.path_length import Place, Space

if TYPE_CHECKING:
    from latentstudio.metrics.reals import Reals
    from latentstudio.metrics.spaces.features import Features

CHEAP = ("fid", "kid", "pr", "dc")
PIXELS = ("swd", "msssim")
PATHS: dict[str, tuple[tuple[Space, Place], ...]] = {
    "ppl": (("z", "full"), ("w", "full")),
    "ppl-end": (("z", "end"), ("w", "end")),
    "ppl-z": (("z", "full"),),
    "ppl-w": (("w", "full"),),
    "ppl-z-end": (("z", "end"),),
    "ppl-w-end": (("w", "end"),),
}
COMPARING = (*CHEAP, *PIXELS)
METRICS = (*CHEAP, "is", *PIXELS, *PATHS)
CHUNK = 128
_FEWEST = 4  # the third nearest neighbour needs as many
_BATCH_PIXELS = 1 << 18


@runtime_checkable
class Classes(Protocol):
    """Features that the Inception Score can be made of."""

    def logits_of(self, features: Tensor) -> Tensor:
        """Logits [n, classes] without a bias, of features [n, d]."""
        ...


class MeasureError(ValueError):
    """What cannot be measured, and why: one sentence."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What to measure.

    Attributes
    ----------
    fakes
        What each row of the report speaks of: one generator at several truncations, or a folder.
    features, reals
        The feature space, and the data seen through it; None where no metric compares with any.
    metrics
        Some of :data:`METRICS`. One of :data:`CHEAP` brings all four: they are one Quality.
    n
        Samples of each row.
    paths
        How many for each path length.
    batch
        Pictures at a time; 0 chooses. Numbers depend on it by rounding alone.
    workers
        Threads that draw and embed, on one core each; more than one on a CPU only.
    floor
        Whether to measure reals against reals as well: as many as there are samples, or as half
        of the reals allow.
    kept
        Where finished parts are looked up and put.
    command
        For the report.
    untouched
        The same of the generator before it was tuned, to be reported beside it.
    """

    fakes: tuple[Fakes, ...]
    features: Features
    reals: Reals | None = None
    metrics: tuple[str, ...] = CHEAP
    n: int = 10_000
    paths: int = 1000
    batch: int = 0
    workers: int = 1
    floor: bool = False
    kept: Kept = field(default_factory=lambda: Kept(None))
    command: str = ""
    untouched: Plan | None = None

    def asks(self, *names: str) -> bool:
        """Whether one of these metrics is to be measured."""
        return not set(names).isdisjoint(self.metrics)

    @property
    def size(self) -> int:
        """Pictures at a time: about a quarter of a million pixels, or as asked for."""
        return self.batch or max(
            1, min(CHUNK, _BATCH_PIXELS // (self.fakes[0].resolution or 1) ** 2)
        )

    @property
    def lengths(self) -> tuple[tuple[Space, Place], ...]:
        """The path lengths asked for; of ``ppl`` and ``ppl-end`` those that the generator has."""
        fakes = self.fakes[0]
        mapped = isinstance(fakes, Drawn) and fakes.generator.has_mapping
        asked = [path for name in self.metrics for path in PATHS.get(name, ())]
        return tuple(path for path in dict.fromkeys(asked) if mapped or path[0] == "z")

    def check(self) -> None:
        """See that it can be carried out.

        Raises
        ------
        MeasureError
            One sentence: what is in the way.
        """
        fakes = self.fakes[0]
        if self.n < _FEWEST:
            raise MeasureError(f"--num is {self.n}: at least {_FEWEST} samples can be measured")
        if fakes.count is not None and fakes.count < self.n:
            raise MeasureError(f"{fakes.name} holds {fakes.count} pictures, and --num is {self.n}")
        self._check_metrics(fakes)
        if self.reals is not None:
            self._check_reals(fakes, self.reals)

    def _check_metrics(self, fakes: Fakes) -> None:
        for name in self.metrics:
            if name not in METRICS:
                raise MeasureError(f"there is no metric {name!r}: choose from {', '.join(METRICS)}")
            if name in PATHS and not isinstance(fakes, Drawn):
                raise MeasureError(f"{name} follows paths of a generator: give a CHECKPOINT")
            if name.startswith("ppl-w") and not self.lengths:
                raise MeasureError(f"{fakes.name} has no mapping network: measure ppl-z")
        if self.asks("is") and not isinstance(self.features, Classes):
            raise MeasureError(
                f"is needs the classes of the Inception network, which {self.features.name} has"
                " not: pass --features inception"
            )

    def _check_reals(self, fakes: Fakes, reals: Reals) -> None:
        side = reals.side
        if side.statistics.n < _FEWEST:
            raise MeasureError(
                f"{side.data} holds {side.statistics.n} pictures, too few to measure against: add"
                f" more, up to {_FEWEST} at least"
            )
        if self.features.content_hash != side.features_hash:
            raise MeasureError(
                f"the reals were seen through {side.features!r}, the fakes through"
                f" {self.features.name!r}: embed the reals again"
            )
        if self.asks(*PIXELS) and reals.pictures is None:
            raise MeasureError(
                f"{' and '.join(PIXELS)} compare pixels, and of {side.data} only features are here:"
                " give --real a folder of pictures"
            )
        if fakes.resolution is None or side.resolution not in (None, fakes.resolution):
            one = f"{fakes.resolution} px" if fakes.resolution else "of several sizes"
            raise MeasureError(
                f"the pictures of {fakes.name} are {one}, those of {side.data}"
                f" {side.resolution} px: bring them to one size with latentstudio-data build"
            )
