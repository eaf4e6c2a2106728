"""Growing: how far a network that is trained from coarse to fine has come.

Karras et al., "Progressive Growing of GANs for Improved Quality, Stability, and Variation"
(2018), section 2. A growing network owns layers for every resolution, but draws (or judges)
pictures of the resolution reached so far; a new level is faded in.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

import torch

from latentstudio.generators.protocol import Generator


class Growth(NamedTuple):
    """How far a network has grown.

    Attributes
    ----------
    resolution
        Height and width of its pictures now: a power of two from 4.
    alpha
        Share of the newest level in the picture, 0 to 1; the rest is the enlarged picture of
        the level before.
    """

    resolution: int
    alpha: float = 1.0

    def checked(self, full: int) -> Growth:
        """Itself, if a network of the resolution ``full`` can be at this point.

        Raises
        ------
        ValueError
            If it cannot.
        """
        r = self.resolution
        if not 4 <= r <= full or r & (r - 1):
            raise ValueError(f"growth to {r} px is not a power of two between 4 and {full}")
        if not 0.0 <= self.alpha <= 1.0:
            raise ValueError(f"growth has the alpha {self.alpha}; expected 0 to 1")
        return self


@runtime_checkable
class Grows(Protocol):
    """A network that can be grown: both generators and discriminators."""

    growing: bool
    growth: Growth

    def set_growth(self, growth: Growth) -> None:
        """Draw or judge pictures at this point of the growth from now on."""


def finished(generator: Generator) -> Generator:
    """The generator as it is used after training: of the resolution it has reached.

    Parameters
    ----------
    generator
        Any; one that is not growing is returned as it is.

    Returns
    -------
    Generator
        Without the picture outputs of coarser levels. In the first half of a fade it is the
        level before, whose picture is still the greater part.
    """
    if not isinstance(generator, Grows) or not generator.growing:
        return generator
    reached, alpha = generator.growth
    if alpha < 0.5 and reached > 8:
        reached //= 2
    config = generator.config() | {"resolution": max(8, reached), "growing": False}
    with torch.random.fork_rng(devices=[]):  # a training that goes on draws as if nothing was
        small = type(generator)(**config)
    small.to(generator.device).train(generator.training)
    weights = generator.state_dict()
    small.load_state_dict({key: weights[key] for key in small.state_dict()})
    small.labels, small.name = generator.labels, generator.name
    return small.requires_grad_(any(p.requires_grad for p in generator.parameters()))
