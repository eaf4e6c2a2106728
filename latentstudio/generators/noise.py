"""The noise inputs of style-based generators: which planes a synthesis is given."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from latentstudio.generators.protocol import NoiseMode

# Turns a seed into that of the planes across the circle. torch reads 32 bits of a seed, and no
# seed may become itself, or a turn would only scale its planes.
_ACROSS = 0x9E3779B9


def noise_strengths(value: float | Sequence[float], num_layers: int) -> list[float]:
    """One factor for each layer, from one number for all or one number a layer.

    Raises
    ------
    ValueError
        If a sequence has another length than ``num_layers``.
    """
    if isinstance(value, (int, float)):
        return [float(value)] * num_layers
    if len(value) != num_layers:
        raise ValueError(
            f"noise_strength has {len(value)} entries; expected one number or {num_layers}"
        )
    return [float(v) for v in value]


class NoisePlanes:
    """The planes of one synthesis, layer after layer.

    Parameters
    ----------
    mode, seed, turn
        As in :meth:`Generator.synthesize`.
    ws
        [n, ...]: gives the number of pictures and the device.

    Raises
    ------
    ValueError
        If there are several seeds, but not n.
    """

    def __init__(
        self, mode: NoiseMode, seed: int | Sequence[int] | None, turn: float, ws: Tensor
    ) -> None:
        seeds = [seed] if isinstance(seed, int) else seed
        if seeds is not None and seeds is seed and len(seeds) != len(ws):
            raise ValueError(f"noise_seed has {len(seeds)} seeds for {len(ws)} pictures")
        self._mode, self._angle = mode, 2.0 * math.pi * (turn % 1.0)
        # Stored planes are the same for all pictures, and so is what they turn to.
        self._n = 1 if mode == "const" else len(ws)
        self._device = ws.device
        self._first = _sources(seeds)
        self._across = _sources(seeds and [each ^ _ACROSS for each in seeds])

    def next(self, stored: Tensor | None, strength: float) -> Tensor | None:
        """The noise of the next layer, times ``strength``.

        Parameters
        ----------
        stored
            The plane [r, r] kept with the weights; None for a layer without noise.
        strength
            Of this layer.

        Returns
        -------
        Tensor or None
            [r, r] or [n or 1, 1, r, r] float32; None for no noise.
        """
        if stored is None or self._mode == "none":
            return None
        plane = stored if self._mode == "const" else self._draw(self._first, stored.shape)
        if self._angle:
            across = self._draw(self._across, stored.shape)
            plane = math.cos(self._angle) * plane + math.sin(self._angle) * across
        return plane if strength == 1.0 else plane * strength

    def _draw(self, sources: Sequence[torch.Generator] | None, shape: torch.Size) -> Tensor:
        """Planes [n, 1, *shape]; from seeds on the CPU, the same on every device."""
        if sources is None:
            return torch.randn([self._n, 1, *shape], device=self._device)
        n = self._n if len(sources) == 1 else 1
        drawn = [torch.randn([n, 1, *shape], generator=source) for source in sources]
        return (drawn[0] if len(drawn) == 1 else torch.cat(drawn)).to(self._device)


def _sources(seeds: Sequence[int] | None) -> list[torch.Generator] | None:
    """What draws the planes of all pictures, or of each; None for torch's global generator."""
    return None if seeds is None else [torch.Generator().manual_seed(seed) for seed in seeds]
