"""How to draw a preview: at which resolution and in which precision, by times measured here.

Ways form a ladder from the coarsest resolution to the full one, each resolution in reduced
precision first and exactly after. A model climbs it one rung at a time, as long as what it
stands on is far enough below the budget; no time is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.generators.protocol import Generator

EXACT = "float32"
COARSEST = 64  # pixels: below, and below an eighth of the picture, a preview shows too little
_HEADROOM = 2.0  # the next rung takes about twice as long
_TRIALS = 2  # the first frame of a kind also prepares weights


@dataclass(frozen=True, slots=True)
class Way:
    """Resolution in pixels, and the name of a torch dtype."""

    resolution: int
    precision: str


@dataclass
class Previews:
    """What is known about the previews of one model.

    Attributes
    ----------
    resolution
        Of the exact picture.
    reduced
        The reduced precision that the device is fast at; empty for none.
    """

    resolution: int
    reduced: str = ""
    _coarsest: int = field(init=False)
    _seconds: dict[Way, list[float]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._coarsest = max(min(COARSEST, self.resolution), self.resolution // 8)

    @property
    def exact(self) -> Way:
        """The way of the saved frame."""
        return Way(self.resolution, EXACT)

    def ladder(self) -> list[Way]:
        """All ways, coarse to fine."""
        ways, resolution = [], self.resolution
        while resolution >= self._coarsest:
            ways += [Way(resolution, EXACT)]
            if self.reduced:
                ways += [Way(resolution, self.reduced)]
            resolution //= 2
        return ways[::-1]

    def choose(self, budget: float) -> Way:
        """The finest way known to take no more than ``budget`` seconds, or one to find out.

        When none does, the fastest.
        """
        if self._time(self.exact) <= budget:
            return self.exact
        best: Way | None = None
        ladder = self.ladder()
        for way in ladder:
            if len(self._seconds.get(way, ())) < _TRIALS:
                lowest = way.resolution == ladder[0].resolution
                if best is None or lowest or self._time(best) * _HEADROOM <= budget:
                    return way
            elif best is None or self._time(way) <= max(budget, self._time(best)):
                best = way
        return best or self.exact

    def note(self, way: Way, shown: int, seconds: float) -> None:
        """Write down what a frame took, and the resolution that came out.

        A family that cannot stop early shows the full one: no coarser way is tried again.
        """
        if shown > way.resolution:
            self._coarsest = shown
        times = self._seconds.setdefault(Way(shown, way.precision), [])
        times.append(seconds)
        del times[:-8]  # a machine that was busy once is not slow for ever

    def _time(self, way: Way) -> float:
        return min(self._seconds.get(way, [inf]))


def reduced_precision(generator: Generator) -> str:
    """The reduced precision in which ``generator`` may draw previews where it is; empty for none.

    Half precision needs the clamp that networks were trained with: without, features may exceed
    its range, and bfloat16 takes its place. Whether it is faster is for :class:`Previews` to see.
    """
    import torch

    if not generator.can_reduce:
        return ""
    device = generator.device
    if device.type == "cpu":
        onednn = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        return "bfloat16" if onednn and torch.ops.mkldnn._is_mkldnn_bf16_supported() else ""
    if generator.config().get("conv_clamp") is not None:
        return "float16"
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.get_device_capability(device) >= (8, 0) else ""
    return ""
