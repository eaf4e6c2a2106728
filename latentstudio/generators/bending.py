"""Network bending: changes of what single channels carry, while a picture is drawn.

Broad et al., "Network Bending: Expressive Manipulation of Deep Generative Models" (2020); of
styles, Wu et al., "StyleSpace Analysis" (2021).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from latentstudio.generators.tap import UNTOUCHED


class LayerBend(Protocol):
    """What a bend says; see :class:`latentstudio.document.edit.Bend`."""

    @property
    def layer(self) -> int: ...
    @property
    def channels(self) -> tuple[int, ...]: ...
    @property
    def kind(self) -> str: ...
    @property
    def amount(self) -> float: ...


class Bending:
    """The bends of a recipe as a :class:`~latentstudio.generators.tap.Tap`.

    Bends of one layer follow one another in order. Shares of the picture are shares of the
    layer's own map, so that a bend does the same at every resolution; the maps of StyleGAN3
    reach beyond the picture's edges. Places between the pixels are interpolated linearly.

    Parameters
    ----------
    bends
        Those that do nothing at their amount are left out. A layer beyond the generator's is
        never asked for.

    Raises
    ------
    ValueError
        While drawing: when a layer lacks a channel, or a style to bend.
    """

    def __init__(self, bends: Sequence[LayerBend]) -> None:
        self._bends: dict[int, list[LayerBend]] = {}
        for bend in bends:
            if bend.amount != _NEUTRAL.get(bend.kind):
                self._bends.setdefault(bend.layer, []).append(bend)
        self._styled: set[int] = set()  # layers that turned out to have a style

    def style(self, layer: int, style: Tensor) -> Tensor:
        """See :meth:`~latentstudio.generators.tap.Tap.style`."""
        self._styled.add(layer)
        for bend in self._bends.get(layer, []):
            if bend.kind == "style":
                style = _bent(style, bend, torch.add)
        return style

    def features(self, layer: int, x: Tensor) -> Tensor:
        """See :meth:`~latentstudio.generators.tap.Tap.features`."""
        for bend in self._bends.get(layer, []):
            if bend.kind != "style":
                x = _bent(x, bend, _KINDS[bend.kind])
            elif layer not in self._styled:
                raise ValueError(f"layer {layer} of this generator has no style to bend")
        return x

    def state(self, layer: int) -> Hashable:
        """See :meth:`~latentstudio.generators.tap.Tap.state`."""
        bends = self._bends.get(layer)
        if bends is None:
            return UNTOUCHED
        return tuple((bend.kind, bend.channels, bend.amount) for bend in bends)


def _bent(x: Tensor, bend: LayerBend, change: Callable[[Tensor, float], Tensor]) -> Tensor:
    """``x`` [n, channels, ...] with the bend's channels changed."""
    if not bend.channels:
        return change(x, bend.amount)
    if max(bend.channels) >= x.shape[1]:
        raise ValueError(
            f"a bend of layer {bend.layer} names channel {max(bend.channels)}, "
            f"but the last one there is {x.shape[1] - 1}"
        )
    chosen = torch.tensor(bend.channels, device=x.device)
    return x.index_copy(1, chosen, change(x[:, chosen], bend.amount))


def _threshold(x: Tensor, limit: float) -> Tensor:
    return (x > limit).to(x.dtype)


def _moved_right(x: Tensor, share: float) -> Tensor:
    return _warped(x, [[1.0, 0.0, -2.0 * share], [0.0, 1.0, 0.0]])


def _moved_down(x: Tensor, share: float) -> Tensor:
    return _warped(x, [[1.0, 0.0, 0.0], [0.0, 1.0, -2.0 * share]])


def _rotated(x: Tensor, degrees: float) -> Tensor:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return _warped(x, [[c, -s, 0.0], [s, c, 0.0]])  # y points down


def _zoomed(x: Tensor, factor: float) -> Tensor:
    return _warped(x, [[1.0 / factor, 0.0, 0.0], [0.0, 1.0 / factor, 0.0]])


def _warped(x: Tensor, source: list[list[float]]) -> Tensor:
    """Each pixel from where ``source`` takes it, zeros from outside.

    ``source`` takes (x to the right, y down, 1) in halves of the picture from its middle.
    """
    exact = x.to(torch.promote_types(x.dtype, torch.float32))  # places need more digits
    matrix = exact.new_tensor(source).expand(len(x), 2, 3)
    grid = F.affine_grid(matrix, list(x.shape), align_corners=False)
    return F.grid_sample(exact, grid, align_corners=False).to(x.dtype)


def _flipped(x: Tensor, _: float) -> Tensor:
    return x.flip(3)


def _dilated(x: Tensor, share: float) -> Tensor:
    """The maximum over the square that reaches as far as the radius to each side."""
    radius = share * x.shape[3]
    reach, whole = 0, math.floor(radius)
    while reach < whole:  # a step of reach + 1 leaves no gap, not even at the edges
        step = min(reach + 1, whole - reach)
        around = F.pad(x, [step] * 4, value=-math.inf)
        x = F.max_pool2d(around, 3, stride=1, dilation=step)
        reach += step
    return torch.lerp(x, F.max_pool2d(x, 3, stride=1, padding=1), radius - whole)


def _eroded(x: Tensor, share: float) -> Tensor:
    return -_dilated(-x, share)


_KINDS: dict[str, Callable[[Tensor, float], Tensor]] = {
    "scale": torch.mul,
    "threshold": _threshold,
    "move_x": _moved_right,
    "move_y": _moved_down,
    "rotate": _rotated,
    "zoom": _zoomed,
    "flip": _flipped,
    "erode": _eroded,
    "dilate": _dilated,
}
_NEUTRAL = {
    "scale": 1.0,
    "style": 0.0,
    "move_x": 0.0,
    "move_y": 0.0,
    "rotate": 0.0,
    "zoom": 1.0,
    "flip": 0.0,
    "erode": 0.0,
    "dilate": 0.0,
}
