"""What a layer carries, made ready to be shown as small maps. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentstudio.document.recipe import Recipe
    from latentstudio.engine.editing.values import Activations

SIDE = 64  # px that a small map has at most either way
MIDDLE = 128  # index of 0 among the 256 colours
SHARE = 0.99  # of all that is shown lies within the common scale


@dataclass(frozen=True, eq=False)
class Maps:
    """The channels of one layer for one picture.

    Attributes
    ----------
    recipe, layer
        Which.
    small
        float32 [channels, h, w], at most :data:`SIDE` either way: means where they were larger.
    size
        (h, w) of the maps themselves.
    strength
        float64 [channels]: root mean square.
    reach
        float64 [channels]: largest magnitude within each small map.
    common
        Magnitude at the ends of the scale that all share: a few values lie beyond.
    spectrum
        float64 [channels, frequencies]; see :func:`latentstudio.generators.probe.spectrum`.
    """

    recipe: Recipe
    layer: int
    small: NDArray[np.float32]
    size: tuple[int, int]
    strength: NDArray[np.float64]
    reach: NDArray[np.float64]
    common: float
    spectrum: NDArray[np.float64]

    def __len__(self) -> int:
        """Channels."""
        return len(self.small)

    def indices(self, channel: int, *, own: bool) -> NDArray[np.uint8]:
        """A small map in colours: :data:`MIDDLE` is 0, 1 and 255 are the ends of the scale.

        Parameters
        ----------
        channel
            Its number.
        own
            Whether the scale is the channel's own, or common to all.
        """
        end = float(self.reach[channel]) if own else self.common
        unit = self.small[channel] / (end or 1.0)
        colours: NDArray[np.uint8] = np.rint(np.clip(unit, -1.0, 1.0) * 127.0 + MIDDLE).astype("u1")
        return colours

    def mean_spectrum(self, channels: tuple[int, ...] = ()) -> NDArray[np.float64]:
        """Mean power at 1, 2, … cycles a map, of some channels or of all."""
        chosen = self.spectrum if not channels else self.spectrum[list(channels)]
        mean: NDArray[np.float64] = chosen[:, 1:].mean(axis=0)
        return mean


def prepared(activations: Activations) -> Maps:
    """Make activations ready: what takes a moment, for another thread than the window's."""
    maps = activations.maps
    strength = np.empty(len(maps))
    small = []
    for channel, stored in enumerate(maps):
        exact = np.nan_to_num(stored.astype(np.float32))
        strength[channel] = np.sqrt(np.mean(np.square(exact), dtype=np.float64))
        small.append(_shrunk(_shrunk(exact, 0), 1))
    stack = np.stack(small)
    return Maps(
        activations.recipe,
        activations.layer,
        stack,
        (maps.shape[1], maps.shape[2]),
        strength,
        np.abs(stack).max(axis=(1, 2)).astype(np.float64),
        float(np.quantile(np.abs(stack), SHARE)) or 1.0,
        activations.spectrum,
    )


def _shrunk(x: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Means of :data:`SIDE` neighbouring parts, as equal as they can be."""
    if x.shape[axis] <= SIDE:
        return x
    edges = np.linspace(0, x.shape[axis], SIDE + 1).astype(int)
    shape = [1, 1]
    shape[axis] = SIDE
    sums: NDArray[np.float32] = np.add.reduceat(x, edges[:-1], axis=axis)
    sums /= np.diff(edges).reshape(shape)
    return sums
