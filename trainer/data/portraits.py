"""Stylised portrait busts, rendered from documented factors by ray marching a distance field.

A portrait is a pure function of ``(seed, index)``; its picture is the same at every resolution.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

from trainer.data.portrait_factors import FACTORS, Factor, sample_factors
from trainer.data.portrait_render import render

__all__ = ["FACTORS", "VERSION", "Factor", "portraits", "render", "sample_factors"]

# Raise whenever pixels change, so that cached data sets are told apart.
VERSION: int = 1


def portraits(
    indices: Iterable[int] | torch.Tensor,
    resolution: int,
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Render the portraits with the given indices.

    Parameters
    ----------
    indices : iterable of int or torch.Tensor
        ``n`` non-negative picture numbers.
    resolution : int
        Side of the pictures in pixels.
    seed : int
        Seed of the data set.
    device : str or torch.device
        Where to render.

    Returns
    -------
    images : torch.Tensor
        uint8 ``[n, 3, resolution, resolution]``.
    factors : dict of str to torch.Tensor
        ``[n]`` values for every factor.
    """
    factors = sample_factors(indices, seed)
    return render(factors, resolution, device=device), factors
