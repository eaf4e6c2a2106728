"""A tap: someone who reads, and may change, what passes between the layers of a network."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

UNTOUCHED = "untouched"  # the state of a tap that has no part in a layer


class Tap(Protocol):
    """Handed to ``synthesize``; layers are numbered as in ``Generator.layers``.

    Asked in the order of the layers, first for a layer's style and then for its features; about
    a layer that is not drawn (beyond a preview, or taken from ``reuse``) not at all.
    """

    def style(self, layer: int, style: Tensor) -> Tensor:
        """The style [n, channels] of a layer (StyleGAN families), or another in its place."""
        ...

    def features(self, layer: int, x: Tensor) -> Tensor:
        """The output [n, channels, h, w] of a layer, or another in its place; not written to.

        In the dtype in which the layer computes: float32, or a reduced one under autocast.
        """
        ...

    def state(self, layer: int) -> Hashable:
        """What its answers for a layer depend on; equal states give equal answers.

        A tap that wants to see every picture returns a new object each time, and one that lets
        everything pass as it is :data:`UNTOUCHED`: it is not asked about that layer then, and
        the layer computes as without a tap.
        """
        ...


@dataclass(frozen=True)
class LayerTap:
    """A tap at one layer, and its state there."""

    tap: Tap
    layer: int
    state: Hashable

    def style(self, style: Tensor) -> Tensor:
        """See :meth:`Tap.style`."""
        return self.tap.style(self.layer, style)

    def features(self, x: Tensor) -> Tensor:
        """See :meth:`Tap.features`; in the dtype and the order of ``x``."""
        last = x.is_contiguous(memory_format=torch.channels_last)
        order = torch.channels_last if last else torch.contiguous_format
        return self.tap.features(self.layer, x).to(x.dtype).contiguous(memory_format=order)


def tap_at(tap: Tap | None, layer: int) -> LayerTap | None:
    """The tap at a layer; None where there is none, or it lets everything pass."""
    if tap is None:
        return None
    state = tap.state(layer)
    return None if state == UNTOUCHED else LayerTap(tap, layer, state)


def states(taps: Sequence[LayerTap | None]) -> tuple[Hashable, ...]:
    """What the answers of taps at several layers depend on."""
    return tuple(UNTOUCHED if tap is None else tap.state for tap in taps)


def styled(tap: LayerTap | None, style: Tensor) -> Tensor:
    """The style of a layer, as the tap there leaves it."""
    return style if tap is None else tap.style(style)


def tapped(tap: LayerTap | None, x: Tensor) -> Tensor:
    """The output of a layer, as the tap there leaves it."""
    return x if tap is None else tap.features(x)


class Chain:
    """Taps one behind the other: each sees what the one before makes of a layer."""

    def __init__(self, taps: Sequence[Tap]) -> None:
        self.taps = tuple(taps)

    def style(self, layer: int, style: Tensor) -> Tensor:
        """See :meth:`Tap.style`."""
        for tap in self.taps:
            style = styled(tap_at(tap, layer), style)
        return style

    def features(self, layer: int, x: Tensor) -> Tensor:
        """See :meth:`Tap.features`."""
        for tap in self.taps:
            x = tapped(tap_at(tap, layer), x)
        return x

    def state(self, layer: int) -> Hashable:
        """See :meth:`Tap.state`."""
        own = tuple(tap.state(layer) for tap in self.taps)
        return UNTOUCHED if all(state == UNTOUCHED for state in own) else own
