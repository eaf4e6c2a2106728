"""A tap: someone who reads, and may change, what passes between the layers of a network."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

from torch import Tensor


class Tap(Protocol):
    """Handed to ``synthesize``; layers are numbered as in ``Generator.layers``."""

    def style(self, layer: int, style: Tensor) -> Tensor:
        """The style [n, channels] of a layer (StyleGAN families), or another in its place."""
        ...

    def features(self, layer: int, x: Tensor) -> Tensor:
        """The output [n, channels, h, w] of a layer, or another in its place; not written to."""
        ...

    def state(self, layer: int) -> Hashable:
        """What its answers for a layer depend on; equal states give equal answers.

        A tap that wants to see every picture returns a new object each time.
        """
        ...
