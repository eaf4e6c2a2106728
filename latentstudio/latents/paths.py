"""Ways from one latent to another: along a straight line, or on the sphere."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from latentstudio.document.course import Way
from latentstudio.latents.sphere import slerp


def lerp(a: Tensor, b: Tensor, t: float | Sequence[float]) -> Tensor:
    """Go from ``a`` to ``b`` along the straight line.

    Parameters
    ----------
    a, b
        [..., rows, d], or [d] for one t.
    t
        0 gives ``a`` and 1 gives ``b``, exactly; outside [0, 1] the line goes on. One number, or
        one a row.

    Returns
    -------
    Tensor
        As ``a``.
    """
    # torch.lerp reckons from the nearer end: both are met to the bit.
    return torch.lerp(a, b, torch.tensor(t, dtype=a.dtype, device=a.device)[..., None])


def travel(way: Way, a: Tensor, b: Tensor, position: float) -> Tensor:
    """The z [d] at a position of the way from z ``a`` [d] to z ``b`` [d]; exact at 0 and 1.

    ``lerp w`` is for latents of layers; where there is no mapping network they are z, on a sphere.
    """
    return lerp(a, b, position) if way == "lerp z" else slerp(a, b, position)
