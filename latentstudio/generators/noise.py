"""The noise inputs of style-based generators: which planes a synthesis is given."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from latentstudio.generators.protocol import NoiseMode


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


def noise_source(seed: int | Sequence[int] | None, n: int) -> list[torch.Generator] | None:
    """What draws the planes of ``n`` pictures: one for all, or one for each.

    Raises
    ------
    ValueError
        If there are several seeds, but not n.
    """
    if seed is None:
        return None
    seeds = [seed] if isinstance(seed, int) else list(seed)
    if not isinstance(seed, int) and len(seeds) != n:
        raise ValueError(f"noise_seed has {len(seeds)} seeds for {n} pictures")
    return [torch.Generator().manual_seed(each) for each in seeds]


def noise_plane(
    stored: Tensor | None,
    mode: NoiseMode,
    strength: float,
    random: list[torch.Generator] | None,
    ws: Tensor,
) -> Tensor | None:
    """The noise of one layer, times ``strength``.

    Parameters
    ----------
    stored
        The plane [r, r] kept with the weights; None for a layer without noise.
    mode, strength
        As in :meth:`Generator.synthesize`, the strength of this layer.
    random
        Of :func:`noise_source`, for ``random``: draws on the CPU, the same on every device. None
        draws from torch's global generator on the device.
    ws
        [n, ...]: gives the number of pictures and the device.

    Returns
    -------
    Tensor or None
        [r, r] or [n, 1, r, r] float32; None for no noise.
    """
    if stored is None or mode == "none":
        return None
    size = [len(ws), 1, *stored.shape]
    if mode == "const":
        plane = stored
    elif random is None:
        plane = torch.randn(size, device=ws.device)
    elif len(random) == 1:
        plane = torch.randn(size, generator=random[0]).to(ws.device)
    else:
        drawn = [torch.randn([1, *size[1:]], generator=each) for each in random]
        plane = torch.cat(drawn).to(ws.device)
    return plane if strength == 1.0 else plane * strength
