"""What changes over a run, each as a function of the real pictures seen so far."""

from __future__ import annotations

import math

from latentstudio.generators.growth import Growth
from trainer.config import Preset, RunConfig


def growth_at(preset: Preset, resolution: int, images: int) -> Growth:
    """How far the networks have grown (Karras et al. 2018, section 2 and appendix A).

    Each resolution is trained for ``steady_kimg``; then the next one fades in over
    ``fade_kimg`` and is itself trained, until the full resolution, which stays.

    Parameters
    ----------
    preset
        Gives ``grow_from`` and both lengths.
    resolution
        The full one, in pixels.
    images
        Real pictures seen.
    """
    reached = preset.grow_from or resolution
    left = images / 1000.0 - preset.steady_kimg
    while reached < resolution and left >= 0:
        reached *= 2
        if left < preset.fade_kimg:
            return Growth(reached, left / preset.fade_kimg)
        left -= preset.fade_kimg + preset.steady_kimg
    return Growth(reached)


def grown_kimg(preset: Preset, resolution: int) -> float:
    """Thousand real pictures after which the full resolution stands alone."""
    levels = int(math.log2(resolution / (preset.grow_from or resolution)))
    return levels * (preset.steady_kimg + preset.fade_kimg)


def batch_at(preset: Preset, growth: Growth) -> int:
    """Real pictures in a discriminator update at this point of the growth."""
    return preset.batch_at.get(growth.resolution, preset.batch)


def rate_at(config: RunConfig, images: int) -> float:
    """Factor on the learning rates: 1, then falling linearly to 0 over the last part."""
    total, anneal = config.kimg * 1000.0, config.preset.anneal
    if anneal <= 0:
        return 1.0
    return min(1.0, max(0.0, (total - images) / (anneal * total)))


class Every:
    """True once whenever a counter passes another multiple of an interval.

    Parameters
    ----------
    interval
        In the counter's unit; 0 for never.
    position
        Where the counter stands.
    """

    def __init__(self, interval: float, position: int) -> None:
        self.interval = interval
        self.passed = self._multiples(position)

    def __call__(self, position: int) -> bool:
        now = self._multiples(position)
        due, self.passed = now > self.passed, now
        return due

    def _multiples(self, position: int) -> int:
        return math.floor(position / self.interval) if self.interval > 0 else 0
