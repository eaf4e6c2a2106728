"""What passes inside a network, kept to be looked at; and its spectrum."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import torch
from torch import Tensor

from latentstudio.generators.tap import UNTOUCHED


class Probe:
    """A :class:`~latentstudio.generators.tap.Tap` that changes nothing and keeps what it sees.

    Of the last picture drawn, with derivatives where they are recorded.

    Parameters
    ----------
    layers
        Which to look at; all when None.
    styles, maps
        Whether to keep styles, and outputs.

    Attributes
    ----------
    maps
        The output [n, channels, h, w] of each layer drawn, by its number.
    styles
        The style [n, channels] of each layer that has one.
    """

    def __init__(
        self, layers: Sequence[int] | None = None, styles: bool = False, maps: bool = True
    ) -> None:
        self._layers = None if layers is None else frozenset(layers)
        self._wants_styles, self._wants_maps = styles, maps
        self.maps: dict[int, Tensor] = {}
        self.styles: dict[int, Tensor] = {}

    def style(self, layer: int, style: Tensor) -> Tensor:
        """See :meth:`~latentstudio.generators.tap.Tap.style`."""
        if self._wants_styles and self._looks_at(layer):
            self.styles[layer] = style
        return style

    def features(self, layer: int, x: Tensor) -> Tensor:
        """See :meth:`~latentstudio.generators.tap.Tap.features`."""
        if self._wants_maps and self._looks_at(layer):
            self.maps[layer] = x
        return x

    def state(self, layer: int) -> Hashable:
        """See :meth:`~latentstudio.generators.tap.Tap.state`: it wants every picture."""
        return object() if self._looks_at(layer) else UNTOUCHED

    def _looks_at(self, layer: int) -> bool:
        return self._layers is None or layer in self._layers


def spectrum(maps: Tensor) -> Tensor:
    """Power at each spatial frequency, averaged over all orientations.

    Durall et al., "Watch Your Up-Convolution" (2020), section 3.1, for each channel.

    Parameters
    ----------
    maps
        [n, c, h, w]; taken as periodic, without a window.

    Returns
    -------
    Tensor
        float32 or float64 [n, c, min(h, w) // 2 + 1]. Entry k is the mean of |F|² over the
        frequencies (u, v) whose length rounds to k cycles per map, where F = FFT / (h w): a wave
        A cos(2π k x / w) has A² / 4 at each of its two. Entry 0 is the squared mean. The corners,
        beyond the highest frequency along an axis, are left out.
    """
    h, w = maps.shape[2:]
    exact = maps.to(torch.promote_types(maps.dtype, torch.float32))
    power = torch.fft.fft2(exact, norm="forward").abs().square().flatten(2)
    down, across = (torch.fft.fftfreq(size, 1.0 / size, device=maps.device) for size in (h, w))
    ring = torch.hypot(down[:, None], across).round().long().flatten()
    count = int(ring.max()) + 1
    sums = power.new_zeros(*power.shape[:2], count).index_add_(2, ring, power)
    means: Tensor = sums / torch.bincount(ring)
    return means[:, :, : min(h, w) // 2 + 1]
